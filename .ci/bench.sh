#!/usr/bin/env bash
# Lookup times with criterion, then instruction counts with callgrind, which are the same on every run.
# Installs Valgrind and the runner for the latter. With --counts only those; further arguments go on.
. "$(dirname "$0")/lib.sh"

gungraun_version=$(sed -n '/^name = "gungraun"$/{n;s/.*"\(.*\)"/\1/p}' Cargo.lock)
packages=()
command -v valgrind >/dev/null || packages+=(valgrind)
install_debian "${packages[@]}"
cargo_tool gungraun-runner gungraun-runner "$gungraun_version"
export PATH=$cache/gungraun-runner-$gungraun_version/bin:$PATH

if [ "${1:-}" = --counts ]; then
  shift
else
  cargo bench -p sekisho-benches --bench lookup -- "$@"
  set --
fi
cargo bench -p sekisho-benches --bench instructions -- "$@"
