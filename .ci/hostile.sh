#!/usr/bin/env bash
# Hostile callers from C: every function of the header under every attack on each parameter, changed bytes,
# storages that lie, calls amid calls; under the sanitizers with pages that cannot be touched, then under
# valgrind. With --full every byte is changed, and every compiler that is here builds all of them.
. "$(dirname "$0")/lib.sh"

full=${1:-}
library=$(.ci/clib.sh)
work=$target_dir/hostile
mkdir -p "$work"
warnings=(-std=c11 -Wall -Wextra -Wpedantic -Werror -Wconversion -g -O1)
sanitizers=(-fsanitize=address,undefined -fno-sanitize-recover=all)
programs=(matrix cases store flips reentry)

# The header says of each function what it costs and who may call it.
silent=$(awk '
  /^\/\*\*/ { cost = threads = 0 }
  /Cost: / { cost = 1 }
  /Threads: / { threads = 1 }
  /^[a-z].*[ *]sekisho_[a-z_0-9]*\(/ { if (!cost || !threads) print }' include/sekisho.h)
[ -z "$silent" ] || fail "the header does not say Cost: and Threads: of: $silent"

# build COMPILER OUT FLAGS...
build() {
  local compiler=$1 out=$2 program
  shift 2
  for program in "${programs[@]}"; do
    "$compiler" "${warnings[@]}" "$@" -Iinclude "ffi/tests/hostile_$program.c" "$library" \
      -o "$work/$program-$out"
  done
}

build gcc plain
diff -u --label "functions of include/sekisho.h" --label "functions of ffi/tests/hostile_functions.h" \
  <(sed -n 's/^[a-z].*[ *]\(sekisho_[a-z_0-9]*\)(.*/\1/p' include/sekisho.h | sort) \
  <("$work/matrix-plain" --list | sort) ||
  fail "each function of the header needs a row in ffi/tests/hostile_functions.h"

compilers=(gcc)
[ -z "$full" ] || compilers=(gcc clang)
for compiler in "${compilers[@]}"; do
  command -v "$compiler" >/dev/null || { echo "$compiler: not here, left out" && continue; }
  # As clang's own sanitizer runtime may be missing, try before relying on it.
  flags=("${sanitizers[@]}")
  echo 'int main(void) { return 0; }' |
    "$compiler" "${flags[@]}" -x c - -o "$work/probe" 2>/dev/null || flags=()
  build "$compiler" "$compiler" "${flags[@]}"
  "$work/matrix-$compiler"
  "$work/cases-$compiler"
  "$work/store-$compiler"
  HOSTILE_STEP=$([ -n "$full" ] && echo 1 || echo 7) "$work/flips-$compiler"
  "$work/reentry-$compiler" ${full:+full}
done

checked=(valgrind --quiet --error-exitcode=9)
"${checked[@]}" "$work/matrix-plain"
"${checked[@]}" "$work/cases-plain"
"${checked[@]}" "$work/store-plain"
HOSTILE_STEP=$([ -n "$full" ] && echo 11 || echo 97) "${checked[@]}" "$work/flips-plain"
[ -z "$full" ] || "${checked[@]}" "$work/reentry-plain" timer
echo "hostile: under ${compilers[*]} and valgrind"
