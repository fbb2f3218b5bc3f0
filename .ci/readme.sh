#!/usr/bin/env bash
# Compiles and runs the C programs of README.md, and compiles the first one and the Rust for a Cortex-M0
# too. The first of each is short. (The Rust is run as a documentation test of core, the console lines are
# replayed by wasm/tests.)
. "$(dirname "$0")/lib.sh"
. .ci/ship_lib.sh

library=$(.ci/clib.sh)
work=$target_dir/readme
rm -rf "$work"
mkdir -p "$work"
awk -v work="$work" '/^```c$/ { n++; file = work "/" n ".c"; next } /^```$/ { file = "" }
  file { print >file }' README.md

# What each prints.
expected=("next hop 7" "leaves as 47.0.0.1")
number=0
for program in "$work"/*.c; do
  cc -std=c11 -Wall -Wextra -Wpedantic -Werror -Iinclude "$program" "$library" -o "${program%.c}"
  answer=$("${program%.c}")
  [ "$answer" = "${expected[number]-}" ] || fail "C program $((number + 1)) of README.md printed: $answer"
  printf 'readme: %s lines of C say "%s"\n' "$(wc -l <"$program")" "$answer"
  number=$((number + 1))
done
[ "$number" -eq "${#expected[@]}" ] || fail "README.md has $number C programs"

# short FILE LINES
short() {
  lines=$(grep -c . "$1")
  [ "$lines" -le "$2" ] || fail "the first program of README.md has $lines lines, not $2"
}
short "$work/1.c" 15
if command -v arm-none-eabi-gcc >/dev/null; then
  arm-none-eabi-gcc -mcpu=cortex-m0 -mthumb -std=c11 -Wall -Wextra -Wpedantic -Werror -Iinclude -c \
    "$work/1.c" -o "$work/1.o"
else
  echo "arm-none-eabi-gcc: not here, left out"
fi

mkdir -p "$work/first/src"
awk '/^```rust$/ { on = 1; next } /^```$/ { on = 0 } on' README.md >"$work/first.rs"
short "$work/first.rs" 12
{
  printf '#![no_std]\npub fn first_lookup() {\n'
  cat "$work/first.rs"
  printf '}\n'
} >"$work/first/src/lib.rs"
cat >"$work/first/Cargo.toml" <<END
[package]
name = "first"
edition = "2024"
[dependencies]
sekisho = { path = "$PWD/core" }
[workspace]
END
cp Cargo.lock "$work/first/"
target=thumbv6m-none-eabi
add_targets "$target"
arguments=(build --quiet --offline --manifest-path "$work/first/Cargo.toml" --target "$target")
if has_target "$target"; then
  cargo "${arguments[@]}" --target-dir "$target_dir/readme-first"
else
  RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 cargo "${arguments[@]}" -Z build-std=core \
    --target-dir "$target_dir/readme-first"
fi
printf 'readme: %s lines of Rust compile for %s\n' "$lines" "$target"
