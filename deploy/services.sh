#!/usr/bin/env bash
# PostgreSQL and Redis for tests: they outlive the command and are stopped by pid.
#
#   deploy/services.sh start    starts what is not running and prints the URLs
#   deploy/services.sh stop
#
# Never for real data: fsync is off.
set -euo pipefail
cd "$(dirname "$0")/.."

root=$PWD
postgres_port=${POSTGRES_PORT:-5540}
redis_port=${REDIS_PORT:-6390}
folder=${SERVICES_DIR:-${DATA_DIR:-$root/var}/services}
[[ $folder = /* ]] || folder=$root/$folder

say() { echo "• $*" >&2; }

# PostgreSQL refuses root, so as root it runs under its own user, who must be able
# to reach the folder; a checkout inside root's home needs another place.
as_postgres() {
  if [ "$(id -u)" = 0 ]; then
    (cd / && su postgres -s /bin/bash -c "$1")
  else
    bash -c "$1"
  fi
}

choose_folder() {
  mkdir -p "$folder"
  as_postgres "test -x '$folder'" ||
    folder=/var/tmp/hocba-$(printf %s "$root" | sha256sum | cut -c1-12)
  mkdir -p "$folder"
}

binaries() {
  local found
  found=$(find /usr/lib/postgresql -maxdepth 3 -name pg_ctl 2>/dev/null | sort -V | tail -1)
  [ -n "$found" ] || found=$(command -v pg_ctl || true)
  [ -z "$found" ] || dirname "$found"
}

install_packages() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q >&2 || true
  local install=(apt-get install -y -q --no-install-recommends "$@")
  "${install[@]}" >&2 || { sleep 5 && apt-get update -q >&2 && "${install[@]}" >&2; }
}

require_packages() {
  local absent=()
  [ -n "$(binaries)" ] || absent+=(postgresql)
  command -v redis-server >/dev/null || absent+=(redis-server)
  [ ${#absent[@]} -gt 0 ] || return 0
  if [ "$(id -u)" = 0 ]; then
    install_packages "${absent[@]}"
  else
    say "missing; as root: apt-get install -y --no-install-recommends ${absent[*]}"
    return 1
  fi
}

start_postgres() {
  local bin=$1 home=$folder/pg
  if [ ! -d "$home/data" ]; then
    if [ "$(id -u)" = 0 ]; then
      install -d -o postgres -g postgres -m 700 "$home"
    else
      install -d -m 700 "$home"
    fi
    as_postgres "'$bin/initdb' -D '$home/data' --locale=C.UTF-8 --encoding=UTF8 \
      -U postgres -A trust --no-sync" >/dev/null
  fi
  as_postgres "'$bin/pg_ctl' -D '$home/data' status" >/dev/null 2>&1 && return 0
  as_postgres "'$bin/pg_ctl' -D '$home/data' -w -s -l '$home/log' -o '-p $postgres_port \
    -k $home -c listen_addresses=127.0.0.1 -c fsync=off -c synchronous_commit=off \
    -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0 \
    -c shared_buffers=256MB' start" >&2
  "$bin/psql" -h 127.0.0.1 -p "$postgres_port" -U postgres -tAc \
    "SELECT 1 FROM pg_database WHERE datname = 'hocba'" | grep -q 1 ||
    "$bin/createdb" -h 127.0.0.1 -p "$postgres_port" -U postgres hocba
}

start_redis() {
  local home=$folder/redis
  mkdir -p "$home"
  redis_runs && return 0
  redis-server --port "$redis_port" --bind 127.0.0.1 --save '' --appendonly no \
    --dir "$home" --daemonize yes --pidfile "$home/pid" --logfile "$home/log" >/dev/null
}

redis_runs() {
  [ -s "$folder/redis/pid" ] && kill -0 "$(cat "$folder/redis/pid")" 2>/dev/null
}

stop_services() {
  local bin
  bin=$(binaries)
  if [ -n "$bin" ] && [ -f "$folder/pg/data/postmaster.pid" ]; then
    as_postgres "'$bin/pg_ctl' -D '$folder/pg/data' -m fast -s stop"
  fi
  if redis_runs; then
    kill "$(cat "$folder/redis/pid")"
    local tries=0
    while redis_runs && [ $((tries += 1)) -lt 50 ]; do sleep 0.1; done
  fi
}

case ${1:-} in
start)
  require_packages
  choose_folder
  start_postgres "$(binaries)"
  start_redis
  echo "DATABASE_URL=postgres://postgres@127.0.0.1:$postgres_port/hocba"
  echo "BROKER_URL=redis://127.0.0.1:$redis_port/0"
  ;;
stop)
  choose_folder
  stop_services
  ;;
*)
  echo "usage: deploy/services.sh start|stop" >&2
  exit 2
  ;;
esac
