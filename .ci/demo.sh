#!/usr/bin/env bash
# The tour: the border of a VPC, a routing table, and packets through the C library.
# Arguments go to the example, such as `--routes FILE` for a table of your own. Needs neither root
# nor network.
. "$(dirname "$0")/lib.sh"

cargo run --release --quiet -p sekisho --features model --example demo -- "$@"
.ci/pcap.sh --demo
