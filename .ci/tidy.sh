#!/usr/bin/env bash
# House rules that no compiler checks. Prints each breach and fails if there is any.
. "$(dirname "$0")/lib.sh"

breaches=0
breach() {
  printf 'tidy: %s\n' "$1" >&2
  [ -z "${2:-}" ] || sed 's/^/  /' <<<"$2" >&2
  breaches=$((breaches + 1))
}

# Tracked files and new ones that are not ignored; deleted ones are left out.
mapfile -t files < <(git ls-files --cached --others --exclude-standard | sort -u |
  while read -r file; do [ -f "$file" ] && printf '%s\n' "$file"; done)
# files_like PATTERN: those files whose path matches.
files_like() { printf '%s\n' "${files[@]}" | grep -E "$1" || true; }
# search PATTERN FILES...: lines that match, with file and number.
search() { local pattern=$1; shift; [ $# -eq 0 ] || grep -nHIE -- "$pattern" "$@" || true; }
# want_none TITLE HITS
want_none() { [ -z "$2" ] || breach "$1" "$2"; }

mapfile -t rust < <(files_like '\.rs$')
mapfile -t core < <(files_like '^core/src/.*\.rs$')
mapfile -t code < <(files_like '\.(rs|c|h|cpp|mjs|js|ts|sh)$|^Makefile$|^\.ci/run$')

want_none "unfinished work" \
  "$(search '\b(TODO|FIXME|XXX)\b|\b(todo|unimplemented)!\(' $(printf '%s\n' "${code[@]}" | grep -v '^\.ci/tidy\.sh$'))"
want_none "unsafe code in core outside the SIMD module" \
  "$(search '\bunsafe\b' "${core[@]}" | grep -vE '^core/src/lpm/simd/|unsafe_code|:[0-9]+: *//' || true)"
grep -q 'deny(unsafe_code)' core/src/lib.rs || breach "core/src/lib.rs does not deny unsafe code"
[ "$(grep -rl 'allow(unsafe_code)' core/src | tr '\n' ' ')" = "core/src/lpm/mod.rs " ] ||
  breach "unsafe code is allowed elsewhere than for core/src/lpm/simd"
want_none "parts of heapless with known faults" \
  "$(search '\b(IndexMap|IndexSet|mpmc|make_contiguous)\b' "${rust[@]}")"
want_none "ignored tests" "$(search '#\[ignore' "${rust[@]}")"
want_none "trailing blanks" "$(search '[[:blank:]]+$' "${code[@]}" | grep -v '^include/' || true)"

long=$(for file in "${code[@]}"; do
  case $file in include/*) continue ;; esac
  lines=$(wc -l <"$file")
  [ "$lines" -le 800 ] || printf '%s: %s lines\n' "$file" "$lines"
done)
want_none "files over 800 lines" "$long"

strangers=$(printf '%s\n' "${files[@]}" | cut -d/ -f1 | sort -u | grep -vxE \
  'Cargo\.(toml|lock)|core|ffi|wasm|include|benches|fuzz|README\.md|Makefile|LICENSE-(MIT|APACHE)|CHANGELOG\.md|SECURITY\.md|(deny|rustfmt)\.toml|\..+' || true)
want_none "top-level entries outside the agreed shape" "$strangers"

scripts=$(files_like '^\.ci/')
for script in $scripts; do
  case $script in
    *lib.sh) ;;
    *.sh | .ci/run) [ -x "$script" ] || breach "$script is not executable" ;;
  esac
  case $script in *.sh | .ci/run) bash -n "$script" || breach "$script does not parse" ;; esac
done

# The outside must not leak in: ffi and wasm do not know each other, core knows neither.
want_none "an import against the layers" \
  "$(search 'sekisho_(ffi|wasm)' "${core[@]}" $(files_like '^(wasm|benches)/.*\.rs$'))"
want_none "resolve sees the region" "$(search 'crate::region::(Region|plan|store)' $(files_like '^core/src/resolve/.*\.rs$' | grep -v _tests))"
want_none "alloc or std in shipped core" \
  "$(search '^(extern crate|use) (alloc|std)\b' $(printf '%s\n' "${core[@]}" | grep -vE '^core/src/model/|_tests\.rs$|^core/src/lib\.rs$|^core/src/flow/invariants\.rs$'))"

[ "$breaches" -eq 0 ] || fail "$breaches broken rules"
printf 'tidy: %s files keep the rules\n' "${#files[@]}"
