#!/usr/bin/env bash
# Compiles and runs the C programs of README.md. (Its Rust is that of core/README.md, a documentation test of
# core; its console lines are replayed by wasm/tests.)
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
