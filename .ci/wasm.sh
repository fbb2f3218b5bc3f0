#!/usr/bin/env bash
# Builds the npm package sekisho-wasm into out/wasm and prints its sizes. With --test, then replays
# the console vectors through it and misuses it; with --pack, then packs it and uses the packed file.
. "$(dirname "$0")/lib.sh"

bindgen=$(tool wasm-bindgen wasm-bindgen-cli "$wasm_bindgen_version")
node_modules wasm
target=wasm32-unknown-unknown
export CARGO_PROFILE_SHIP_OPT_LEVEL=z
package=$PWD/out/wasm
rm -rf "$package"
mkdir -p "$package"

# What rustc takes for granted for this target, and every browser and Node.js since 2022 has.
features=(--enable-bulk-memory --enable-multivalue --enable-mutable-globals
  --enable-nontrapping-float-to-int --enable-reference-types --enable-sign-ext)

# What compresses best. Functions that are called once stay apart unless they are tiny, as like ones then
# stand together. The stack begins below the data, so that nothing lies in the first kilobyte.
passes=(--low-memory-unused --one-caller-inline-max-function-size 20 --flatten --rereloop -Oz -Oz)

# module NAME FEATURE: one module of the package.
module() {
  local arguments=(build --quiet -p sekisho-wasm --lib --profile ship --target "$target"
    --no-default-features --features "$2")
  local built=$target_dir/wasm
  if has_target "$target"; then
    cargo "${arguments[@]}" --target-dir "$built"
  elif has_debian_sources; then
    built=$target_dir/wasm-debian
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$(rust_lld) RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
      cargo "${arguments[@]}" -Z build-std=std,panic_abort --target-dir "$built"
  else
    fail "no standard library for $target; run .ci/setup.sh"
  fi
  "$bindgen" "$built/$target/ship/sekisho_wasm.wasm" --target web --out-dir "$package" --out-name "$1" \
    --experimental-reset-state-function --remove-name-section --remove-producers-section
  local file=$package/$1_bg.wasm
  wasm/node_modules/.bin/wasm-opt "${features[@]}" "${passes[@]}" "$file" -o "$file"
  printf '%s: %s bytes, %s with gzip\n' "$1" "$(wc -c <"$file")" "$(gzip -9 -c "$file" | wc -c)"
}

module sekisho_wasm region
module sekisho_lpm lpm
module sekisho_import import
wasm/node_modules/.bin/tsc -p wasm
cp wasm/README.md LICENSE-* "$package"
# What is for building it stays here.
node -e 'const { devDependencies, ...rest } = JSON.parse(fs.readFileSync("wasm/package.json"));
  console.log(JSON.stringify(rest, null, 2))' >"$package/package.json"

case ${1:-} in
  --test) PACKAGE=$package node --test --test-reporter=dot wasm/tests/{region,lpm,import}.test.mjs ;;
  --pack) wasm/tests/pack.sh "$package" ;;
esac
