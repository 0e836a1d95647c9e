# The smallest hub in Selenoid's place: ChromeDriver, which starts browsers as processes.
FROM touchline-test/debian:12.0
RUN apt-get update -qq && apt-get install -qq --yes --no-install-recommends \
      chromium chromium-driver fonts-liberation wget \
    && rm -rf /var/lib/apt/lists/*
ENTRYPOINT ["chromedriver", "--port=4444", "--url-base=/wd/hub", "--allowed-ips=", \
            "--allowed-origins=*"]
