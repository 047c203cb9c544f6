#!/bin/bash
# shellcheck disable=SC2034,SC2154  # shared with the script that reads this
# How start-authlance.sh prepares, starts and kills nginx. Sets `nginx`, its process, and `fingerprint`, of what it was given last.

conf=$dir/nginx.conf

prepare_nginx() {
  NGINX_UPSTREAMS=$(<"$dir/api") "$here/nginx/render.sh" "$conf.next" || return 1
  nginx -t -q -e stderr -c "$conf.next" >/dev/null || return 1
  mv "$conf.next" "$conf"
  fingerprint=$(fingerprint_nginx)
}

# Of the configuration with the certificate and the key that it names.
fingerprint_nginx() {
  local files
  mapfile -t files < <(sed -nE 's/^ *ssl_certificate(_key)? (.*);$/\2/p' "$conf")
  cat "$conf" "${files[@]}" | sha256sum
}

start_nginx() {
  open_pipe "$dir/nginx-log"
  (ignore_signals && exec cat <"$dir/nginx-log") &
  copiers+=($!)
  # A session of its own, so that it can be killed with its workers.
  setsid nginx -e stderr -c "$conf" >"$dir/nginx-log" &
  nginx=$!
  # It has bound its ports, and takes signals, once this file is there.
  until [[ -s $dir/nginx.pid ]] || ! alive "$nginx"; do sleep 0.02; done
}

# With its workers, which outlive it.
kill_nginx() {
  [[ -z $nginx ]] || kill -KILL -- "-$nginx" 2>/dev/null
  return 0
}
