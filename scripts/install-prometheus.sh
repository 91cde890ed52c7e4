#!/bin/sh
# Prints the folder of Prometheus's programs (prometheus, promtool), for the tests of metrics, dashboards and alerts. If they are
# missing, it downloads Debian's or Ubuntu's package and unpacks it into .millrace/prometheus; nothing is installed, so no service
# starts. If that fails, it prints the reason and exits with 3.
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
  echo "Prometheus is missing. Add prometheus and promtool to PATH" >&2
  exit 3
fi

mkdir -p "$folder"
download=$(mktemp -d "$folder/download.XXXXXX")
trap 'rm -rf "$download"' EXIT
# As root, apt would download as a user that has no write access here.
fetch() { apt-get download -q -o APT::Sandbox::User="$(id -un)" prometheus; }
{
  cd "$download" &&
    { fetch || { [ "$(id -u)" = 0 ] && apt-get update -q && fetch; }; } &&
    dpkg-deb -x prometheus_*.deb unpacked
} >"$download/log" 2>&1 </dev/null || {
  tail -n 5 "$download/log" >&2
  echo "Prometheus could not be downloaded. Add prometheus and promtool to PATH" >&2
  exit 3
}
# If another process was faster, its copy is used.
mv -n "$download/unpacked/usr" "$folder/" 2>/dev/null || true
echo "$folder/usr/bin"
