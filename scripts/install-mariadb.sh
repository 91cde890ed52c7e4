#!/bin/sh
# Installs MariaDB's programs from the system's packages where they are missing; needs nothing of this project.
# As root on Debian and Ubuntu it does so itself, elsewhere it prints the one command that does. No service is started and none
# is changed: the -core packages hold the programs alone, and --no-remove leaves a MySQL that is there in its place.
set -eu
PATH=$PATH:/usr/sbin:/usr/local/sbin:/usr/libexec

if command -v mariadbd >/dev/null && command -v mariadb-install-db >/dev/null; then
  exit 0
fi

system=$(sed -n 's/^ID\(_LIKE\)\{0,1\}=//p' /etc/os-release 2>/dev/null | tr -d '"' | tr '\n' ' ')
root=$(id -u)
case "$(uname -s) $system" in
  Darwin*) command='brew install mariadb' root=1 ;;
  *debian* | *ubuntu*) command='apt-get install -y mariadb-server-core mariadb-client-core' ;;
  *fedora* | *rhel* | *centos*) command='dnf install -y mariadb-server' ;;
  *suse*) command='zypper install -y mariadb' ;;
  *arch*) command='pacman -S --noconfirm mariadb' ;;
  *alpine*) command='apk add mariadb' ;;
  *) echo "MariaDB is missing: install MariaDB 10.11 or later with your system's packages" >&2 && exit 3 ;;
esac

if [ "$root" != 0 ] || [ "${command%% *}" != apt-get ]; then
  [ "$root" = 0 ] || [ "${command%% *}" = brew ] || command="sudo $command"
  echo "MariaDB is missing. Install it: $command" >&2
  exit 3
fi

echo 'installing MariaDB from the system packages'
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
{
  apt-get update -q &&
    apt-get install -q -y --no-install-recommends --no-remove -o DPkg::Lock::Timeout=120 mariadb-server-core mariadb-client-core
} >"$log" 2>&1 </dev/null || {
  tail -n 15 "$log" >&2
  echo "MariaDB could not be installed. Install it: $command" >&2
  exit 3
}
