#!/usr/bin/env bash
# veraPDF, the judge of PDF/A-3a and PDF/UA-1 in our tests, from Maven Central into
# var/tools. Fetched once; pinned by version and digest. Needs Java and Maven; without
# them the tests that ask veraPDF say so and are skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

version=1.30.2
digest=287cc9c9757f99dcff4a2d39b68268245b48103fb6af443162d5a29df2afa332
folder=${TOOLS_DIR:-$PWD/var/tools}
jar=$folder/verapdf-cli-$version.jar

is_whole() { echo "$digest  $1" | sha256sum --check --status 2>/dev/null; }

if is_whole "$jar"; then
  echo "$jar"
  exit 0
fi
for tool in java mvn; do
  command -v "$tool" >/dev/null || {
    echo "fetch-verapdf: $tool is not installed" >&2
    exit 1
  }
done
aside=$(mktemp -d)
trap 'rm -rf "$aside"' EXIT
mvn --quiet --batch-mode org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \
  -Dartifact="org.verapdf.apps:cli:$version" -DoutputDirectory="$aside" >&2
is_whole "$aside/cli-$version.jar" || {
  echo "fetch-verapdf: the file is not the one that was pinned" >&2
  exit 1
}
mkdir -p "$folder"
mv "$aside/cli-$version.jar" "$jar"
echo "$jar"
