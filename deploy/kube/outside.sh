#!/bin/sh
# What a day in the cluster needs beside it: PostgreSQL, and Java and Maven for Kafka.
set -eu
missing=
command -v java >/dev/null || missing="$missing openjdk-17-jre-headless"
command -v mvn >/dev/null || missing="$missing maven"
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$missing postgresql"
if [ -n "$missing" ]; then
    apt-get update -qq
    # shellcheck disable=SC2086 # words
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi
