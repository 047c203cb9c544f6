#!/bin/bash
# Builds the service and lays out in TARGET what the image has in /app: build-app.sh TARGET.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1:?usage: build-app.sh TARGET}

npm run -s build
mkdir -p "$target"/{config,data,dist,nginx}
cp -R dist/node "$target/dist/"
# They weigh more than the code, and nothing in the image reads them.
find "$target/dist" -name '*.map' -delete
ln -s dist/node/authlance.mjs "$target/authlance"
cp docker/start-*.sh docker/check-health.sh "$target/"
cp -R docker/nginx/. "$target/nginx/"
# Whatever the umask was where the sources come from.
chmod -R u=rwX,go=rX "$target"
chmod 755 "$target"/*.sh "$target"/nginx/*.sh
