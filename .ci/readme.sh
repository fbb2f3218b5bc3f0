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

# The C of the manual: two tables, of which the second answers what the first does not.
cat >"$work/chained.c" <<END
#include <stdio.h>
#include "sekisho.h"
$(sed -n '/^```c$/,/^```$/p' core/docs/c.md | grep -v '^```')
SEKISHO_STATIC(memory, SEKISHO_LPM_FOOTPRINT(8, 2));
int main(void)
{
    sekisho_lpm *lpm;
    uint32_t own, shared, table = 9, hop = 0;
    sekisho_lpm_init(memory, sizeof memory, 8, 2, &lpm);
    sekisho_lpm_table_create(lpm, &own);
    sekisho_lpm_table_create(lpm, &shared);
    sekisho_lpm_add(lpm, own, 0x0A000000, 8, 1);
    sekisho_lpm_add(lpm, shared, 0, 0, 2);
    sekisho_lpm_add(lpm, shared, 0x0A010000, 16, 3);
    const uint32_t ips[] = {0x0A010203, 0x08080808};
    for (int n = 0; n < 2; n++)
        if (chained(lpm, own, shared, ips[n], &hop) == 0)
            printf("%u ", (unsigned)hop);
    sekisho_lpm_delete(lpm, shared, 0, 0);
    hop = 7;
    printf("%d %u ", chained(lpm, own, shared, ips[1], &hop) == SEKISHO_ENOENT, (unsigned)hop);
    printf("%d\n", chained(NULL, own, table, ips[0], &hop) == SEKISHO_EINVAL);
}
END
cc -std=c11 -Wall -Wextra -Wpedantic -Werror -Iinclude "$work/chained.c" "$library" \
  -o "$work/chained"
answer=$("$work/chained")
[ "$answer" = "1 2 1 7 1" ] || fail "the C of core/docs/c.md printed: $answer"
echo "readme: the C of core/docs/c.md looks up in one table after another"

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
