#!/usr/bin/env bash
# That the crate can be published: it packages and builds from the package without a warning, and its
# documentation is made as docs.rs makes it.
. "$(dirname "$0")/lib.sh"

log=$target_dir/package.log
mkdir -p "$target_dir"
# Work in progress may be packaged, too; who publishes does not pass this.
cargo package -p sekisho --allow-dirty >"$log" 2>&1 || fail "the crate cannot be packaged; see $log"
! grep '^warning' "$log" || fail "the package is not clean; see $log"
grep -E '^ *Packaged' "$log"

if rustup run nightly rustc --version >/dev/null 2>&1; then
  features=$(sed -n '/^\[package\.metadata\.docs\.rs\]$/,/^\[/s/^features = \[\(.*\)\]$/\1/p' core/Cargo.toml)
  [ -n "$features" ] || fail "core/Cargo.toml does not say which features docs.rs documents"
  RUSTDOCFLAGS="--cfg docsrs -D warnings" cargo +nightly doc --quiet --no-deps -p sekisho --lib \
    --features "$(tr -d '" ' <<<"$features")" --target-dir "$target_dir/docsrs"
  grep -q 'Available on <strong>crate feature <code>ipnet' -r "$target_dir/docsrs/doc/sekisho/addr" ||
    fail "the documentation does not say which feature brings what"
  echo "package: documented as by docs.rs"
fi
