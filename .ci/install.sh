#!/usr/bin/env bash
# Builds the C library as it is shipped and installs it: PREFIX (/usr/local), INCLUDEDIR (PREFIX/include),
# LIBDIR (PREFIX/lib), DOCDIR; DESTDIR is put in front of all of them, for packagers. The installed tree
# may be moved. With --uninstall it removes what it installs.
. "$(dirname "$0")/lib.sh"

prefix=${PREFIX:-/usr/local}
[ "${prefix#/}" != "$prefix" ] || prefix=$PWD/$prefix
include=${INCLUDEDIR:-$prefix/include}
lib=${LIBDIR:-$prefix/lib}
doc=${DOCDIR:-$prefix/share/doc/sekisho}
destdir=${DESTDIR:-}
headers=(sekisho.h sekisho_rte.h sekisho_rte_lpm.h sekisho_rte_fib.h sekisho_rte.c)
documents=(CHANGELOG.md LICENSE-APACHE LICENSE-MIT)
major=${version%%.*}

if [ "${1:-}" = --uninstall ]; then
  for file in "${headers[@]}"; do rm -f "$destdir$include/$file"; done
  for file in "${documents[@]}"; do rm -f "$destdir$doc/$file"; done
  rm -f "$destdir$lib/libsekisho.a" "$destdir$lib/libsekisho.so" "$destdir$lib/libsekisho.so.$abi" \
    "$destdir$lib/libsekisho.so.$version" "$destdir$lib/pkgconfig/sekisho.pc" \
    "$destdir$lib/cmake/sekisho/sekishoConfig.cmake" \
    "$destdir$lib/cmake/sekisho/sekishoConfigVersion.cmake"
  for folder in "$destdir$lib/cmake/sekisho" "$destdir$doc"; do
    [ ! -d "$folder" ] || rmdir --ignore-fail-on-non-empty "$folder"
  done
  printf 'uninstalled sekisho from %s\n' "$destdir$prefix"
  exit
fi

shared=$(.ci/clib.sh --shared)
archive=${shared%/*}/libsekisho.a

# fill FROM TO FOLDER: a template for a file in FOLDER.
fill() {
  local to_prefix
  to_prefix=$(realpath -m -s --relative-to="$3" "$prefix")
  sed -e "s|@VERSION@|$version|g" -e "s|@ABI@|$abi|g" -e "s|@MAJOR@|$major|g" -e "s|@URL@|$url|g" \
    -e "s|@TO_PREFIX@|$to_prefix|g" -e "s|@POINTER@|$pointer|g" \
    -e "s|@INCLUDE@|$(realpath -m -s --relative-to="$prefix" "$include")|g" \
    -e "s|@LIB@|$(realpath -m -s --relative-to="$prefix" "$lib")|g" "$1" >"$2"
  ! grep -n '@[A-Z_]*@' "$2" || fail "$1 has a word that nothing fills in"
  chmod 644 "$2"
}
url=$(sed -n 's/^repository = "\(.*\)"$/\1/p' Cargo.toml)
pointer=$(echo __SIZEOF_POINTER__ | "${CC:-cc}" -E -P -x c -)

install -d "$destdir$include" "$destdir$lib/pkgconfig" "$destdir$lib/cmake/sekisho" "$destdir$doc"
for file in "${headers[@]}"; do install -m 644 "include/$file" "$destdir$include/"; done
for file in "${documents[@]}"; do install -m 644 "$file" "$destdir$doc/"; done
install -m 644 "$archive" "$destdir$lib/libsekisho.a"
install -m 755 "$shared" "$destdir$lib/libsekisho.so.$version"
ln -sf "libsekisho.so.$version" "$destdir$lib/libsekisho.so.$abi"
ln -sf "libsekisho.so.$abi" "$destdir$lib/libsekisho.so"
fill ffi/package/sekisho.pc.in "$destdir$lib/pkgconfig/sekisho.pc" "$lib/pkgconfig"
for file in sekishoConfig sekishoConfigVersion; do
  fill "ffi/package/$file.cmake.in" "$destdir$lib/cmake/sekisho/$file.cmake" "$lib/cmake/sekisho"
done
printf 'installed sekisho %s in %s\n' "$version" "$destdir$prefix"
[ -n "$destdir" ] || [ "$(id -u)" -ne 0 ] || ! command -v ldconfig >/dev/null || ldconfig
