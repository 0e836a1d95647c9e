#!/bin/sh
# What has to be so before anything starts; run at each `docker compose up`, and content when it
# is so already. Each step runs with the login that it needs, and no other service has those.
set -eu
secrets=${INIT_SECRETS:-/run/secrets}
here=$(dirname "$0")

say() { printf 'init: %s\n' "$*"; }

missing=
for file in "$secrets"/*; do
  # Who is told may stand in .env instead.
  case $file in */alerts_*) continue ;; esac
  [ -s "$file" ] || missing="$missing ${file##*/}"
done
if [ -n "$missing" ]; then
  say "these secrets are empty:$missing; run .docker/make-secrets on the host" >&2
  exit 2
fi

say "roles and databases"
touchline db roles --server $secrets/postgres_url --owner $secrets/owner_url \
  --scraper $secrets/scraper_url --reader $secrets/reader_url --airflow $secrets/airflow_url

say "buckets"
AWS_SHARED_CREDENTIALS_FILE=$secrets/object_store_set_up_credentials \
  python "$here/buckets.py" touchline-archive touchline-export touchline-backup

say "the warehouse's schema, and who may do what in it"
TOUCHLINE_DATABASE_URL_FILE=$secrets/owner_url touchline db upgrade
TOUCHLINE_DATABASE_URL_FILE=$secrets/owner_url touchline db grant

say "whatever Airflow needs of the platform, with the rights that its tasks have"
# The doctor looks at variables; Airflow itself reads these from the files.
AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=$(cat $secrets/airflow_url) \
  AIRFLOW__CORE__FERNET_KEY=$(cat $secrets/airflow_fernet_key) \
  AIRFLOW__API__SECRET_KEY=$(cat $secrets/airflow_secret_key) \
  AIRFLOW__API_AUTH__JWT_SECRET=$(cat $secrets/airflow_jwt_secret) \
  touchline doctor --for airflow --wait 60

say "Airflow: its database, pools, connections, the admin's password"
airflow db migrate
airflow pools import "${INIT_AIRFLOW:-/etc/airflow-team}/pools.json"
airflow connections import --overwrite $secrets/airflow_connections.json
# Not by cp: a secret may be read only, and Airflow opens its own file to write.
(umask 077 && cat $secrets/airflow_passwords.json >"$AIRFLOW_HOME/passwords.json.new")
mv "$AIRFLOW_HOME/passwords.json.new" "$AIRFLOW_HOME/passwords.json"
say "done"
