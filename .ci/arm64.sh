#!/usr/bin/env bash
# Runs core's unit tests of longest-prefix match for AArch64, where bulk lookup has a kernel of its
# own, in the user-mode emulator of QEMU; natively where this is such a machine. Installs what is
# missing and says what. With arguments, only the tests whose names hold one of them.
. "$(dirname "$0")/lib.sh"

target=aarch64-unknown-linux-gnu
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-never}
[ $# -gt 0 ] || set -- lpm::
arguments=(test --quiet -p sekisho --lib --target "$target")

if [ "$(uname -m)" = aarch64 ]; then
  cargo "${arguments[@]}" -- "$@"
  exit
fi

# Debian packages, by what each is for.
packages=()
need() { command -v "$1" >/dev/null || packages+=("$2"); }
need qemu-aarch64 qemu-user
need aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu
[ -e /usr/aarch64-linux-gnu/lib/libc.so.6 ] || packages+=(libc6-dev-arm64-cross)
if ! has_target "$target" && ! has_debian_sources; then
  printf 'arm64: adding the target %s with rustup\n' "$target"
  if ! rustup target add "$target" 2>/dev/null; then
    printf 'arm64: rustup cannot download %s; Debian'\''s rustc-web will build it\n' "$target"
    packages+=(rustc-web rust-web-src)
  fi
fi
install_debian "${packages[@]}"

export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu"
if has_target "$target"; then
  cargo "${arguments[@]}" --target-dir "$target_dir/arm64" -- "$@"
elif has_debian_sources; then
  RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 cargo "${arguments[@]}" \
    -Z build-std=std,panic_unwind,test --target-dir "$target_dir/arm64-debian" -- "$@"
else
  fail "no standard library for $target"
fi
printf 'arm64: %s by %s\n' "$*" "$(qemu-aarch64 --version | head -1)"
