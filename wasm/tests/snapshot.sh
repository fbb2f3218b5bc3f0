#!/usr/bin/env bash
# Builds the C program of the tests of snapshots against the C library, and prints where it is.
. "$(dirname "$0")/../../.ci/lib.sh"

library=$(.ci/clib.sh)
program=$target_dir/wasm-parts/snapshot
mkdir -p "$(dirname "$program")"
"${CC:-cc}" -std=c11 -Wall -Wextra -Werror -Iinclude wasm/tests/snapshot.c "$library" -o "$program"
echo "$program"
