#!/bin/sh
# Run once by the postgres image on an empty volume: the owner migrates, the application only works.
# The same roles and default rights as config/embedded/postgres.py makes.
set -eu

psql --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=postgres \
    --set=owner_word="$OWNER_PASSWORD" --set=application_word="$APPLICATION_PASSWORD" <<'SQL'
CREATE ROLE halfyear_owner LOGIN PASSWORD :'owner_word';
CREATE ROLE halfyear_app LOGIN PASSWORD :'application_word';
CREATE DATABASE halfyear OWNER halfyear_owner;
\connect halfyear
ALTER DEFAULT PRIVILEGES FOR ROLE halfyear_owner
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO halfyear_app;
ALTER DEFAULT PRIVILEGES FOR ROLE halfyear_owner
    GRANT USAGE, SELECT ON SEQUENCES TO halfyear_app;
SQL
