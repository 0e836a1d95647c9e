# The platform and Airflow in one image: workers, beat, CLI and Airflow's services run the same
# code with the same locked packages.
FROM python:3.11.14-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PATH=/opt/venv/bin:$PATH \
    AIRFLOW_HOME=/srv/airflow

RUN useradd --create-home --uid 10001 touchline \
    && mkdir -p /app /srv/airflow /srv/touchline/data-docs /srv/watchman \
    && chown -R touchline /srv

WORKDIR /app
# The lock first: a change of code does not install the packages again.
COPY requirements.txt ./
RUN pip install --no-cache-dir uv==0.13.9 \
    && uv venv /opt/venv \
    && uv pip sync --no-cache --python /opt/venv/bin/python --compile-bytecode requirements.txt

COPY pyproject.toml README.md ./
COPY scrapers scrapers
COPY selectors selectors
COPY dags dags
COPY plugins plugins
# Editable, so that the code finds selectors/ beside itself.
RUN uv pip install --no-cache --python /opt/venv/bin/python --no-deps --editable .

USER touchline
# Not /app: a .env of the host must never get into play.
WORKDIR /srv/touchline
CMD ["touchline", "--help"]
