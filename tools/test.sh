#!/bin/sh
# Runs every test: `npm test`. Sets up what it needs first. Root on Linux for the end-to-end part.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd -P)
cd "$root"
./cox setup >&2
PATH=$root/node_modules/.bin:$PATH
export PATH
exec node tools/test.ts "$@"
