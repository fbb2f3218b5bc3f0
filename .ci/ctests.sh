#!/usr/bin/env bash
# Checks the symbols of the C library as it is shipped, and runs the programs of ffi/tests as
# C11 and C++17, by each compiler that is here, under the address and undefined-behaviour sanitizers.
. "$(dirname "$0")/lib.sh"

library=$(.ci/clib.sh)
work=$target_dir/ctests
mkdir -p "$work"

# Everything that the header declares, linked into one object: what that still wants is C's mem
# functions and nothing else, and nothing in it can panic or allocate.
functions=$(header_functions)
# shellcheck disable=SC2086
gcc -nostdlib -r -Wl,--gc-sections $(printf -- '-Wl,--undefined=%s ' $functions) \
  -o "$work/linked.o" "$library"
nm "$work/linked.o" >"$work/symbols.txt"
for function in $functions; do
  grep -q " T $function\$" "$work/symbols.txt" || fail "$function is not in the library"
done
undefined=$(awk '$1 == "U" { print $2 }' "$work/symbols.txt")
for symbol in $undefined; do
  case $symbol in
    memcpy | memmove | memset | memcmp | bcmp) ;;
    *) fail "the library wants $symbol" ;;
  esac
done
if grep -E 'panic|__rust_alloc|unwrap_failed|expect_failed|index_fail' "$work/symbols.txt"; then
  fail "the library has code that panics or allocates"
fi
printf 'symbols: %s functions, wants %s\n' "$(wc -w <<<"$functions")" "$(echo $undefined)"

warnings=(-Wall -Wextra -Wpedantic -Werror -Wconversion)
sanitizers=(-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all)
vectors=(core/tests/vectors/*.console)

for compiler in gcc g++ clang clang++; do
  command -v "$compiler" >/dev/null || { echo "$compiler: not here, left out" && continue; }
  case $compiler in
    *++) language=(-x c++ -std=c++17) ;;
    *) language=(-x c -std=c11) ;;
  esac
  # As clang's own sanitizer runtime may be missing, try before relying on it.
  flags=("${sanitizers[@]}")
  echo 'int main(void) { return 0; }' |
    "$compiler" "${flags[@]}" -x c - -o "$work/probe" 2>/dev/null || flags=(-g -O1)
  for test in footprints lpm tables region packet flows flows_hostile store vectors; do
    program=$work/$test-$compiler
    "$compiler" "${language[@]}" "${warnings[@]}" "${flags[@]}" -Iinclude \
      "ffi/tests/$test.c" -x none "$library" -o "$program"
    arguments=()
    [ "$test" = vectors ] && arguments=("${vectors[@]}")
    # The status of a command within a word of another is lost, so the answer is taken first.
    answer=$("$program" "${arguments[@]}") || fail "$test built by $compiler failed"
    echo "$compiler: $answer"
  done
done
