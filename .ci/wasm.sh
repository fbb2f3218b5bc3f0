#!/usr/bin/env bash
# Builds the WebAssembly package for Node.js into out/wasm and prints its size. With --test, then
# replays the console vectors through it.
. "$(dirname "$0")/lib.sh"

bindgen=$(tool wasm-bindgen wasm-bindgen-cli "$wasm_bindgen_version")
target=wasm32-unknown-unknown
arguments=(build --quiet -p sekisho-wasm --lib --profile ship --target "$target")
export CARGO_PROFILE_SHIP_OPT_LEVEL=s
if has_target "$target"; then
  built=$target_dir/wasm
  cargo "${arguments[@]}" --target-dir "$built"
elif has_debian_sources; then
  built=$target_dir/wasm-debian
  CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$(rust_lld) RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
    cargo "${arguments[@]}" -Z build-std=std,panic_abort --target-dir "$built"
else
  fail "no standard library for $target; run .ci/setup.sh"
fi

package=$PWD/out/wasm
rm -rf "$package"
"$bindgen" "$built/$target/ship/sekisho_wasm.wasm" --target nodejs --out-dir "$package"
module=$package/sekisho_wasm_bg.wasm
printf 'wasm: %s bytes, %s with gzip\n' "$(wc -c <"$module")" "$(gzip -9 -c "$module" | wc -c)"

if [ "${1:-}" = --test ]; then
  PACKAGE=$package/sekisho_wasm.js node --test wasm/tests/vectors.mjs
fi
