FROM touchline-test/debian:12.0
RUN apt-get update -qq && apt-get install -qq --yes --no-install-recommends \
      python3 python3-venv python3-pip \
    && rm -rf /var/lib/apt/lists/* /usr/lib/python3*/EXTERNALLY-MANAGED \
    && ln -s python3 /usr/bin/python
