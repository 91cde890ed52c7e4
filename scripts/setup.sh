#!/bin/sh
# Installs what `npm run demo` and `npm test` need: the npm packages (including Node 24), the parser, the console, MariaDB. Prints nothing if everything exists.
set -eu
cd "$(dirname "$0")/.."

if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
  echo "Installing the npm packages (half a minute) …" >&2
  # Under Node 20, npm warns about packages that need Node 22: they will run under the Node 24 that npm is about to install.
  npm ci --loglevel=error --no-fund --no-audit >/dev/null
fi

# npm 10 removes the link together with the package of the other architecture, because both programs have the same name: arborist, lib/arborist/reify.js
if [ ! -x node_modules/.bin/node ]; then
  for program in node_modules/node-linux-*/bin/node; do
    if [ -x "$program" ]; then ln -sf "../${program#node_modules/}" node_modules/.bin/node; fi
  done
fi

if [ ! -x node_modules/.bin/node ]; then
  echo "error[NODE_MISSING]: npm installed no Node 24 for this system ($(uname -sm))" >&2
  echo "  install Node 24 or newer and put it first in PATH" >&2
  [ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 24')" = true ] || exit 3
fi

if [ ! src/sql/grammar.generated.ts -nt grammar/statement.ne ]; then npm run --silent build:grammar >&2; fi

built=console/dist/index.html
if [ ! -e "$built" ] || [ -n "$(find console/src console/index.html console/vite.config.ts src package-lock.json -newer "$built" -print -quit)" ]; then
  npm run --silent build:console >&2
fi

sh scripts/install-mariadb.sh
