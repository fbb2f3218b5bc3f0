#!/usr/bin/env bash
# Measures the C library as it is shipped, for each target and level of optimisation: bytes of code, of
# constants and of memory, and the most stack that each function takes. Prints the tables and keeps them in
# README.md. Installs what targets need and says so.
. "$(dirname "$0")/lib.sh"
. .ci/ship_lib.sh

cross_targets "${targets[@]}"
archives=()
for target in "${targets[@]}"; do
  for level in "${levels[@]}"; do
    printf 'sizes: building for %s at %s\n' "$target" "$level" >&2
    ship "$target" "$level"
    archives+=("$archive")
  done
done
python3 .ci/sizes.py check "${archives[@]}" >&2
python3 .ci/sizes.py report "${archives[@]}"
