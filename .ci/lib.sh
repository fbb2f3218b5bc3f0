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
cargo_public_api_version=0.52.0
cargo_semver_checks_version=0.51.0
# The command line tool and the crate must be of one version, so the lock file decides.
wasm_bindgen_version=$(sed -n '/^name = "wasm-bindgen"$/{n;s/.*"\(.*\)"/\1/p}' Cargo.lock)

# The version of everything here, and the part of it that says what programs may be linked with: before
# 1.0 the minor number breaks. The C library has it in its SONAME.
version=$(sed -n '/^\[workspace\.package\]/,/^\[/s/^version = "\(.*\)"$/\1/p' Cargo.toml)
abi=${version%%-*}
case $abi in
  0.*) abi=${abi%.*} ;;
  *) abi=${abi%%.*} ;;
esac

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

# The functions that the C header declares.
header_functions() {
  sed -n 's/^[a-z].*[ *]\(sekisho_[a-z0-9_]*\)(.*/\1/p' include/sekisho.h
}

# The path of a Debian package's upstream sources in the cache, unpacked without Debian's changes: those of the
# version that apt would install. Downloads them if they are not there; false if that cannot be done.
debian_source() {
  local source=$1 package=$2 version url suite folder work
  command -v apt-get >/dev/null || return
  version=$(apt-cache policy "$package" | sed -n 's/^  Candidate: //p')
  folder=$cache/source-$source-${version//[^A-Za-z0-9.+~-]/_}
  if [ ! -d "$folder" ]; then
    read -r url suite < <(apt-cache madison "$package" |
      awk -F ' *[|] *' -v version="$version" '$2 == version { split($3, at, " "); sub("/.*", "", at[2]); print at[1], at[2]; exit }')
    [ -n "${suite:-}" ] || return
    printf '%s: downloading the sources of Debian'\''s %s %s\n' "$(basename "$0" .sh)" "$source" "$version" >&2
    work=$(mktemp -d)
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/source"
    printf 'deb-src %s %s main\n' "$url" "$suite" >"$work/sources.list"
    local apt=(apt-get -qq -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null
      -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=)
    if "${apt[@]}" update >&2 &&
      (cd "$work" && "${apt[@]}" source --download-only "$source=$version" >&2) &&
      tar -C "$work/source" --strip-components=1 -xf "$work"/*.orig.tar.*z; then
      mv "$work/source" "$folder"
    fi
    rm -rf "$work"
  fi
  [ -d "$folder" ] || return
  printf '%s\n' "$folder"
}
