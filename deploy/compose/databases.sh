#!/bin/sh
# The postgres image runs this once, in an empty volume: a database and a role of its own for each service.
set -eu
for service in ledger dunning notifier legal; do
    psql --quiet --username "$POSTGRES_USER" --set ON_ERROR_STOP=1 \
        --set name="arrears_$service" --set password="$ARREARS_PASSWORD" <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE CONNECT ON DATABASE :"name" FROM PUBLIC;
SQL
done
