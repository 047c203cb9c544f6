#!/usr/bin/env bash
# Writes rendered/ from templates/: each ${NAME} in the files of Kratos, Hydra and NATS becomes its value in .env. Writes nothing when a value
# is missing or does not fit. Run it again, and restart the services, after a change of .env.
set -euo pipefail
cd "$(dirname "$0")"

declare -A values
while IFS= read -r line || [ -n "$line" ]; do
  [[ $line =~ ^([A-Z][A-Z0-9_]*)=(.*)$ ]] && values[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}
done <.env

problems=0
complain() {
  echo "$1" >&2
  problems=1
}

# Empty stands for something in these.
MAY_BE_EMPTY=" BASE_PREFIX "

# Paths follow on these without more ado: a prefix without its slash would make another host.
declare -A FORMS=(
  [FRONTEND_URL]='https?://[^/]+(/.*[^/])?'
  [AUTH_URL]='https?://[^/]+(/.*[^/])?'
  [BASE_PREFIX]='(/.*[^/])?'
)

render() {
  local text name value
  text=$(cat "$1")
  for name in $(grep -o '\${[A-Z0-9_]*}' "$1" | tr -d '${}' | sort -u); do
    value=${values[$name]-}
    if [ -z "$value" ] && [[ $MAY_BE_EMPTY != *" $name "* ]]; then
      complain "$1: $name has no value in .env"
    elif [[ ! $value =~ ^[A-Za-z0-9._~:/@+=,-]*$ ]]; then
      complain "$1: the value of $name has characters that do not belong there"
    elif [[ ! $value =~ ^(${FORMS[$name]:-.*})$ ]]; then
      complain "$1: the value of $name begins wrongly or ends with a slash: see .env.template"
    fi
    text=${text//"\${$name}"/"$value"}
  done
  printf '%s\n' "$text"
}

# Read by other users inside the containers, so the directory alone is closed.
umask 022
draft=$(mktemp -d rendered.XXXXXX)
trap 'rm -rf "$draft"' EXIT
for template in templates/{kratos,hydra,nats}/*; do
  target=$draft/${template#templates/}
  mkdir -p "$(dirname "$target")"
  render "$template" >"$target"
done
[ "$problems" = 0 ] || exit 1

# The files are replaced in place: a mounted directory that is moved away would be lost to running containers.
mkdir -p rendered
chmod 700 rendered
cp -R "$draft"/. rendered/
chmod 700 rendered
echo "rendered/ is written"
