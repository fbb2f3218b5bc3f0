#!/usr/bin/env bash
# Fuzzes each target for SOAK_SECONDS (default 600) on nightly, then sweeps all 2^32 addresses.
# What fuzzing finds of interest goes to out/corpus, what fails to fuzz/artifacts.
. "$(dirname "$0")/lib.sh"

.ci/setup.sh --soak
seconds=${SOAK_SECONDS:-600}
cargo_fuzz=$(tool cargo-fuzz cargo-fuzz "$cargo_fuzz_version")
export PATH=${cargo_fuzz%/*}:$PATH

for target in lpm_ops resolve console; do
  printf '\n== %s for %s s\n' "$target" "$seconds"
  mkdir -p "out/corpus/$target"
  options=(-max_total_time="$seconds" -max_len=2000 -print_final_stats=1)
  [ ! -f "fuzz/dictionaries/$target.dict" ] || options+=(-dict="fuzz/dictionaries/$target.dict")
  # The first directory takes what is found, the committed one only gives.
  cargo +nightly fuzz run --fuzz-dir fuzz --features libfuzzer --target-dir "$target_dir/soak" \
    "$target" "out/corpus/$target" "fuzz/corpus/$target" -- "${options[@]}"
done

printf '\n== every address\n'
SEKISHO_SWEEP=full cargo test --release -p sekisho --features model --test sweep -- --nocapture
