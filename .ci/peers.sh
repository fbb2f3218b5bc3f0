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
pages=/proc/sys/vm/nr_hugepages
before=$(cat "$pages")
if [ "$before" -lt 1600 ]; then
  if [ -w "$pages" ]; then
    trap 'echo "$before" >"$pages"' EXIT
    echo 1600 >"$pages"
    printf 'peers: reserved %s huge pages of 2 MiB until the end\n' "$(cat "$pages")"
  else
    echo "peers: cannot reserve huge pages; as root this would: sysctl vm.nr_hugepages=1600"
  fi
fi

# Everyone gets all instructions that this machine has.
export RUSTFLAGS=${RUSTFLAGS:--C target-cpu=native}
cargo run --quiet --release -p sekisho-benches --features dpdk --bin peers -- "$@"
