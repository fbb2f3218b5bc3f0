#!/usr/bin/env bash
# Compares the public items of the crate, as nightly's rustdoc sees them, with core/tests/public-api.txt: what
# changes there is for the CHANGELOG, and what goes needs a new minor version. With --bless writes that file;
# with --setup first installs what is missing.
. "$(dirname "$0")/lib.sh"

golden=core/tests/public-api.txt
[ "${1:-}" != --setup ] || .ci/setup.sh --api
if ! tool=$(tool cargo-public-api cargo-public-api "$cargo_public_api_version" 2>/dev/null) ||
  ! rustup run nightly rustc --version >/dev/null 2>&1; then
  echo "api: left out, as cargo-public-api or nightly is not here; make api installs them"
  exit 0
fi

listed=$target_dir/public-api.txt
mkdir -p "$target_dir"
# Without what every type has, and without `model`, which is private. Nightly's cargo keeps to a folder of its own.
"$tool" public-api -p sekisho --features ipnet,defmt -ss --target-dir "$target_dir/api" \
  >"$listed" 2>"$listed.log" || fail "cargo-public-api fails; see $listed.log"
if [ "${1:-}" = --bless ]; then
  cp "$listed" "$golden"
else
  diff -u "$golden" "$listed" ||
    fail "the public items have changed; if they are meant to, run .ci/api.sh --bless and say so in CHANGELOG.md"
fi
printf 'api: %s public items\n' "$(wc -l <"$golden")"
