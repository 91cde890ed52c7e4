#!/bin/sh
# Prints the folder that holds Prometheus's programs (prometheus, promtool), for the tests of metrics, dashboards and alerts. Where they are
# missing, Debian's and Ubuntu's package is fetched and unpacked into .millrace/prometheus: nothing is installed, so no service
# starts. Where that cannot be, it says why and exits with 3.
set -eu
cd "$(dirname "$0")/.."

if command -v prometheus >/dev/null && command -v promtool >/dev/null; then
  dirname "$(command -v promtool)"
  exit 0
fi

folder=$PWD/.millrace/prometheus
if [ -x "$folder/usr/bin/prometheus" ]; then
  echo "$folder/usr/bin"
  exit 0
fi

if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
  echo "Prometheus is missing: put prometheus and promtool into PATH" >&2
  exit 3
fi

mkdir -p "$folder"
download=$(mktemp -d "$folder/download.XXXXXX")
trap 'rm -rf "$download"' EXIT
# As root, apt would fetch as a user that may not write here.
fetch() { apt-get download -q -o APT::Sandbox::User="$(id -un)" prometheus; }
{
  cd "$download" &&
    { fetch || { [ "$(id -u)" = 0 ] && apt-get update -q && fetch; }; } &&
    dpkg-deb -x prometheus_*.deb unpacked
} >"$download/log" 2>&1 </dev/null || {
  tail -n 5 "$download/log" >&2
  echo "Prometheus could not be fetched: put prometheus and promtool into PATH" >&2
  exit 3
}
# Whoever was first has it.
mv -n "$download/unpacked/usr" "$folder/" 2>/dev/null || true
echo "$folder/usr/bin"
