#!/bin/bash
# Ends with 0 when the service answers through nginx. Bash asks by itself: the image has no other program for it but Node, which
# takes far longer to start.
set -euo pipefail
exec 3<>"/dev/tcp/127.0.0.1/${AUTHLANCE_HTTP_PORT:-1080}"
printf 'GET /livez HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3
read -r _ status _ <&3
[[ $status == 200 ]]
