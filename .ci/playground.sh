#!/usr/bin/env bash
# Builds the playground into out/playground, as it can be put on any static host, and prints what it
# weighs. With --serve, then serves it on loopback (PORT, 8080) until interrupted.
. "$(dirname "$0")/lib.sh"

# With --kept what .ci/wasm.sh has built is taken as it is.
[ "${1:-}" = --kept ] || .ci/wasm.sh
wasm/node_modules/.bin/tsc -p wasm/www
page=$PWD/out/playground
NODE_PATH=wasm/node_modules node wasm/www/build.mjs "$PWD/out/wasm" "$page"
PACKAGE=$PWD/out/wasm node --test --test-reporter=dot wasm/tests/levels.test.mjs
# What the page loads by itself: not the table of routes, the worker, levels or other languages. The panels and
# the answers come when it has drawn.
total=0
first=0
for file in "$page"/{index.html,style.css,main.js,chunk-*.js,sekisho_wasm_bg.wasm,panels-*.js,sekisho_answers_bg.wasm}; do
  size=$(gzip -9 -c "$file" | wc -c)
  total=$((total + size))
  case $file in *panels-* | *answers*) ;; *) first=$total ;; esac
  printf 'playground: %s %s bytes with gzip\n' "${file##*/}" "$size"
done
printf 'playground: %s bytes with gzip before it draws, at most 118,000; %s in all, at most 200,000\n' "$first" "$total"
[ "$first" -le 118000 ] || fail "what the page loads before it draws is too heavy"
[ "$total" -le 200000 ] || fail "the page is too heavy"

[ "${1:-}" != --serve ] || node wasm/tests/serve.mjs "$page" "${PORT:-8080}"
