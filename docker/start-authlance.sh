#!/bin/bash
# The container's first process: the service with nginx in front of it.
#   start-authlance.sh [serve [OPTION...]]   both; nginx accepts once the service is ready
#   start-authlance.sh SUBCOMMAND [...]      that command of `authlance` alone
# TERM, INT and QUIT stop both: exit 0 when everything was finished. HUP reloads the service, and nginx where its certificate changed. When either ends unasked, the other is stopped
# and the exit code is not 0. nginx/README.md lists the variables.
set -uo pipefail
PATH=$PATH:/usr/sbin

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
authlance=${AUTHLANCE_BIN:-/app/authlance}

if [[ $# -gt 0 && $1 != serve ]]; then exec "$authlance" "$@"; fi
[[ ${1:-} == serve ]] && shift

say() { echo "start-authlance.sh: $*" >&2; }

# From the signal to the end; the service's shutdown.timeoutMs must fit into it.
stop_seconds=${AUTHLANCE_STOP_SECONDS:-10}
workers=${AUTHLANCE_WORKERS:-1}
if [[ ! $stop_seconds =~ ^[1-9][0-9]{0,3}$ ]]; then
  say 'AUTHLANCE_STOP_SECONDS: expected a whole number of seconds'
  exit 2
fi
[[ $workers == 1 ]] || set -- --workers "$workers" "$@"

# Milliseconds of a stop that nginx has to itself: requests that are still being sent reach a service that still accepts.
DRAIN_MS=800
STOP_MS=$((stop_seconds * 1000 - 100))
# The same after one of the two has ended unasked.
FAIL_MS=1000

dir=${NGINX_DIR:-/tmp/nginx}
# starting -> running -> stopping | failing
state=starting
service='' nginx='' exit_code=0 left_at=0 drained='' fingerprint=''
declare -A asked=()
copiers=() timers=()

# shellcheck source=/dev/null
. "$here/nginx/control.sh"

main() {
  (umask 077 && mkdir -p "$dir") || exit 2
  rm -f "$dir/nginx.pid" "$dir/api"
  trap 'ask stop' TERM INT QUIT
  trap 'ask reload' HUP
  trap 'ask ready' USR1

  open_pipe "$dir/service-log"
  copy_service_log <"$dir/service-log" &
  copiers+=($!)
  "$authlance" serve "$@" >"$dir/service-log" &
  service=$!

  # Woken by every child that ends; orphans of the container are reaped on the way.
  until all_ended; do
    wait -n
    keep_up
  done
  flush
  exit "$exit_code"
}

# A signal is kept for the loop, since it may come in the middle of anything, and a child that ends at once wakes the loop.
# shellcheck disable=SC2317  # traps call it by name
ask() {
  asked[$1]=1
  true &
}

# answer NAME: whether that was asked for; asked no more.
answer() {
  [[ -n ${asked[$1]:-} ]] || return 1
  unset "asked[$1]"
}

alive() { [[ -n $1 ]] && kill -0 "$1" 2>/dev/null; }
all_ended() { ! alive "$service" && ! alive "$nginx"; }

now_ms() { echo "$((${EPOCHREALTIME/./} / 1000))"; }
# The end of a sleep wakes the loop.
wake_in() {
  sleep "$(($1 / 1000)).$(printf %03d $(($1 % 1000)))" &
  timers+=($!)
}

# signal NAME PID
signal() {
  alive "$2" && kill "-$1" "$2" 2>/dev/null
  return 0
}

# Compares what runs with what should.
keep_up() {
  local elapsed
  if answer stop; then on_stop; fi
  if answer ready; then on_ready; fi
  if [[ $state != starting ]] && answer reload; then on_reload; fi
  case $state in
    starting | running)
      if ! alive "$service"; then
        wait "$service"
        fail $? 'the service has ended'
      elif [[ $state == running ]] && ! alive "$nginx"; then
        wait "$nginx"
        fail $? 'nginx has ended'
      fi
      return
      ;;
    stopping)
      elapsed=$(($(now_ms) - left_at))
      if [[ -z $drained ]] && { ! alive "$nginx" || ((elapsed >= DRAIN_MS)); }; then
        drained=1
        signal TERM "$service"
      fi
      if ! alive "$service"; then note_service_exit; fi
      ((elapsed < STOP_MS)) || kill_all
      ;;
    failing)
      (($(now_ms) - left_at < FAIL_MS)) || kill_all
      ;;
  esac
}

on_stop() {
  [[ $state == starting || $state == running ]] || return 0
  state=stopping
  left_at=$(now_ms)
  say 'stopping'
  signal QUIT "$nginx"
  wake_in "$DRAIN_MS"
  wake_in "$STOP_MS"
}

# fail CODE REASON
fail() {
  state=failing
  left_at=$(now_ms)
  exit_code=$1
  ((exit_code != 0)) || exit_code=1
  say "$2 unasked"
  signal TERM "$service"
  alive "$nginx" && signal TERM "$nginx"
  alive "$nginx" || kill_nginx
  wake_in "$FAIL_MS"
}

# A service that has not been ready yet may end by the signal itself.
note_service_exit() {
  local code
  wait "$service"
  code=$?
  [[ $code == 0 || (-z $nginx && $code == 143) ]] || exit_code=1
}

kill_all() {
  all_ended && return 0
  say 'stopped before everything was finished'
  ((exit_code != 0)) || exit_code=1
  signal KILL "$service"
  kill_nginx
}

on_ready() {
  [[ $state == starting ]] || return 0
  if ! prepare_nginx; then
    fail 1 'nginx has no usable configuration: it ends'
    return
  fi
  start_nginx
  state=running
  say "nginx listens on port ${AUTHLANCE_HTTP_PORT:-1080}"
}

# nginx is reloaded only for a change of its own: its old workers close idle connections, perhaps just when a request arrives on one.
on_reload() {
  local before=$fingerprint
  [[ $state == running ]] || return 0
  signal HUP "$service"
  if ! prepare_nginx; then
    say 'nginx keeps its configuration: the new one is not usable'
  elif [[ $fingerprint != "$before" ]]; then
    signal HUP "$nginx"
  fi
}

# Passes the service's lines on, and tells where its API is once it is ready; a plain copier afterwards.
copy_service_log() {
  local line api
  ignore_signals
  while IFS= read -r line; do
    printf '%s\n' "$line"
    if [[ $line =~ ^ready:\ api\ https?://([^[:space:]/]+) ]]; then
      # What listens on every address is reached on loopback.
      api=${BASH_REMATCH[1]/#0.0.0.0:/127.0.0.1:}
      printf '%s\n' "${api/#'[::]':/127.0.0.1:}" >"$dir/api"
      kill -USR1 $$
      break
    fi
  done
  exec cat
}

# A pipe of this user's own: nginx opens its log by name, which no socket allows, nor a pipe of root.
open_pipe() { rm -f "$1" && mkfifo "$1" || exit 2; }

# The last lines are still to be written when the others end.
ignore_signals() { trap '' TERM INT QUIT HUP; }

# Lets the copiers write what is left; something that still holds the pipe does not hold this up.
flush() {
  local timer copier
  wake_in 300
  timer=${timers[-1]}
  for copier in "${copiers[@]}"; do
    while alive "$copier" && alive "$timer"; do wait -n; done
  done
  kill "${timers[@]}" 2>/dev/null
  rm -f "$dir/service-log" "$dir/nginx-log"
}

main "$@"
