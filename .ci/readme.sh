#!/usr/bin/env bash
# Compiles and runs the C program of README.md. (Its Rust is a documentation test of core, its console
# lines are replayed by wasm/tests.)
. "$(dirname "$0")/lib.sh"

library=$(.ci/clib.sh)
work=$target_dir/readme
mkdir -p "$work"
sed -n '/^```c$/,/^```$/{/^```/d;p}' README.md >"$work/quick.c"
cc -std=c11 -Wall -Wextra -Wpedantic -Werror -Iinclude "$work/quick.c" "$library" -o "$work/quick"
answer=$("$work/quick")
[ "$answer" = "next hop 7" ] || fail "README.md's C program printed: $answer"
printf 'readme: %s lines of C say "%s"\n' "$(wc -l <"$work/quick.c")" "$answer"
