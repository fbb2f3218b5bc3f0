#!/usr/bin/env bash
# Checks core for a machine without compare-and-swap and for WebAssembly, against a standard library that
# is `core` and nothing else: no `alloc` exists that could be linked. (The C library: .ci/matrix.sh.)
. "$(dirname "$0")/lib.sh"

targets=(thumbv6m-none-eabi wasm32-unknown-unknown)
out=$target_dir/cross

# A sysroot that holds only what a target's `core` consists of, taken from rustup's.
bare_sysroot() {
  local from root=$out/sysroot/$(rustc -V | tr -c 'a-z0-9.\n' -)
  from=$(rustc --print sysroot)/lib/rustlib/$1/lib
  rm -rf "$root/lib/rustlib/$1"
  mkdir -p "$root/lib/rustlib/$1/lib"
  ln -s "$from"/libcore-* "$from"/libcompiler_builtins-* "$root/lib/rustlib/$1/lib/"
  printf '%s\n' "$root"
}

# check TARGET ARGUMENTS...: cargo check with whichever compiler can.
check() {
  local target=$1
  shift
  if has_target "$target"; then
    local -x RUSTFLAGS="--sysroot $(bare_sysroot "$target")"
  fi
  cross_cargo "$target" "$out" check "$@"
}

for target in "${targets[@]}"; do
  printf 'cross: core for %s\n' "$target"
  check "$target" --quiet -p sekisho --lib
done

# The proof bites: what needs alloc must not build here.
if check "${targets[0]}" --quiet -p sekisho --lib --features ipnet 2>"$out.log"; then
  fail "a crate that needs alloc passes; the sysroot is not bare"
fi
grep -q "can't find crate for .alloc." "$out.log" || fail "see $out.log: not refused for alloc"
printf 'cross: %s targets, no alloc\n' "${#targets[@]}"
