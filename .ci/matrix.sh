#!/usr/bin/env bash
# The C library as it is shipped, for each target and level of optimisation: whether a program that calls
# every function links with C's memory functions and nothing else (a panic that can be reached would call
# what nobody has), and what .ci/sizes.py asks. Then a library with a panic has to fail. Installs what
# targets need and says so. With arguments only those targets; MATRIX_LEVELS="s" for one level.
. "$(dirname "$0")/lib.sh"
. .ci/ship_lib.sh

[ $# -eq 0 ] || targets=("$@")
[ -z "${MATRIX_LEVELS:-}" ] || read -ra levels <<<"$MATRIX_LEVELS"
cross_targets "${targets[@]}"
mapfile -t functions < <(header_functions)
linker=$(rust_lld)

# links TARGET FUNCTION...: links `archive` into a program that calls these.
links() {
  local target=$1 memory=()
  shift
  # On a host, C has these.
  case $target in *-linux-*) memory=(--defsym={memcpy,memmove,memset,memcmp,bcmp}=0x1000) ;; esac
  "$linker" -flavor gnu --gc-sections --entry=0 "${memory[@]}" "${@/#/--undefined=}" "$archive" \
    -o "$target_dir/matrix/linked" 2>"$target_dir/matrix/linked.txt"
}

for target in "${targets[@]}"; do
  for level in "${levels[@]}"; do
    ship "$target" "$level"
    links "$target" "${functions[@]}" || fail "$target at $level: $(<"$target_dir/matrix/linked.txt")"
    python3 .ci/sizes.py check "$archive"
  done
done

target=${targets[-1]} level=${levels[-1]}
ship "$target" "$level" --cfg seeded_panic
if links "$target" "${functions[@]}" sekisho_seeded_panic; then
  fail "a library with a panic has linked"
fi
grep -q 'undefined symbol: sekisho_panic_reached' "$target_dir/matrix/linked.txt" ||
  fail "a library with a panic does not link for another reason: $(<"$target_dir/matrix/linked.txt")"
printf 'matrix: %s targets at %s; a seeded panic is found\n' "${#targets[@]}" "${levels[*]}"
