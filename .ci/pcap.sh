#!/usr/bin/env bash
# Passes the real packets of ffi/examples/border.pcap through a border from C. What became of each
# has to be as expected, and every checksum of what goes on right in tcpdump's eyes. With `--demo` a
# machine without tcpdump does without that last check, and is told so.
. "$(dirname "$0")/lib.sh"

library=$(.ci/clib.sh)
work=$target_dir/pcap
mkdir -p "$work"
gcc -std=c11 -O2 -g -Wall -Wextra -Wpedantic -Werror -Wconversion \
  -fsanitize=address,undefined -fno-sanitize-recover=all -Iinclude \
  ffi/examples/pcap.c "$library" -o "$work/pcap"

"$work/pcap" ffi/examples/border.console ffi/examples/border.pcap "$work/out.pcap" >"$work/out.txt" ||
  fail "the example failed"
diff -u ffi/examples/border.txt "$work/out.txt" || fail "packets went elsewhere than expected"

if command -v tcpdump >/dev/null; then
  tcpdump -vv -n -r "$work/out.pcap" >"$work/tcpdump.txt" 2>"$work/tcpdump.err" ||
    fail "tcpdump: $(tail -1 "$work/tcpdump.err")"
  # tcpdump's words for a wrong checksum of IP, TCP and UDP, and ICMP.
  if grep -E 'bad cksum|incorrect|bad udp cksum|wrong icmp cksum' "$work/tcpdump.txt"; then
    fail "a checksum is wrong"
  fi
  [ "$(grep -c 'correct\|sum ok' "$work/tcpdump.txt")" -ge 20 ] || fail "tcpdump has checked little"
elif [ "${1-}" = --demo ]; then
  echo "no tcpdump here: the checksums of $work/out.pcap are not checked; make test does"
else
  fail "tcpdump is missing; run .ci/setup.sh first"
fi

head -c 30 ffi/examples/border.pcap >"$work/cut.pcap"
# Trouble is told by the exit status.
for arguments in "missing ffi/examples/border.pcap" "ffi/examples/border.console missing" \
  "ffi/examples/border.console $work/cut.pcap" "ffi/examples/pcap.c ffi/examples/border.pcap" \
  "ffi/examples/border.console ffi/examples/pcap.c"; do
  # shellcheck disable=SC2086
  if "$work/pcap" $arguments "$work/trouble.pcap" >/dev/null 2>&1; then
    fail "no trouble with $arguments"
  fi
done
tail -1 "$work/out.txt"
