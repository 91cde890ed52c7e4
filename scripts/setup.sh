#!/bin/sh
# Installs what `npm run demo` and `npm test` need: the npm packages (Node 24 among them), the parser, MariaDB. Says nothing when all is there.
set -eu
cd "$(dirname "$0")/.."

if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
  echo "Installing the npm packages (half a minute) …" >&2
  # npm under Node 20 warns of packages that want Node 22: they run under the Node 24 that npm is about to bring.
  npm ci --loglevel=error --no-fund --no-audit >/dev/null
fi

# npm 10 removes the link together with the package of the other architecture, whose program has the same name: arborist, lib/arborist/reify.js
if [ ! -x node_modules/.bin/node ]; then
  for program in node_modules/node-linux-*/bin/node; do
    if [ -x "$program" ]; then ln -sf "../${program#node_modules/}" node_modules/.bin/node; fi
  done
fi

if [ ! -x node_modules/.bin/node ]; then
  echo "error[NODE_MISSING]: npm brought no Node 24 for this system ($(uname -sm))" >&2
  echo "  install Node 24 or newer and put it first in PATH" >&2
  [ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 24')" = true ] || exit 3
fi

if [ ! src/sql/grammar.generated.ts -nt grammar/statement.ne ]; then npm run --silent build:grammar >&2; fi

sh scripts/install-mariadb.sh
