#!/usr/bin/env bash
# Whether the crate keeps what a release has promised, by cargo-semver-checks: that of the newest tag vX.Y.Z, or
# of the commit that is given.
. "$(dirname "$0")/lib.sh"

.ci/setup.sh --api
tool=$(tool cargo-semver-checks cargo-semver-checks "$cargo_semver_checks_version")
baseline=${1:-$(git tag --list 'v[0-9]*' --sort=-version:refname | head -n 1)}
if [ -z "$baseline" ]; then
  echo "semver: there is no release yet, nothing is promised; BASE=COMMIT compares with a commit"
  exit 0
fi
printf 'semver: compared with %s\n' "$baseline"
"$tool" semver-checks -p sekisho --baseline-rev "$baseline" --only-explicit-features --features ipnet
