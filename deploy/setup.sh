#!/usr/bin/env bash
# Bring this checkout to where it can run: system packages, .venv, requirements.
#
#   deploy/setup.sh run     what the program needs
#   deploy/setup.sh test    and what `make test` and `make lint` need
#
# Called by make. A second call finds everything in place and takes a moment.
set -euo pipefail
cd "$(dirname "$0")/.."

purpose=${1:-run}
case $purpose in run | test) ;; *)
  echo "usage: deploy/setup.sh run|test" >&2
  exit 2
  ;;
esac
venv=${VENV:-.venv}

# Without these the program does not run:
#   pango, pangoft2      WeasyPrint's layout (the fonts of the form are our own)
#   harfbuzz-subset      fonts subset in 0.03 s instead of 0.12 s per document
#   gettext              msgfmt compiles the translations
needed=(libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 gettext)
# Judges that we did not write, a browser, and the brokers besides the embedded one
# (92 MB on disk). Without one of them its tests skip.
judges=(redis-server rabbitmq-server
  chromium fonts-liberation2 fonts-noto-cjk poppler-utils qpdf zbar-tools
  xmlsec1 libxml2-utils openssl softhsm2 opensc libnss3-tools)

say() { echo "• $*" >&2; }

missing() {
  local package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
      echo "$package"
  done
}

# The mirror or the lock may be busy for a moment: once more, with fresh lists.
apt_install() {
  export DEBIAN_FRONTEND=noninteractive
  local install=(apt-get install -y -q --no-install-recommends "$@")
  apt-get update -q >&2 || true
  "${install[@]}" >&2 || { sleep 5 && apt-get update -q >&2 && "${install[@]}" >&2; }
}

system_packages() {
  local kind=$1
  shift
  if ! command -v dpkg-query >/dev/null; then
    say "this is not Debian: please see to it that there are: $*"
    return
  fi
  local absent
  mapfile -t absent < <(missing "$@")
  [ ${#absent[@]} -gt 0 ] || return 0
  if [ "$(id -u)" = 0 ]; then
    say "installing ${absent[*]}"
    apt_install "${absent[@]}" && return 0
  fi
  say "missing: ${absent[*]}"
  say "as root: apt-get install -y --no-install-recommends ${absent[*]}"
  [ "$kind" = optional ] && say "going on without: the tests that need them skip"
  [ "$kind" = optional ]
}

find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import ensurepip, sqlite3, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$candidate"
      return 0
    fi
  done
  return 1
}

# The stamp says for which requirements the environment was filled, so that the
# second time nothing is asked of the network.
fill_environment() {
  local stamp="$venv/.filled-$purpose" files=(requirements.txt) wanted
  [ "$purpose" = test ] && files+=(requirements-dev.txt)
  wanted=$(cat "${files[@]}" | sha256sum)
  if "$venv/bin/python" -c '' 2>/dev/null; then
    [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return 0
  else
    say "making $venv with $("$python" --version)"
    "$python" -m venv --clear "$venv"
  fi
  say "installing ${files[-1]}"
  local install=("$venv/bin/python" -m pip install --disable-pip-version-check
    --quiet -r "${files[-1]}")
  "${install[@]}" || { sleep 5 && "${install[@]}"; }
  echo "$wanted" >"$stamp"
}

find_python >/dev/null || needed+=(python3-venv)
system_packages needed "${needed[@]}"
if [ "$purpose" = test ]; then
  system_packages optional "${judges[@]}"
fi
python=$(find_python) || {
  say "there is no Python 3.11 or newer with venv and sqlite3; set PYTHON=/path/to/it"
  exit 1
}
fill_environment
