#!/bin/sh
# Prints the path of Chromium, for the tests of the console. If it is missing, installs Debian's package as root; elsewhere it prints the
# reason and exits with 3. (Ubuntu's package is a snap, which containers cannot run.)
set -eu

for program in chromium chromium-browser google-chrome; do
  if command -v "$program"; then exit 0; fi
done

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null || ! grep -q '^ID=debian' /etc/os-release; then
  echo "Chromium is missing. Install chromium and add it to PATH" >&2
  exit 3
fi

# Several test files ask at once, and the lock of apt's lists does not wait.
exec 9<"$0"
flock 9
if command -v chromium; then exit 0; fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
{
  apt-get update -q &&
    apt-get install -q -y --no-install-recommends --no-remove -o DPkg::Lock::Timeout=120 chromium
} >"$log" 2>&1 </dev/null || {
  tail -n 5 "$log" >&2
  echo "Chromium could not be installed. Install chromium and add it to PATH" >&2
  exit 3
}
command -v chromium
