FROM touchline-test/debian:12.0
RUN apt-get update -qq && apt-get install -qq --yes --no-install-recommends redis-server \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /data
