#!/usr/bin/env bash
# Copies the libraries that the dashboard is served with from the npm registry, at the versions named here, and writes
# SHA256SUMS. The only change: hooks.js finds preact beside itself, and names no source map, since neither is served.
set -euo pipefail
cd "$(dirname "$0")"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --prefix "$folder" --no-audit --no-fund --ignore-scripts \
  preact@11.2.0 htm@3.1.1 marked@18.2.1 temml@0.13.5 @highlightjs/cdn-assets@11.12.0 > /dev/null
from=$folder/node_modules
take() { # FILE NAME PACKAGE
  sed -e 's#from"preact"#from"./preact.js"#' -e '/^\/\/# sourceMappingURL=/d' "$from/$1" > "$2.js"
  cp "$from/$3"/LICENSE* "$2.LICENSE.txt"
}
take preact/dist/preact.mjs preact preact
take preact/hooks/dist/hooks.mjs hooks preact
take htm/dist/htm.module.js htm htm
take marked/lib/marked.esm.js marked marked
take temml/dist/temml.min.js temml temml
take @highlightjs/cdn-assets/es/highlight.min.js highlight @highlightjs/cdn-assets
sha256sum ./*.js > SHA256SUMS
