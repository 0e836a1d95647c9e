FROM touchline-test/debian:12.0
RUN printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d \
    && apt-get update -qq && apt-get install -qq --yes --no-install-recommends rabbitmq-server \
    && rm -rf /var/lib/apt/lists/* /var/lib/rabbitmq/.erlang.cookie /etc/rabbitmq/rabbitmq-env.conf \
    # As in the image that it stands in for: whoever it runs as may write these.
    && chmod 1777 /var/lib/rabbitmq /var/log/rabbitmq
# Debian's wrappers want root; the programs themselves do not.
ENV PATH=/usr/lib/rabbitmq/bin:$PATH \
    LANG=C.UTF-8
VOLUME /var/lib/rabbitmq
CMD ["rabbitmq-server"]
