#!/usr/bin/env bash
# Makes include/sekisho.h from ffi/ with the pinned cbindgen; with --check only compares.
. "$(dirname "$0")/lib.sh"

cbindgen=$(tool cbindgen cbindgen "$cbindgen_version")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# cbindgen cannot evaluate the core's constants: an example prints them as C.
cargo run --quiet -p sekisho-ffi --example header_constants >"$work/constants.h"
version=$(sed -n 's/^#define SEKISHO_VERSION "\(.*\)"$/\1/p' "$work/constants.h")
sed -e "s/@VERSION@/$version/" \
  -e "/^@CONSTANTS@$/{
r $work/constants.h
d
}" ffi/cbindgen.toml |
  # Within TOML's triple quotes a backslash is written twice.
  sed '/^after_includes/,/^"""$/s/\\/\\\\/g' >"$work/cbindgen.toml"
"$cbindgen" --quiet --config "$work/cbindgen.toml" --crate sekisho-ffi --output "$work/sekisho.h" ffi

if [ "${1:-}" = --check ]; then
  diff -u include/sekisho.h "$work/sekisho.h" ||
    fail "include/sekisho.h is not what ffi/ says; run .ci/header.sh and commit it"
else
  mkdir -p include
  cp "$work/sekisho.h" include/sekisho.h
fi
