#!/usr/bin/env bash
# Builds the C library as it is shipped, libsekisho.a, and prints where it is. With the name of a target,
# such as thumbv7em-none-eabi, for that.
. "$(dirname "$0")/lib.sh"

# As the only crate type, so that fat LTO makes one object of it.
arguments=(--quiet -p sekisho-ffi --profile ship --no-default-features --features panic-handler
  --crate-type staticlib)
if [ $# -eq 0 ]; then
  cargo rustc "${arguments[@]}" >&2
  built=$target_dir
else
  cross_cargo "$1" "$target_dir/cross" rustc "${arguments[@]}" >&2
  built=$(cross_folder "$1" "$target_dir/cross")
fi
# The Rust crate `sekisho` has the plain name in cargo's folder, so the archive gets it elsewhere.
mkdir -p "$built/c"
# Moved there, as somebody may be linking with it.
cp "$built/ship/libsekisho_ffi.a" "$built/c/libsekisho.a.$$"
mv "$built/c/libsekisho.a.$$" "$built/c/libsekisho.a"
echo "$built/c/libsekisho.a"
