#!/usr/bin/env bash
# Compiles and runs the C programs of README.md, and compiles the first one and the Rust for a Cortex-M0
# too. The first of each is short. (The Rust is that of core/README.md, a documentation test of core; the
# console lines are replayed by wasm/tests.)
. "$(dirname "$0")/lib.sh"

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

# The Rust of both, and that there is some.
rust() { sed -n '/^```rust$/,/^```$/p' "$1"; }
[ -n "$(rust README.md)" ] || fail "README.md has no Rust"
diff <(rust README.md) <(rust core/README.md) || fail "README.md and core/README.md differ in their Rust"

# What the packaged README leads to is in the package, so the links hold where it is published.
while read -r link; do
  [ -f "core/$link" ] || fail "core/README.md leads to $link, which is not in the package"
done < <(grep -o '](\([^)]*\))' core/README.md | sed 's/^](//; s/)$//; s/#.*//' | grep -v '^https:')

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
cross_targets "$target"
cross_cargo "$target" "$target_dir/readme-first" build --quiet --offline \
  --manifest-path "$work/first/Cargo.toml"
printf 'readme: %s lines of Rust compile for %s\n' "$lines" "$target"
