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
defmt_print_version=1.2.0
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

# Builds a tool from crates.io into the cache, unless it is there: cargo_tool COMMAND PACKAGE VERSION
cargo_tool() {
  local root=$cache/$2-$3 script
  script=$(basename "$0" .sh)
  [ ! -x "$root/bin/$1" ] || return 0
  printf '%s: building %s %s into %s (once; minutes)\n' "$script" "$2" "$3" "$root"
  # The lock file of a tool may name a crate that a registry mirror has not got; then the newest
  # compatible crates do.
  cargo install --locked --quiet --root "$root" --version "=$3" "$2" || {
    printf '%s: its lock file cannot be used; trying without\n' "$script"
    cargo install --quiet --root "$root" --version "=$3" "$2"
  }
}

# Lets rustup add targets, or Debian a compiler that builds what belongs to them: cross_targets TARGET...
cross_targets() {
  local target script
  script=$(basename "$0" .sh)
  for target in "$@"; do
    if has_target "$target" || has_debian_sources; then continue; fi
    printf '%s: adding the target %s with rustup\n' "$script" "$target"
    rustup target add "$target" 2>/dev/null || {
      printf "%s: rustup cannot download %s; Debian's rustc-web will build it\n" "$script" "$target"
      install_debian rustc-web rust-web-src
    }
  done
}

# Where `cross_cargo` with this folder builds for a target: cross_folder TARGET FOLDER
cross_folder() {
  if has_target "$1"; then printf '%s\n' "$2/$1"; else printf '%s\n' "$2-debian/$1"; fi
}

# Cargo for a target without an operating system, by whichever compiler has what belongs to it:
# cross_cargo TARGET FOLDER SUBCOMMAND ARGUMENTS...
cross_cargo() {
  local target=$1 folder=$2 subcommand=$3
  shift 3
  if has_target "$target"; then
    cargo "$subcommand" --target "$target" --target-dir "$folder" "$@"
  elif has_debian_sources; then
    env "CARGO_TARGET_$(tr a-z- A-Z_ <<<"$target")_LINKER=$(rust_lld)" \
      RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
      cargo "$subcommand" -Z build-std=core --target "$target" --target-dir "$folder-debian" "$@"
  else
    fail "no standard library for $target; run .ci/setup.sh"
  fi
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
