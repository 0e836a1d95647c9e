# The platform and Airflow in one image: workers, beat, CLI and Airflow's services run the same
# code with the same locked packages. Health checks stand in docker-compose.yml, since each
# service has its own.
#
# Two builds of one commit give the same files, times included; an image that is the same to its
# last byte needs the time of the layers too:
#   SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) docker buildx build \
#     --output type=docker,name=touchline:0.1.0,rewrite-timestamp=true .

# pg_dump and pg_restore of the server's own version, for the backup, with the libraries that
# they are linked with, aside from the C library, which is the same.
FROM postgres:18.1-bookworm AS postgres-programs
RUN set -eu; mkdir -p /opt/postgresql/bin /opt/postgresql/lib; \
    for program in pg_dump pg_restore; do \
      cp "/usr/lib/postgresql/18/bin/$program" "/opt/postgresql/lib/$program"; \
      ldd "/usr/lib/postgresql/18/bin/$program" | awk '$3 ~ /^\// {print $3}' \
        | grep -Ev '/lib(c|m|dl|rt|pthread|resolv)\.so' | xargs -I{} cp -L {} /opt/postgresql/lib/; \
      printf '#!/bin/sh\nLD_LIBRARY_PATH=/opt/postgresql/lib exec /opt/postgresql/lib/%s "$@"\n' \
        "$program" > "/opt/postgresql/bin/$program"; \
      chmod 755 "/opt/postgresql/bin/$program"; \
    done; \
    find /opt/postgresql -exec touch --no-dereference --date=@0 {} +

FROM python:3.11.14-slim-bookworm AS build
# By its content a compiled file is known to belong to its source, not by a time.
ENV PYC_INVALIDATION_MODE=UNCHECKED_HASH \
    UV_LINK_MODE=copy
WORKDIR /app
RUN pip install --no-cache-dir --no-compile uv==0.13.9
# The locks first: a change of code does not install the packages again.
COPY requirements.txt .docker/packages/ locks/
RUN uv venv /opt/venv \
    && uv pip sync --no-cache --python /opt/venv/bin/python --compile-bytecode \
      locks/requirements.txt locks/image.txt \
    # Beside them, for Airflow's processes with this executor only; see the file.
    && uv pip install --no-cache --python /opt/venv/bin/python --compile-bytecode --no-deps \
      --target /opt/executors/CeleryExecutor --requirements locks/CeleryExecutor.txt \
    && find /opt/venv /opt/executors -exec touch --no-dereference --date=@0 {} +

COPY pyproject.toml README.md ./
COPY scrapers scrapers
COPY selectors selectors
COPY dags dags
COPY plugins plugins
# Editable, so that the code finds selectors/ beside itself.
RUN printf 'setuptools==80.9.0\n' > /tmp/build-constraints.txt \
    && uv pip install --no-cache --python /opt/venv/bin/python --no-deps \
      --build-constraints /tmp/build-constraints.txt --editable . \
    && rm -rf ./*.egg-info \
    # uv notes when it read pyproject.toml.
    && rm -f /opt/venv/lib/python3.11/site-packages/touchline-*.dist-info/uv_cache.json \
    && sed -i '/uv_cache\.json/d' \
      /opt/venv/lib/python3.11/site-packages/touchline-*.dist-info/RECORD \
    && python -m compileall -q --invalidation-mode unchecked-hash scrapers dags plugins \
    && rm -rf locks \
    # Only what is new: a file that is touched once more is held by this layer once more.
    && find /opt/venv /app -newermt @0 -exec touch --no-dereference --date=@0 {} +

FROM python:3.11.14-slim-bookworm
ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PATH=/opt/venv/bin:/opt/postgresql/bin:$PATH \
    AIRFLOW_HOME=/srv/airflow
# Written, not made by useradd: that notes the day. The folders are where volumes are mounted.
RUN echo 'touchline:x:10001:10001::/home/touchline:/bin/sh' >> /etc/passwd \
    && echo 'touchline:x:10001:' >> /etc/group \
    && mkdir -p /home/touchline /srv/airflow /srv/touchline/data-docs /srv/touchline/tmp \
      /srv/watchman \
    && chown -R 10001:10001 /home/touchline /srv \
    && find /home /srv /etc/passwd /etc/group -exec touch --date=@0 {} +
COPY --from=postgres-programs /opt/postgresql /opt/postgresql
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/executors /opt/executors
COPY --from=build /app /app
# COPY gives the folders that it makes the time of the build.
RUN touch --date=@0 /opt /opt/* /app

USER 10001:10001
# Not /app: a .env of the host must never get into play.
WORKDIR /srv/touchline
CMD ["touchline", "--help"]
