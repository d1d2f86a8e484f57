#!/usr/bin/env bash
# versitygw, an S3 server with object lock for our tests, into var/tools. Built once
# from its Go module, pinned by version; Go's checksum database vouches for the source.
# Needs Go; without it the tests that ask an object store say so and are skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

version=v1.8.0
folder=${TOOLS_DIR:-$PWD/var/tools}
binary=$folder/versitygw

if "$binary" --version 2>/dev/null | grep -qF "$version"; then
  echo "$binary"
  exit 0
fi
go=$(command -v go || echo /usr/local/go/bin/go)
[ -x "$go" ] || {
  echo "fetch-versitygw: go is not installed" >&2
  exit 1
}
mkdir -p "$folder"
flags="-X main.Version=$version"
GOBIN=$folder GOTOOLCHAIN=local "$go" install -ldflags "$flags" \
  "github.com/versity/versitygw/cmd/versitygw@$version" >&2
echo "$binary"
