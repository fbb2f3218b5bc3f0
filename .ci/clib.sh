#!/usr/bin/env bash
# Builds the C library as it is shipped, libsekisho.a, and prints where it is.
. "$(dirname "$0")/lib.sh"

# As the only crate type, so that fat LTO makes one object of it.
cargo rustc --quiet -p sekisho-ffi --profile ship --no-default-features --features panic-handler \
  --crate-type staticlib >&2
# The Rust crate `sekisho` has the plain name in cargo's folder, so the archive gets it elsewhere.
mkdir -p "$target_dir/c"
# Moved there, as somebody may be linking with it.
cp "$target_dir/ship/libsekisho_ffi.a" "$target_dir/c/libsekisho.a.$$"
mv "$target_dir/c/libsekisho.a.$$" "$target_dir/c/libsekisho.a"
echo "$target_dir/c/libsekisho.a"
