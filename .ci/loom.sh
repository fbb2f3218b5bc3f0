#!/usr/bin/env bash
# Readers beside the writer, in every order of their steps that loom can tell apart (core/tests/loom.rs).
. "$(dirname "$0")/lib.sh"

RUSTFLAGS="--cfg loom" cargo test --quiet --release -p sekisho --test loom --target-dir "$target_dir/loom" \
  -- --nocapture --test-threads=1 "$@" 2>&1 | grep -vE '^thread |^note: |^stack backtrace|^ +[0-9]+: |^ +at '
