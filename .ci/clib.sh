#!/usr/bin/env bash
# Builds the C library as it is shipped, libsekisho.a, and prints where it is. With the name of a target,
# such as thumbv7em-none-eabi, for that. With --shared it makes libsekisho.so.VERSION of the host's and
# prints where that is.
. "$(dirname "$0")/lib.sh"

target=
case "${1:-}" in --* | "") ;; *) target=$1 ;; esac
# As the only crate type, so that fat LTO makes one object of it.
arguments=(--quiet -p sekisho-ffi --profile ship --no-default-features --features panic-handler
  --crate-type staticlib)
built=$target_dir
[ -z "$target" ] || built=$(cross_folder "$target" "$target_dir/cross")
out=$built/c
archive=$out/libsekisho.a
if command -v cargo >/dev/null; then
  if [ -z "$target" ]; then
    cargo rustc "${arguments[@]}" >&2
  else
    cross_cargo "$target" "$target_dir/cross" rustc "${arguments[@]}" >&2
  fi
  # The Rust crate `sekisho` has the plain name in cargo's folder, so the archive gets it elsewhere.
  mkdir -p "$out"
  # Moved there, as somebody may be linking with it.
  cp "$built/ship/libsekisho_ffi.a" "$archive.$$"
  mv "$archive.$$" "$archive"
else
  # As root, say, who installs what a user has built.
  [ -f "$archive" ] || fail "cargo is missing, and there is no $archive yet"
  printf 'clib: cargo is missing; taking %s as it is\n' "$archive" >&2
fi
if [ "${1:-}" != --shared ]; then
  echo "$archive"
  exit
fi

shared=$out/libsekisho.so.$version
printf 'SEKISHO_%s {\n  global:\n' "$abi" >"$out/sekisho.map.$$"
for function in $(header_functions); do printf '    %s;\n' "$function"; done >>"$out/sekisho.map.$$"
printf '  local: *;\n};\n' >>"$out/sekisho.map.$$"
"${CC:-cc}" -shared -nostartfiles -Wl,--whole-archive "$archive" -Wl,--no-whole-archive \
  "-Wl,--version-script=$out/sekisho.map.$$" "-Wl,-soname,libsekisho.so.$abi" \
  -Wl,--gc-sections,--strip-all,-z,defs,-z,relro,-z,now -o "$shared.$$" >&2
mv "$out/sekisho.map.$$" "$out/sekisho.map"
mv "$shared.$$" "$shared"
echo "$shared"
