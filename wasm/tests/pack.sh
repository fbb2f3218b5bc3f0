#!/usr/bin/env bash
# Packs the package, installs the file into a fresh Vite project with TypeScript and into a fresh
# Node.js one, and runs there what the README says. Run by .ci/wasm.sh --pack: pack.sh PACKAGE
set -euo pipefail
package=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

file=$work/$(npm pack --silent --pack-destination "$work" "$package")
printf 'packed: %s, %s bytes\n' "$(basename "$file")" "$(wc -c <"$file")"
install=(npm install --silent --no-audit --no-fund --ignore-scripts)

# example NUMBER: a JavaScript block of the README.
example() { awk -v n="$1" '/^```/ { if (on) on = 0; else if (/^```js/ && ++i == n) { on = 1; next } } on' "$here/../README.md"; }

mkdir "$work/script" "$work/page"
cd "$work/script"
echo '{ "private": true, "type": "module" }' >package.json
"${install[@]}" "$file"
{ example 1; echo 'console.log(region.ask("show vpc-1").fields.mode);'; } >region.js
{ example 2; echo 'console.log(JSON.stringify(table.lookup("10.1.2.3")));'; } >lpm.js
[ "$(node region.js)" = direct ]
[ "$(node lpm.js)" = '{"prefix":"10.0.0.0/8","value":1}' ]
echo "node: the README's examples run"

cd "$work/page"
cat >package.json <<'JSON'
{ "private": true, "type": "module", "scripts": { "build": "tsc --noEmit && vite build" } }
JSON
"${install[@]}" "$file" vite@8.3.8 typescript@5.9.3
cat >tsconfig.json <<'JSON'
{ "compilerOptions": { "strict": true, "target": "ES2022", "module": "ESNext", "moduleResolution": "Bundler",
  "lib": ["ES2022", "ESNext.Disposable", "DOM"], "types": [] }, "include": ["*.ts"] }
JSON
echo '<!doctype html><title>example</title><script type="module" src="./main.ts"></script>' >index.html
{ example 1; echo 'document.title = region.ask("show vpc-1").fields.mode ?? "";'; } >main.ts
npm run --silent build
node "$here/page.mjs" "$work/page/dist" direct
