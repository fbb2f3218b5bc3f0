#!/usr/bin/env bash
# Fuzzes each target for SOAK_SECONDS (default 600) on nightly; then compares 10^8 verdicts of
# random programs and the packets of random scenarios with the twin's, from SEKISHO_SEED on; then
# fills a flow table of ten million; then sweeps all 2^32 addresses.
# What fuzzing finds of interest goes to out/corpus, what fails to fuzz/artifacts.
. "$(dirname "$0")/lib.sh"

.ci/setup.sh --soak
seconds=${SOAK_SECONDS:-600}
cargo_fuzz=$(tool cargo-fuzz cargo-fuzz "$cargo_fuzz_version")
export PATH=${cargo_fuzz%/*}:$PATH

for target in fuzz/fuzz_targets/*.rs; do
  target=$(basename "$target" .rs)
  printf '\n== %s for %s s\n' "$target" "$seconds"
  mkdir -p "out/corpus/$target"
  options=(-max_total_time="$seconds" -max_len=2000 -print_final_stats=1)
  [ ! -f "fuzz/dictionaries/$target.dict" ] || options+=(-dict="fuzz/dictionaries/$target.dict")
  # The core has no unsafe code that a sanitizer could watch; without one the programs run ten times
  # as fast. The C interface is watched.
  sanitizer=none
  [ "$target" != c_abi ] || sanitizer=address
  # The first directory takes what is found, the committed one only gives.
  cargo +nightly fuzz run --fuzz-dir fuzz --features libfuzzer --sanitizer "$sanitizer" \
    --target-dir "$target_dir/soak" \
    "$target" "out/corpus/$target" "fuzz/corpus/$target" -- "${options[@]}"
done

# 300 steps a program, and after each so many packets out of the region and as many into it.
export SEKISHO_PROGRAMS=${SEKISHO_PROGRAMS:-6000} SEKISHO_PACKETS=${SEKISHO_PACKETS:-30}
printf '\n== %s random programs, %s packets each way after every step\n' \
  "$SEKISHO_PROGRAMS" "$SEKISHO_PACKETS"
cargo test --release -p sekisho --features model --test differential -- --nocapture

printf '\n== packets through flow tables, %s scenarios of each kind\n' "$SEKISHO_PROGRAMS"
cargo test --release -p sekisho --features model --test packets -- --nocapture

printf '\n== a flow table of ten million\n'
SEKISHO_FLOWS=10000000 cargo test --release -p sekisho --test flow_sizes

updates=${SEKISHO_UPDATES:-100000000}
printf '\n== %s updates of tables\n' "$updates"
SEKISHO_UPDATES=$updates cargo test --release -p sekisho --features model --test churn -- --nocapture

printf '\n== every address\n'
SEKISHO_SWEEP=full cargo test --release -p sekisho --features model --test sweep -- --nocapture
