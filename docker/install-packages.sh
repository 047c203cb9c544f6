#!/bin/bash
# Installs what the service needs beside Node: nginx, and MariaDB's clients for backups.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

# The configuration of nginx and the options of the dump are tested with the packages of this release alone.
suite=bookworm
found=$(. /etc/os-release && echo "$VERSION_CODENAME")
if [[ $found != "$suite" ]]; then
  echo "install-packages.sh: expected Debian $suite, found $found" >&2
  exit 1
fi

apt-get -q update
# What was mended since the base image was made.
apt-get -q -y upgrade
# Node needs libstdc++6; apt does too, but that is apt's affair.
apt-get -q -y install --no-install-recommends ca-certificates libstdc++6 mariadb-client-core nginx

# The package with mariadb-dump would bring Perl and a dozen more programs: of it, only this one is taken.
version=$(dpkg-query -W -f '${Version}' mariadb-client-core)
package=$(mktemp -d)
(cd "$package" && apt-get -q -o APT::Sandbox::User=root download "mariadb-client=$version")
dpkg-deb --fsys-tarfile "$package"/mariadb-client_*.deb | tar -x -C / ./usr/bin/mariadb-dump
mariadb-dump --version

# Nobody here is to become root.
find / -xdev -type f -perm /6000 -exec chmod ug-s {} +
apt-get clean
rm -rf "$package" /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/ldconfig/* /var/log/* /var/www
find /var/cache/debconf /var/lib/dpkg -name '*-old' -delete
