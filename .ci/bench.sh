#!/usr/bin/env bash
# Lookup times with criterion, then instruction counts with callgrind, which are the same on every run.
# Installs Valgrind and the runner for the latter. With --counts only those; further arguments go on.
. "$(dirname "$0")/lib.sh"

gungraun_version=$(sed -n '/^name = "gungraun"$/{n;s/.*"\(.*\)"/\1/p}' Cargo.lock)
packages=()
command -v valgrind >/dev/null || packages+=(valgrind)
install_debian "${packages[@]}"
root=$cache/gungraun-runner-$gungraun_version
[ -x "$root/bin/gungraun-runner" ] || {
  echo "bench: building gungraun-runner $gungraun_version into $root (once; a minute)"
  cargo install --locked --quiet --root "$root" --version "=$gungraun_version" gungraun-runner ||
    cargo install --quiet --root "$root" --version "=$gungraun_version" gungraun-runner
}
export PATH=$root/bin:$PATH

if [ "${1:-}" = --counts ]; then
  shift
else
  cargo bench -p sekisho-benches --bench lookup -- "$@"
  set --
fi
cargo bench -p sekisho-benches --bench instructions -- "$@"
