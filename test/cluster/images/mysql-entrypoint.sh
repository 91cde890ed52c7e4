# What deploy/chart uses of https://hub.docker.com/_/mysql: the first start makes the files and a random password of root, and runs
# /docker-entrypoint-initdb.d/*.sql, all while the server listens on its socket alone.
set -eu
run=/var/run/mysqld

server() { mysqld --no-defaults --socket="$run/mysqld.sock" --pid-file="$run/mysqld.pid" --secure-file-priv=NULL "$@"; }
client() { mysql --no-defaults --socket="$run/mysqld.sock" --user=root "$@"; }

datadir=$(mysqld --no-defaults --verbose --help "$@" 2>/dev/null | sed -n 's/^datadir  *//p')
if [ ! -d "$datadir/mysql" ]; then
  server "$@" --initialize-insecure
  server "$@" --skip-networking &
  until client --execute='DO 1' 2>/dev/null; do kill -0 $!; sleep 0.2; done
  for file in /docker-entrypoint-initdb.d/*.sql; do client <"$file"; done
  client --execute="ALTER USER 'root'@'localhost' IDENTIFIED BY '$(head -c 24 /dev/urandom | base64)'; SHUTDOWN"
  wait $!
fi

exec mysqld --no-defaults --socket="$run/mysqld.sock" --pid-file="$run/mysqld.pid" --secure-file-priv=NULL "$@"
