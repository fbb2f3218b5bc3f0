#!/usr/bin/env bash
# What the C library consists of, what it exports, how its structures lie, and with what it links: compared
# with ffi/tests/golden/. With --update it writes those files, for a change that is meant.
. "$(dirname "$0")/lib.sh"
. .ci/ship_lib.sh

library=$(.ci/clib.sh)
golden=ffi/tests/golden
work=$target_dir/abi
mkdir -p "$work"

# same FILE WHAT: standard input is what the golden file has; with --update it will be.
same() {
  cat >"$work/$1"
  if [ "${update:-}" ]; then
    cp "$work/$1" "$golden/$1"
  else
    diff -u "$golden/$1" "$work/$1" || fail "$2; if it is meant, .ci/abi.sh --update"
  fi
}
[ "${1:-}" != --update ] || update=yes

# Every crate that ends up in the archive, for some target; none needs an allocator (.ci/cross.sh).
for target in "${targets[@]}"; do
  cargo tree --quiet -p sekisho-ffi --no-default-features --features panic-handler -e normal,build,no-proc-macro \
    --target "$target" --prefix none --format '{p} {f}' | sed 's/ (.*)//; s/  *$//'
done | sort -u | same crates.txt "the library is made of other crates"

# What the library's own object defines for others; the rest are the compiler's built-ins.
mkdir -p "$work/objects"
(cd "$work/objects" && rm -f ./* && ar x "$library")
nm -g --defined-only "$work"/objects/sekisho_ffi-*.o | awk 'NF == 3 { print $3 }' | sort -u |
  same symbols.txt "the library exports other symbols"

# The shared library gives programs the same.
nm -D --defined-only "$(.ci/clib.sh --shared)" | awk '$2 == "T" { sub("@.*", "", $3); print $3 }' | sort -u |
  diff -u --label "the static library" --label "the shared library" "$golden/symbols.txt" - ||
  fail "the shared library exports other symbols"

cargo run --quiet -p sekisho-ffi --example layout | same layout.h "structures of the C interface lie differently"
structures=$(grep -c '^typedef struct sekisho_[a-z_]* {' include/sekisho.h)
laid_out=$(grep -c '^LAYOUT(sizeof' "$golden/layout.h")
[ "$structures" -eq "$laid_out" ] || fail "the header has $structures structures, ffi/examples/layout.rs $laid_out"

warnings=(-Wall -Wextra -Wpedantic -Werror -Wconversion -Wshadow -Wundef -Wcast-align)
compiled=0
for compiler in gcc clang arm-none-eabi-gcc g++ clang++ arm-none-eabi-g++; do
  command -v "$compiler" >/dev/null || { echo "$compiler: not here, left out" && continue; }
  standards=("-std=c11 -Wstrict-prototypes" "-std=c17 -Wstrict-prototypes")
  [[ $compiler != *++ ]] || standards=("-std=c++17 -x c++" "-std=c++20 -x c++")
  for standard in "${standards[@]}"; do
    # shellcheck disable=SC2086
    "$compiler" $standard "${warnings[@]}" -Iinclude -fsyntax-only ffi/tests/layout.c
    compiled=$((compiled + 1))
  done
done

# Another static library of Rust beside it, with a panic handler of its own, in either order.
rustc --edition 2024 --crate-type staticlib -C panic=abort -C opt-level=2 -C lto ffi/tests/two/other.rs -o "$work/libother.a"
for libraries in "$library $work/libother.a" "$work/libother.a $library"; do
  # shellcheck disable=SC2086
  cc -std=c11 -Iinclude -Iffi/tests ffi/tests/two/two.c $libraries -o "$work/two"
  answer=$("$work/two") || fail "two static libraries of Rust in one program"
done

printf 'abi: %s crates, %s symbols, %s structures; the header passes %s times; %s\n' \
  "$(wc -l <"$golden/crates.txt")" "$(wc -l <"$golden/symbols.txt")" "$structures" "$compiled" "$answer"
