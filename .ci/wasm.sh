#!/usr/bin/env bash
# Builds the npm package sekisho-wasm into out/wasm and prints its sizes; gets what it needs beyond rustup, and
# says so. With --test, then replays the console vectors through it, misuses it and passes snapshots to the C
# library and back; with --pack, then packs it and uses the packed file.
. "$(dirname "$0")/lib.sh"

command -v cargo >/dev/null || fail "cargo is missing; install Rust from https://rustup.rs"
command -v npm >/dev/null || install_debian nodejs npm
cross_targets wasm32-unknown-unknown
cargo_tool wasm-bindgen wasm-bindgen-cli "$wasm_bindgen_version"
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

work=$target_dir/wasm-parts
mkdir -p "$work"

# module NAME FEATURE [OPTION...]: the bindings of one module in the package, and the module with its names in
# $work. The OPTIONs are the linker's, which leaves the module in $linked.
module() {
  local name=$1 arguments=(--quiet -p sekisho-wasm --lib --profile ship --target "$target"
    --no-default-features --features "$2")
  local built=$target_dir/wasm
  printf 'wasm: building %s\n' "$name"
  shift 2
  set -- "${@/#/-Clink-arg=}"
  if has_target "$target"; then
    cargo rustc "${arguments[@]}" --target-dir "$built" -- "$@"
  elif has_debian_sources; then
    built=$target_dir/wasm-debian
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$(rust_lld) RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
      cargo rustc "${arguments[@]}" -Z build-std=std,panic_abort --target-dir "$built" -- "$@"
  else
    fail "no standard library for $target; run .ci/setup.sh"
  fi
  linked=$built/$target/ship/sekisho_wasm.wasm
  "$bindgen" "$linked" --target web --out-dir "$package" --out-name "$name" \
    --experimental-reset-state-function --remove-producers-section
  mv "$package/${name}_bg.wasm" "$work/$name.wasm"
}

# optimise FILE NAME: the module of a file, small, as NAME in the package. Says its size and leaves it in $size.
optimise() {
  local file=$package/$2_bg.wasm
  wasm/node_modules/.bin/wasm-opt "${features[@]}" "${passes[@]}" "$1" -o "$file"
  size=$(gzip -9 -c "$file" | wc -c)
  printf '%s: %s bytes, %s with gzip\n' "$2" "$(wc -c <"$file")" "$size"
}

# The core in two files, so that a page draws as soon as the first is there, and judges packets. What takes away
# and what asks for more comes later, with all that only this needs; wasm/js/region.ts knows such lines. So does
# what says why the module stops, which it does with and without.
module sekisho_wasm region --emit-relocs --no-merge-data-segments --demangle
node wasm/split.mjs "$linked" "$work/sekisho_wasm.wasm" "$work/first.wat" "$work/second.wat" \
  'sekisho::answers::' 'sekisho::region::Region>::way\b' \
  'sekisho::region::Region>::(commit|prepare_other|remove|withdraw)$' 'sekisho::region::trial::Log>::keep' \
  'sekisho::console::(whole|explain|script)::' 'sekisho::console::(plan|counters)::(answer|removed)$' \
  'sekisho::console::answer::capacity$' 'sekisho::console::verbs::queries::property$' \
  'sekisho::store::' '(alloc_error_handler|slice_index_fail)$' 'console_(load|script|snapshot)\b'
optimise "$work/first.wat" sekisho_wasm
first=$size
optimise "$work/second.wat" sekisho_answers
printf 'sekisho_wasm and sekisho_answers: %s with gzip; the first may have 60,000, and has %s\n' \
  "$((first + size))" "$first"
[ "$first" -le 60000 ] || fail "what is loaded first is too large"
module sekisho_lpm lpm
optimise "$work/sekisho_lpm.wasm" sekisho_lpm
module sekisho_import import
optimise "$work/sekisho_import.wasm" sekisho_import
wasm/node_modules/.bin/tsc -p wasm
cp wasm/README.md LICENSE-* "$package"
# What is for building it stays here.
node -e 'const { devDependencies, ...rest } = JSON.parse(fs.readFileSync("wasm/package.json"));
  console.log(JSON.stringify(rest, null, 2))' >"$package/package.json"

case ${1:-} in
  --test)
    SNAPSHOT=$(wasm/tests/snapshot.sh)
    export PACKAGE=$package SNAPSHOT
    node --test --test-reporter=dot wasm/tests/{region,lpm,import,snapshot}.test.mjs
    ;;
  --pack) wasm/tests/pack.sh "$package" ;;
esac
