#!/bin/bash
# Makes the user that the service runs as, and shows that what was installed works: install-app.sh UID.
set -euo pipefail
id=${1:?usage: install-app.sh UID}
app=/app

groupadd --gid "$id" authlance
useradd --uid "$id" --gid "$id" --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin authlance
install -d -o authlance -g authlance -m 750 "$app/data"

work=$(mktemp -d)
cache=$app/dist/node/.compile-cache
install -d -o authlance -g authlance "$cache"
chown authlance: "$work"
as_service=(setpriv --reuid "$id" --regid "$id" --clear-groups --no-new-privs)

# The front takes its configuration.
"${as_service[@]}" env NGINX_DIR="$work/nginx" NGINX_ACCESS_LOG=/dev/null "$app/nginx/render.sh" "$work/nginx.conf"
"${as_service[@]}" nginx -t -q -e stderr -c "$work/nginx.conf"

# The service starts and stops. What Node compiled is kept, by user: with a read-only root each start would compile anew.
cat >"$work/config.yaml" <<CONFIG
port: 0
host: 127.0.0.1
mailAuth: { port: 0 }
jwtKey: $(head -c 32 /dev/urandom | base64)
database: { file: $work/authlance.sqlite }
kratos: { url: 'http://127.0.0.1:9', adminUrl: 'http://127.0.0.1:9' }
CONFIG
"${as_service[@]}" "$app/authlance" --version
"${as_service[@]}" "$app/authlance" serve --config "$work/config.yaml" >"$work/output" &
service=$!
until grep -q '^ready: ' "$work/output"; do
  kill -0 "$service"
  sleep 0.1
done
kill "$service"
wait "$service"
# There is no MySQL, but its driver is loaded before that is found out.
sed -i 's/^database: .*/database: { host: 127.0.0.1, port: 9, user: none, password: none, dbname: none }/' "$work/config.yaml"
if "${as_service[@]}" "$app/authlance" migrate --status --config "$work/config.yaml" 2>"$work/output"; then exit 1; fi
cat "$work/output"

chown -R root: "$cache"
chmod -R u=rwX,go=rX "$cache"
rm -rf "$work" /etc/*-
