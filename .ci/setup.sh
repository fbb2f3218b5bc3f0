#!/usr/bin/env bash
# Installs what `make test` needs beyond rustup, gcc and make, and says what. Safe to repeat.
# With --soak also what `make soak` needs, with --api what `make api` and `make semver` do.
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
need pkg-config pkg-config
need cmake cmake
need npm npm
need chromium chromium

install_debian "${packages[@]}"
cross_targets thumbv6m-none-eabi wasm32-unknown-unknown

for component in rustfmt clippy; do
  cargo "${component/rustfmt/fmt}" --version >/dev/null 2>&1 || {
    say "adding the component $component with rustup"
    rustup component add "$component"
  }
done

cargo_tool cbindgen cbindgen "$cbindgen_version"
cargo_tool wasm-bindgen wasm-bindgen-cli "$wasm_bindgen_version"
cargo_tool cargo-deny cargo-deny "$cargo_deny_version"

nightly() {
  rustup run nightly rustc --version >/dev/null 2>&1 || {
    say "adding the nightly toolchain with rustup"
    rustup toolchain install nightly --profile minimal
  }
}
case ${1:-} in
  --soak)
    cargo_tool cargo-fuzz cargo-fuzz "$cargo_fuzz_version"
    nightly
    ;;
  --api)
    cargo_tool cargo-public-api cargo-public-api "$cargo_public_api_version"
    cargo_tool cargo-semver-checks cargo-semver-checks "$cargo_semver_checks_version"
    nightly
    ;;
esac
say "everything is in place"
