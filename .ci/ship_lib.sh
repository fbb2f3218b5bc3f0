# Builds of the C library as it is shipped, for any target and at any level of optimisation. Sourced after
# lib.sh.
# shellcheck shell=bash

host=$(rustc -vV | sed -n 's/^host: //p')
targets=("$host" aarch64-unknown-none thumbv6m-none-eabi thumbv7em-none-eabihf riscv32imc-unknown-none-elf)
levels=(3 s)

# Adds what is missing of some targets and says so.
add_targets() {
  local target packages=()
  for target; do
    has_target "$target" || has_debian_sources || {
      printf 'adding the target %s with rustup\n' "$target"
      rustup target add "$target" 2>/dev/null || {
        echo "rustup cannot download $target; Debian's rustc-web will build it"
        packages=(rustc-web rust-web-src)
        break
      }
    }
  done
  install_debian "${packages[@]}"
}

# ship TARGET LEVEL [FLAG...]: with a panic handler that calls what nobody has, and with the frame of
# each function noted. Sets `archive`.
ship() {
  local target=$1 level=$2 out=$target_dir/matrix
  local flags="--cfg panic_gate -Z emit-stack-sizes -C symbol-mangling-version=v0 ${*:3}"
  local arguments=(rustc --quiet -p sekisho-ffi --lib --profile ship --no-default-features
    --features panic-handler --crate-type staticlib --target "$target")
  export RUSTC_BOOTSTRAP=1 CARGO_PROFILE_SHIP_OPT_LEVEL=$level
  if has_target "$target"; then
    RUSTFLAGS=$flags cargo "${arguments[@]}" --target-dir "$out"
  elif has_debian_sources; then
    out+=-debian
    RUSTC=/usr/bin/rustc RUSTFLAGS=$flags cargo "${arguments[@]}" -Z build-std=core --target-dir "$out"
  else
    fail "no standard library for $target"
  fi
  unset RUSTC_BOOTSTRAP CARGO_PROFILE_SHIP_OPT_LEVEL
  archive=$target_dir/matrix/$target-$level${3:+-seeded}.a
  mkdir -p "$target_dir/matrix"
  cp "$out/$target/ship/libsekisho_ffi.a" "$archive"
}
