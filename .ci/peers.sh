#!/usr/bin/env bash
# Runs the peers program with DPDK among the peers, built for this machine. Installs what that needs
# and says what; safe to repeat. Arguments go to the program.
. "$(dirname "$0")/lib.sh"

packages=()
command -v pkg-config >/dev/null || packages+=(pkg-config)
pkg-config --exists libdpdk 2>/dev/null || packages+=(dpdk libdpdk-dev)
install_debian "${packages[@]}"

# DPDK is at its best in reserved huge pages: 3 GiB of them, while the program runs. Without the
# right to reserve them it has 4 KiB pages, and the program says so.
huge_pages 1600 || true

# Everyone gets all instructions that this machine has.
export RUSTFLAGS=${RUSTFLAGS:--C target-cpu=native}
cargo run --quiet --release -p sekisho-benches --features dpdk --bin peers -- "$@"
