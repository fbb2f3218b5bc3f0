#!/usr/bin/env bash
# Everything that proves a change right, step by step; the first failure stops it. With names of
# steps as arguments, only those.
. "$(dirname "$0")/lib.sh"

export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-never}
deny_warnings=(-- -D warnings)

setup() { .ci/setup.sh; }
tidy() { .ci/tidy.sh; }
format() {
  cargo fmt --all --check
  cargo fmt --manifest-path fuzz/Cargo.toml --check
  cargo fmt --manifest-path core/examples/firmware/Cargo.toml --check
}
# Never with all features: `defmt` leaves symbols undefined that only firmware defines.
lint() {
  cargo clippy --quiet -p sekisho "${deny_warnings[@]}"
  cargo clippy --quiet -p sekisho --features ipnet,model --all-targets "${deny_warnings[@]}"
  cargo clippy --quiet -p sekisho --features defmt --lib "${deny_warnings[@]}"
  cargo clippy --quiet -p sekisho-ffi --all-targets "${deny_warnings[@]}"
  cargo clippy --quiet -p sekisho-wasm --all-targets "${deny_warnings[@]}"
  cargo clippy --quiet -p sekisho-benches --all-targets "${deny_warnings[@]}"
  # Where .ci/peers.sh has run.
  if pkg-config --exists libdpdk 2>/dev/null; then
    cargo clippy --quiet -p sekisho-benches --all-targets --features dpdk "${deny_warnings[@]}"
  fi
  cargo clippy --quiet --manifest-path fuzz/Cargo.toml --target-dir "$target_dir/fuzz" \
    --all-targets "${deny_warnings[@]}"
  # Clippy has no other compiler's standard library.
  if has_target thumbv7em-none-eabi; then
    (cd core/examples/firmware &&
      cargo clippy --quiet --target-dir "$target_dir/firmware" --bins "${deny_warnings[@]}")
  fi
}
document() {
  RUSTDOCFLAGS="-D warnings" cargo doc --quiet --no-deps -p sekisho --features ipnet
  RUSTDOCFLAGS="-D warnings" cargo doc --quiet --no-deps -p sekisho-ffi -p sekisho-wasm
}
rust() {
  # As it ships, then with the twin, the conversions, and whatever compares with them.
  cargo test --quiet -p sekisho
  cargo test --quiet -p sekisho --features ipnet,model
  # A table of the Internet's size, flow tables of a million, and long comparisons, as optimised; without
  # what takes minutes for each program to link.
  CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    cargo test --quiet --release -p sekisho --features model --test sweep --test churn --test reachable \
    --test packets --test flow_sizes --test store
  cargo test --quiet -p sekisho-ffi
  cargo test --quiet -p sekisho-benches
}
loom() { .ci/loom.sh; }
header() { .ci/header.sh --check; }
c_programs() { .ci/ctests.sh; }
installed() { .ci/installed.sh; }
rte() { .ci/rte.sh; }
lwip() { .ci/lwip.sh; }
embedded() { .ci/embedded.sh; }
abi() { .ci/abi.sh; }
# One target of `make matrix`, at one level; and that README.md has what `make sizes` would print of others.
sizes() {
  python3 .ci/sizes.py readme
  MATRIX_LEVELS=s .ci/matrix.sh thumbv6m-none-eabi
}
hostile() { .ci/hostile.sh; }
readme() { .ci/readme.sh; }
pcap() { .ci/pcap.sh; }
traffic() { .ci/traffic.sh --short; }
cross() { .ci/cross.sh; }
firmware() { .ci/firmware.sh; }
wasm() { .ci/wasm.sh --test; }
browser() { .ci/browser.sh --smoke; }
fuzz() {
  cargo test --quiet --manifest-path fuzz/Cargo.toml --target-dir "$target_dir/fuzz"
}
deny() { .ci/deny.sh; }
package() { .ci/package.sh; }
api() { .ci/api.sh; }

steps=(setup tidy format lint document rust loom header c_programs hostile abi sizes installed rte lwip embedded readme pcap traffic cross firmware wasm browser fuzz deny package api)
[ $# -eq 0 ] || steps=("$@")

for step in "${steps[@]}"; do
  [ "$(type -t "$step")" = function ] || fail "no step $step"
  printf '\n== %s\n' "$step"
  start=$SECONDS
  # In a shell of its own: under `if` or `||` errexit would not stop it.
  set +e
  (set -e; "$step")
  result=$?
  set -e
  [ $result -eq 0 ] || fail "$step failed after $((SECONDS - start)) s"
  printf '== %s: %s s\n' "$step" "$((SECONDS - start))"
done
printf '\nall %s steps passed in %s s\n' "${#steps[@]}" "$SECONDS"
