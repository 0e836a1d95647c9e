FROM touchline-test/debian:12.0
RUN apt-get update -qq && apt-get install -qq --yes --no-install-recommends wget \
    && rm -rf /var/lib/apt/lists/*
COPY weed /usr/bin/weed
RUN chmod 755 /usr/bin/weed
