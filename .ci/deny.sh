#!/usr/bin/env bash
# Licences, bans and sources of every dependency, and the advisories where their database can be had.
. "$(dirname "$0")/lib.sh"

deny=$(tool cargo-deny cargo-deny "$cargo_deny_version")
# check MANIFEST WHAT...
check() {
  local manifest=$1
  shift
  "$deny" --log-level error --manifest-path "$manifest" --config deny.toml check \
    --hide-inclusion-graph "$@"
}

manifests=(Cargo.toml fuzz/Cargo.toml core/examples/firmware/Cargo.toml)
for manifest in "${manifests[@]}"; do
  check "$manifest" licenses bans sources
done

if timeout 20 git ls-remote --exit-code https://github.com/rustsec/advisory-db HEAD >/dev/null 2>&1; then
  for manifest in "${manifests[@]}"; do
    check "$manifest" advisories
  done
else
  echo "deny: advisories NOT checked: https://github.com/rustsec/advisory-db cannot be reached"
fi
