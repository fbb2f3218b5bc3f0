#!/usr/bin/env bash
# Installs what `make test` needs beyond rustup, gcc and make, and says what. Safe to repeat.
# With --soak also what `make soak` needs.
. "$(dirname "$0")/lib.sh"

command -v cargo >/dev/null || fail "cargo is missing; install Rust from https://rustup.rs"

say() { printf 'setup: %s\n' "$*"; }

# Debian packages, by the command that each is for.
packages=()
need() { command -v "$1" >/dev/null || packages+=("$2"); }
need g++ g++
need clang clang
need tcpdump tcpdump
need python3 python3
need objdump binutils
need valgrind valgrind
need node nodejs

# Targets: rustup's own where they can be had, else a Debian rustc that builds them from source.
for target in thumbv6m-none-eabi wasm32-unknown-unknown; do
  if ! has_target "$target" && ! has_debian_sources; then
    say "adding the target $target with rustup"
    if ! rustup target add "$target" 2>/dev/null; then
      say "rustup cannot download $target; Debian's rustc-web will build it"
      packages+=(rustc-web rust-web-src)
      break
    fi
  fi
done

install_debian "${packages[@]}"

for component in rustfmt clippy; do
  cargo "${component/rustfmt/fmt}" --version >/dev/null 2>&1 || {
    say "adding the component $component with rustup"
    rustup component add "$component"
  }
done

# cargo_tool COMMAND PACKAGE VERSION
cargo_tool() {
  local root=$cache/$2-$3
  [ -x "$root/bin/$1" ] && return
  say "building $2 $3 into $root (once; minutes)"
  # The lock file of a tool may name a crate that a registry mirror has not got; then the newest
  # compatible crates do.
  cargo install --locked --quiet --root "$root" --version "=$3" "$2" ||
    { say "its lock file cannot be used; trying without" &&
      cargo install --quiet --root "$root" --version "=$3" "$2"; }
}
cargo_tool cbindgen cbindgen "$cbindgen_version"
cargo_tool wasm-bindgen wasm-bindgen-cli "$wasm_bindgen_version"
cargo_tool cargo-deny cargo-deny "$cargo_deny_version"

if [ "${1:-}" = --soak ]; then
  cargo_tool cargo-fuzz cargo-fuzz "$cargo_fuzz_version"
  rustup run nightly rustc --version >/dev/null 2>&1 || {
    say "adding the nightly toolchain with rustup"
    rustup toolchain install nightly --profile minimal
  }
fi
say "everything is in place"
