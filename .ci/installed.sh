#!/usr/bin/env bash
# Installs the C library twice, once staged and moved elsewhere and once with a folder for each kind of file,
# builds the projects of ffi/examples against it, runs them, and uninstalls it.
. "$(dirname "$0")/lib.sh"

work=$target_dir/installed
rm -rf "$work"
mkdir -p "$work"

# The tree of the first one is moved: nothing in it may know where it was.
make -s install "DESTDIR=$work/stage" PREFIX=/usr/local
mkdir -p "$work/elsewhere"
mv "$work/stage/usr/local" "$work/elsewhere/moved here"
[ -z "$(find "$work/stage" ! -type d)" ] || fail "files were installed outside the prefix"
moved="$work/elsewhere/moved here"
! grep -rIl -e "$work/stage" -e /usr/local "$moved/lib" || fail "files above know where they were installed"

PREFIX=$work/direct INCLUDEDIR=$work/direct/include/sekisho LIBDIR=$work/direct/lib/$(uname -m)-linux \
  .ci/install.sh

# What is shared shows the functions of the header, and wants libc for its mem functions alone.
shared="$moved/lib/libsekisho.so.$version"
nm -D --defined-only --format=just-symbols "$shared" | sed 's/@.*//' | grep -v "^SEKISHO_$abi\$" | sort \
  >"$work/exported.txt"
header_functions | sort | diff - "$work/exported.txt" || fail "the shared library does not export what the header says"
grep -q "SONAME.*\[libsekisho.so.$abi\]" <<<"$(readelf -dW "$shared")" || fail "the SONAME is wrong"
[ "$(readelf -dW "$shared" | grep -c NEEDED)" -le 1 ] || fail "the shared library needs more than libc"
for symbol in $(nm -D --undefined-only --format=just-symbols "$shared"); do
  case ${symbol%%@*} in
    memcpy | memmove | memset | memcmp | bcmp) ;;
    *) fail "the shared library wants $symbol" ;;
  esac
done

routes='0a010203 next hop 2
0a020304 next hop 1
c0000201 no route'
# projects NAME LIBDIR: pkg-config, then CMake.
projects() {
  local name=$1 lib=$2 at=$work/$1 answer
  cp -R ffi/examples/pkg-config "$at-pkg-config"
  export PKG_CONFIG_PATH=$lib/pkgconfig
  [ "$(pkg-config --modversion sekisho)" = "$version" ] || fail "pkg-config says another version"
  [ -z "$(pkg-config --static --libs-only-l sekisho | sed 's/ *-lsekisho *//')" ] ||
    fail "the static library wants libraries"
  make -s -C "$at-pkg-config" CFLAGS='-std=c11 -Wall -Wextra -Werror'
  for program in routes routes-static; do
    answer=$(LD_LIBRARY_PATH=$lib "$at-pkg-config/$program") || fail "$program ends badly"
    [ "$answer" = "$routes" ] || fail "$program says: $answer"
  done
  grep -q "libsekisho.so.$abi" <<<"$(ldd "$at-pkg-config/routes")" || fail "routes is not linked with the shared library"
  ! ldd "$at-pkg-config/routes-static" >/dev/null 2>&1 || fail "routes-static is not static"

  cmake -S ffi/examples/cmake -B "$at-cmake" -DCMAKE_PREFIX_PATH="${lib%/lib*}" \
    -Dsekisho_DIR="$lib/cmake/sekisho" -DCMAKE_C_FLAGS='-Wall -Wextra -Werror' >"$at-cmake.log" ||
    fail "CMake does not configure; see $at-cmake.log"
  cmake --build "$at-cmake" >>"$at-cmake.log" || fail "CMake does not build; see $at-cmake.log"
  (cd "$at-cmake" && ctest --output-on-failure >>"$at-cmake.log") || fail "a test fails; see $at-cmake.log"
  grep -q "libsekisho.so.$abi" <<<"$(ldd "$at-cmake/border")" || fail "border is not linked with the shared library"
  ! grep -q libsekisho <<<"$(ldd "$at-cmake/border-static" 2>&1)" || fail "border-static is linked with the shared library"
  printf 'installed: %s: pkg-config and CMake\n' "$name"
}
# The compiler's words of pkg-config cannot hold blanks, so here that folder has a name without.
ln -s "$moved" "$work/moved"
projects moved "$work/moved/lib"
projects direct "$work/direct/lib/$(uname -m)-linux"

# Which versions are taken: wants VERSION YES-OR-NO
mkdir "$work/versions"
wants() {
  cat >"$work/versions/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.19)
project(versions LANGUAGES NONE)
find_package(sekisho $1 CONFIG QUIET)
if(NOT sekisho_FOUND STREQUAL "$2")
  message(FATAL_ERROR "$1: \${sekisho_FOUND}")
endif()
END
  cmake -S "$work/versions" -B "$work/versions/build" "-DCMAKE_PREFIX_PATH=$moved" >"$work/versions.log" 2>&1 ||
    fail "find_package(sekisho $1) is not answered $2; see $work/versions.log"
}
next=${version%%.*}.$(($(cut -d. -f2 <<<"$version") + 1))
wants "" 1
wants "$version EXACT" 1
wants "${version%.*}" 1
wants "$version...<$next" 1
wants "$next" 0
wants "${version%.*}.999" 0
wants "$next...$next.9" 0
wants "$((${version%%.*} + 1))" 0

PREFIX=$work/direct INCLUDEDIR=$work/direct/include/sekisho LIBDIR=$work/direct/lib/$(uname -m)-linux \
  .ci/install.sh --uninstall
left=$(find "$work/direct" ! -type d)
[ -z "$left" ] || fail "uninstall has left $left"
printf 'installed: %s functions in libsekisho.so.%s; uninstalled without a trace\n' \
  "$(wc -l <"$work/exported.txt")" "$abi"
