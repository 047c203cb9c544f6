#!/bin/bash
# Writes nginx's configuration from the template beside this file: render.sh FILE.
# Every value is held against a pattern first, so that none can add a directive. README.md lists the variables.
# shellcheck disable=SC2016,SC2034  # the template's names are read by indirection
set -euo pipefail
umask 077

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=${1:?usage: render.sh FILE}

refuse() {
  echo "render.sh: $1: expected $2" >&2
  exit 2
}

# setting NAME DEFAULT PATTERN EXPECTED: checks the variable NAME and leaves its value, or the default, in it.
setting() {
  local value=${!1:-$2}
  [[ $value =~ ^($3)$ ]] || refuse "$1" "$4"
  printf -v "$1" '%s' "$value"
}

PATH_PATTERN='/[A-Za-z0-9._/-]*'
SIZE='[0-9]{1,6}[km]?'
setting NGINX_DIR /tmp/nginx "$PATH_PATTERN" 'an absolute path of letters, digits, dots, hyphens and slashes'
setting NGINX_TLS_DIR /etc/nginx/tls "$PATH_PATTERN" 'an absolute path of letters, digits, dots, hyphens and slashes'
setting NGINX_ACCESS_LOG /dev/stdout "off|$PATH_PATTERN" 'off or an absolute path'
# off takes no further word.
ACCESS_LOG="$NGINX_ACCESS_LOG request if=\$is_logged"
[[ $NGINX_ACCESS_LOG != off ]] || ACCESS_LOG=off
setting NGINX_WORKERS 2 'auto|[1-9][0-9]{0,2}' 'auto or a whole number'
setting NGINX_CONNECTIONS 2048 '[1-9][0-9]{1,5}' 'a whole number of at least 10'
setting NGINX_MAX_BODY 1m "$SIZE" 'a size such as 1m'
setting NGINX_MAX_MULTIPART 6m "$SIZE" 'a size such as 6m'
setting AUTHLANCE_HTTP_PORT 1080 '[1-9][0-9]{0,4}' 'a port'
setting AUTHLANCE_HTTPS_PORT 1443 '[1-9][0-9]{0,4}' 'a port'
setting AUTHLANCE_API_PORT 8000 '[1-9][0-9]{0,4}' 'a port'

TEMPLATE_DIR=$here
[[ $TEMPLATE_DIR =~ ^$PATH_PATTERN$ ]] || refuse 'the directory of render.sh' 'letters, digits, dots, hyphens and slashes'

# lines LIST PATTERN FORMAT NAME EXPECTED: one line of the format for each member of a list with commas or spaces.
lines() {
  local member
  local -a members
  [[ $1 != *$'\n'* ]] || refuse "$4" "$5"
  IFS=', ' read -r -a members <<<"$1"
  for member in "${members[@]}"; do
    [[ -z $member ]] && continue
    [[ $member =~ ^($2)$ ]] || refuse "$4" "$5"
    # shellcheck disable=SC2059
    printf "$3\n" "$member"
  done
}

# The image's user is unprivileged; for root, the workers must be able to read what root wrote.
USER_LINE=
[[ $(id -u) -eq 0 ]] && USER_LINE='user root;'

listen_addresses() {
  if [[ -n ${NGINX_LISTEN:-} ]]; then
    echo "$NGINX_LISTEN"
  elif [[ -r /proc/net/if_inet6 && -n $(</proc/net/if_inet6) ]]; then
    echo '0.0.0.0 [::]'
  else
    echo 0.0.0.0
  fi
}

ADDRESS='[0-9]{1,3}(\.[0-9]{1,3}){3}|\[[0-9A-Fa-f:.]+\]'
addresses=$(listen_addresses)
LISTEN=$(lines "$addresses" "$ADDRESS" "    listen %s:$AUTHLANCE_HTTP_PORT;" NGINX_LISTEN 'IP addresses, IPv6 in brackets')

HOST="$ADDRESS|[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?"
UPSTREAM_SERVERS=$(lines "${NGINX_UPSTREAMS:-127.0.0.1:$AUTHLANCE_API_PORT}" "($HOST):[1-9][0-9]{0,4}" \
  '    server %s max_fails=1 fail_timeout=1s;' NGINX_UPSTREAMS 'host:port, or a list of them')
[[ -n $UPSTREAM_SERVERS ]] || refuse NGINX_UPSTREAMS 'host:port, or a list of them'

NETWORK='[0-9A-Fa-f:.]+(/[0-9]{1,3})?'
proxies=${NGINX_TRUSTED_PROXIES:-}
INGRESS_NETWORKS=$(lines "$proxies" "$NETWORK" '    %s 1;' NGINX_TRUSTED_PROXIES 'IP addresses or networks')
REAL_IP=$(lines "$proxies" "$NETWORK" '  set_real_ip_from %s;' NGINX_TRUSTED_PROXIES 'IP addresses or networks')
if [[ -n $REAL_IP ]]; then
  REAL_IP+=$'\n  real_ip_header X-Forwarded-For;\n  real_ip_recursive on;'
fi

CORS_ORIGINS=$(lines "${NGINX_CORS_ORIGINS:-}" 'https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?' '    "%s" $http_origin;' \
  NGINX_CORS_ORIGINS 'origins such as https://app.example.com')

# limit CLASS DEFAULT: the rate and the burst of NGINX_LIMIT_CLASS, in CLASS_RATE and CLASS_LIMIT.
limit() {
  local name=NGINX_LIMIT_$1 rate burst directive=
  setting "$name" "$2" 'off|[1-9][0-9]{0,4}r/[sm] [1-9][0-9]{0,4}' 'off, or a rate and a burst such as "60r/m 60"'
  if [[ ${!name} == off ]]; then
    rate=1r/s
  else
    read -r rate burst <<<"${!name}"
    directive="    limit_req zone=${1,,} burst=$burst nodelay;"
  fi
  printf -v "${1}_RATE" '%s' "$rate"
  printf -v "${1}_LIMIT" '%s' "$directive"
}

limit LOGIN '60r/m 60'
limit REGISTRATION '30r/m 30'
limit RECOVERY '30r/m 30'
limit EXCHANGE '600r/m 200'
limit CHECKOUT '30r/m 30'

# Kubernetes' names first, then certbot's.
TLS=
for pair in tls.crt:tls.key fullchain.pem:privkey.pem; do
  certificate=$NGINX_TLS_DIR/${pair%:*} key=$NGINX_TLS_DIR/${pair#*:}
  [[ -e $certificate && -e $key ]] || continue
  [[ -r $certificate && -r $key ]] || refuse "$NGINX_TLS_DIR" 'a certificate and a key that this user may read'
  TLS=$(lines "$addresses" "$ADDRESS" "    listen %s:$AUTHLANCE_HTTPS_PORT ssl http2;" NGINX_LISTEN 'IP addresses')
  TLS+=$'\n'"    ssl_certificate $certificate;"
  TLS+=$'\n'"    ssl_certificate_key $key;"
  TLS+=$'\n'"    include $here/tls.conf;"
  break
done

text=$(<"$here/nginx.conf.template")
for name in USER_LINE NGINX_WORKERS NGINX_CONNECTIONS NGINX_DIR TEMPLATE_DIR ACCESS_LOG NGINX_MAX_BODY \
  NGINX_MAX_MULTIPART INGRESS_NETWORKS REAL_IP CORS_ORIGINS UPSTREAM_SERVERS LISTEN TLS \
  {LOGIN,REGISTRATION,RECOVERY,EXCHANGE,CHECKOUT}_{RATE,LIMIT}; do
  text=${text//"\${$name}"/"${!name}"}
done

mkdir -p "$NGINX_DIR" "$(dirname "$target")"
printf '%s\n' "$text" >"$target"
