#!/usr/bin/env bash
# Builds the package and the playground and puts both to the test in Chromium; installs it if it is
# missing. With --smoke only the quickest part; with --shots also pictures in out/shots, to look at.
. "$(dirname "$0")/lib.sh"

if [ ! -x "${CHROMIUM:-/usr/bin/chromium}" ]; then install_debian chromium; fi
# In .ci/test.sh the step before has built the package.
if [ "${1:-}" = --smoke ] && [ -f out/wasm/package.json ]; then .ci/playground.sh --kept; else .ci/playground.sh; fi
SNAPSHOT=$(wasm/tests/snapshot.sh)
export PACKAGE=$PWD/out/wasm PAGE=$PWD/out/playground SNAPSHOT
case ${1:-} in
  --smoke) SMOKE=1 node --test --test-reporter=dot wasm/tests/{browser,session}.test.mjs ;;
  --shots) node wasm/tests/shots.mjs "$PAGE" out/shots ;;
  *)
    node --test --test-reporter=spec wasm/tests/{browser,session,newcomer,focus,languages}.test.mjs
    # By itself, as it measures.
    node --test --test-reporter=spec wasm/tests/budgets.test.mjs
    ;;
esac
