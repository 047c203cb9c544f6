#!/bin/bash
# Backs the databases up once and ends; run by a CronJob as /bin/bash /app/start-backup.sh. Arguments go to the command.
set -euo pipefail
exec "${AUTHLANCE_BIN:-/app/authlance}" backup --config "${CONFIG_FILE:-/app/config/config.yaml}" "$@"
