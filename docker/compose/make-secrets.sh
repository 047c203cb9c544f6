#!/usr/bin/env bash
# Makes .env from .env.template if there is none, and fills each secret in it that is still empty. Changes no value that is there.
set -euo pipefail
cd "$(dirname "$0")"
umask 077

# Hexadecimal, so that they fit into URLs, YAML and shells unquoted. Kratos' cipher secret has exactly 32 characters.
SECRETS="MYSQL_ROOT_PASSWORD AUTHLANCE_DB_PASSWORD KRATOS_DB_PASSWORD HYDRA_DB_PASSWORD NATS_PASSWORD JWT_KEY MAIL_PASSWORD
HYDRA_LOGIN_TOKEN KRATOS_COOKIE_SECRET KRATOS_CIPHER_SECRET HYDRA_SYSTEM_SECRET"

random_hex() {
  od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'
}

[ -e .env ] || cp .env.template .env
chmod 600 .env

draft=$(mktemp .env.XXXXXX)
trap 'rm -f "$draft"' EXIT
filled=0
while IFS= read -r line || [ -n "$line" ]; do
  name=${line%%=*}
  if [ "$line" = "$name=" ] && [[ " ${SECRETS//$'\n'/ } " == *" $name "* ]]; then
    bytes=32
    [ "$name" = KRATOS_CIPHER_SECRET ] && bytes=16
    line="$name=$(random_hex "$bytes")"
    filled=$((filled + 1))
  fi
  printf '%s\n' "$line"
done <.env >"$draft"
mv "$draft" .env
trap - EXIT

for name in $SECRETS; do
  grep -q "^$name=." .env || { echo "$name is missing in .env: add the line '$name=' and run this again" >&2; exit 1; }
done
echo "$filled secrets made in .env"
