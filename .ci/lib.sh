# Shared by the scripts in this directory; sourced, never run. Goes to the repository's root.
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Tools are cached by version, outside the repository.
cache=${SEKISHO_CACHE:-$HOME/.cache/sekisho}
target_dir=${CARGO_TARGET_DIR:-$PWD/target}

cbindgen_version=0.29.4
cargo_deny_version=0.20.2
cargo_fuzz_version=0.13.2
# The command line tool and the crate must be of one version, so the lock file decides.
wasm_bindgen_version=$(sed -n '/^name = "wasm-bindgen"$/{n;s/.*"\(.*\)"/\1/p}' Cargo.lock)

fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# Installs Debian packages and says so; without any does nothing.
install_debian() {
  [ $# -gt 0 ] || return 0
  local sudo=() install=(apt-get install -y --no-install-recommends "$@")
  command -v apt-get >/dev/null || fail "please install by hand: $* (no apt-get here)"
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null ||
      fail "neither root nor sudo; please have someone run: ${install[*]}"
    sudo=(sudo)
  fi
  printf '%s: installing Debian packages: %s\n' "$(basename "$0" .sh)" "$*"
  "${sudo[@]}" apt-get update -q
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive "${install[@]}"
}

# Reserves so many huge pages of 2 MiB until the end and says so; false if it may not.
huge_pages() {
  local file=/proc/sys/vm/nr_hugepages
  huge_pages_before=$(cat "$file")
  [ "$huge_pages_before" -lt "$1" ] || return 0
  if [ ! -w "$file" ]; then
    echo "cannot reserve huge pages; as root this would: sysctl vm.nr_hugepages=$1"
    return 1
  fi
  trap 'echo "$huge_pages_before" >/proc/sys/vm/nr_hugepages' EXIT
  echo "$1" >"$file"
  printf 'reserved %s huge pages of 2 MiB until the end\n' "$(cat "$file")"
}

# The path of a cached tool: tool NAME PACKAGE VERSION
tool() {
  local path=$cache/$2-$3/bin/$1
  [ -x "$path" ] || fail "$2 $3 is not installed; run .ci/setup.sh"
  printf '%s\n' "$path"
}

# Installs what a folder's package-lock.json names, unless that has been done.
node_modules() {
  local done=$1/node_modules/.package-lock.json
  [ "$done" -nt "$1/package-lock.json" ] && return
  command -v npm >/dev/null || fail "npm is missing; run .ci/setup.sh"
  printf '%s: npm ci in %s\n' "$(basename "$0" .sh)" "$1"
  npm ci --prefix "$1" --no-audit --no-fund --loglevel=error
}

# Whether rustup's toolchain has the standard library of a target.
has_target() {
  [ -d "$(rustc --print sysroot)/lib/rustlib/$1/lib" ]
}

# Whether Debian's rustc can build a standard library from its sources (rustc-web, rust-web-src).
has_debian_sources() {
  [ -x /usr/bin/rustc ] &&
    [ -f "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/core/src/lib.rs" ]
}

# rustup's linker for WebAssembly and bare metal, which Debian's rustc lacks.
rust_lld() {
  local host
  host=$(rustc -vV | sed -n 's/^host: //p')
  printf '%s\n' "$(rustc --print sysroot)/lib/rustlib/$host/bin/rust-lld"
}
