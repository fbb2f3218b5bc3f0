# Builds of the C library as it is shipped, for any target and at any level of optimisation. Sourced after
# lib.sh.
# shellcheck shell=bash

host=$(rustc -vV | sed -n 's/^host: //p')
targets=("$host" aarch64-unknown-none thumbv6m-none-eabi thumbv7em-none-eabihf riscv32imc-unknown-none-elf)
levels=(3 s)

# ship TARGET LEVEL [FLAG...]: with a panic handler that calls what nobody has, and with the frame of
# each function noted. Sets `archive`.
ship() {
  local target=$1 level=$2 out=$target_dir/matrix
  local flags="--cfg panic_gate -Z emit-stack-sizes -C symbol-mangling-version=v0 ${*:3}"
  local arguments=(rustc --quiet -p sekisho-ffi --lib --profile ship --no-default-features
    --features panic-handler --crate-type staticlib)
  RUSTC_BOOTSTRAP=1 CARGO_PROFILE_SHIP_OPT_LEVEL=$level RUSTFLAGS=$flags \
    cross_cargo "$target" "$out" "${arguments[@]}"
  archive=$target_dir/matrix/$target-$level${3:+-seeded}.a
  mkdir -p "$target_dir/matrix"
  cp "$(cross_folder "$target" "$out")/ship/libsekisho_ffi.a" "$archive"
}
