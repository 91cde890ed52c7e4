#!/bin/sh
# Installs MariaDB's programs from the system's packages if they are missing. Depends on nothing else in this project.
# Installs them itself only as root on Debian and Ubuntu; elsewhere, it prints the command to run. No service is started or
# changed: the -core packages contain only the programs, and --no-remove keeps an installed MySQL.
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
  *) echo "MariaDB is missing. Install MariaDB 10.11 or later from your system's packages" >&2 && exit 3 ;;
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
