#!/usr/bin/env bash
# What packets cost: instructions by callgrind, which are the same on every run, then times, beside them;
# last the flood. Installs Valgrind. Arguments go to the timed run; with --no-counts first it only times.
. "$(dirname "$0")/lib.sh"

cargo build --quiet --release -p sekisho-benches --bin packets
packets=$target_dir/release/packets
mkdir -p out
counts=out/packets-counts.txt

# Instructions of a case with so many packets, all of the program's.
instructions() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$packets" --count "$1" "$2" "$3" 2>&1 |
    sed -n 's/.*Collected : \([0-9]*\)$/\1/p'
}

if [ "${1:-}" = --no-counts ]; then
  shift
  times=()
else
  command -v valgrind >/dev/null || install_debian valgrind
  : >"$counts"
  n=32000
  # With more flows the instructions are the same, and Valgrind takes minutes to open them.
  for name in $("$packets" --list | grep -vE -- '-(100k|1M)$'); do
    for mode in single burst; do
      once=$(instructions "$name" "$mode" "$n")
      twice=$(instructions "$name" "$mode" $((2 * n)))
      awk -v name="$name" -v mode="$mode" -v more=$((twice - once)) -v n="$n" \
        'BEGIN { printf "%s %s %.1f\n", name, mode, more / n }' >>"$counts"
    done
  done
  times=(--counts "$counts")
fi
"$packets" "${times[@]}" --csv out/packets.csv "$@"
printf '\n'
"$packets" --flood --csv out/flood.csv
