#!/usr/bin/env bash
# Power that fails at every byte of every write of a long history, with three kinds of content behind
# that byte; a second failure during recovery, for a short one; followers that are killed. Prints what
# was counted, and fails if anything was lost or made up.
. "$(dirname "$0")/lib.sh"

export SEKISHO_OPERATIONS=${SEKISHO_OPERATIONS:-10000} SEKISHO_SHORT=${SEKISHO_SHORT:-12}
export SEKISHO_RUNS=${SEKISHO_RUNS:-1000}
run() {
  cargo test --quiet --release -p sekisho --features model "$@" -- --nocapture --test-threads 1
}
run --test powercut
run --test store followers
run --test store flipped
