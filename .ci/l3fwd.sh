#!/usr/bin/env bash
# DPDK's own examples that use rte_lpm and rte_fib, moved over by changing their include and nothing else: they
# build, and l3fwd sends each packet of a capture out of the same port as when it is built with DPDK's tables.
. "$(dirname "$0")/lib.sh"

pkg-config --exists libdpdk 2>/dev/null || fail "DPDK is not here; make rte installs it"
sources=$(debian_source dpdk libdpdk-dev) || fail "the sources of DPDK cannot be had"
library=$(.ci/clib.sh)
work=$target_dir/l3fwd
rm -rf "$work"
mkdir -p "$work"
read -ra flags < <(pkg-config --cflags libdpdk)
read -ra libraries < <(pkg-config --libs libdpdk)

# moved EXAMPLE: a copy with our headers.
moved() {
  cp -R "$sources/examples/$1" "$work/$1"
  sed -i -e 's|<rte_lpm\.h>|"sekisho_rte_lpm.h"|' -e 's|<rte_fib\.h>|"sekisho_rte_fib.h"|' "$work/$1"/*.[ch]
}
# build PROGRAM FILES...: warnings are DPDK's own matter.
build() {
  gcc -std=gnu11 -O1 -w -DALLOW_EXPERIMENTAL_API -Iinclude "-I$sources/examples/common" "${flags[@]}" "${@:2}" \
    "${libraries[@]}" -o "$1"
}
for example in ip_fragmentation ip_reassembly; do
  moved "$example"
  build "$work/$example/program" "$work/$example"/*.c include/sekisho_rte.c "$library"
done

# Ports that read a capture do not check checksums, which l3fwd asks for in either form.
moved l3fwd
cp -R "$sources/examples/l3fwd" "$work/original"
sed -i '/offloads = RTE_ETH_RX_OFFLOAD_CHECKSUM/d' "$work/l3fwd/main.c" "$work/original/main.c"
# As its Makefile lists them.
files=(main l3fwd_acl l3fwd_lpm l3fwd_fib l3fwd_em l3fwd_event l3fwd_event_generic l3fwd_event_internal_port)
files=("${files[@]/%/.c}")
build "$work/moved" "${files[@]/#/$work/l3fwd/}" include/sekisho_rte.c "$library"
build "$work/peer" "${files[@]/#/$work/original/}"
left=$(nm -u "$work/moved" | grep -E ' rte_(lpm|fib)_' || true)
[ -z "$left" ] || fail "l3fwd still uses DPDK's tables: $left"

printf 'R10.0.0.0/8 0\nR10.1.0.0/16 1\nR10.1.2.3/32 0\nR20.0.0.0/8 1\n' >"$work/ipv4.cfg"
printf 'R2001:db8::/32 0\n' >"$work/ipv6.cfg"
packets=2000
python3 - "$work/in.pcap" "$packets" <<'END'
import random
import struct
import sys

random.seed(1)
places = [(0x0A000000, 24), (0x0A010000, 16), (0x0A010200, 8), (0x0A010203, 0), (0x14000000, 24)]
with open(sys.argv[1], "wb") as out:
    out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
    for number in range(int(sys.argv[2])):
        at, bits = random.choice(places)
        fields = [0x45, 0, 28, number, 0, 64, 17, 0, 0x01020304, at | random.getrandbits(bits)]
        total = sum(struct.unpack(">10H", struct.pack(">BBHHHBBHII", *fields)))
        total = (total & 0xFFFF) + (total >> 16)
        fields[7] = 0xFFFF - ((total & 0xFFFF) + (total >> 16))
        frame = bytes(12) + b"\x08\0" + struct.pack(">BBHHHBBHII", *fields) + struct.pack(">HHHH", 1, 2, 8, 0)
        frame = frame.ljust(60, b"\0")
        out.write(struct.pack("<IIII", 1, number, len(frame), len(frame)) + frame)
END
for lookup in lpm fib; do
  for program in moved peer; do
    ports=()
    for port in 0 1; do
      ports+=("--vdev=net_pcap$port,rx_pcap=$work/in.pcap,tx_pcap=$work/$program-$lookup-$port.pcap")
    done
    # It forwards until it is told to end; a capture takes it milliseconds.
    timeout -s INT 5 "$work/$program" -l 0 --no-pci --no-telemetry --no-huge --no-shconf -m 1024 \
      --file-prefix=sekisho-l3fwd "${ports[@]}" -- -p 3 '--config=(0,0,0),(1,0,0)' "--lookup=$lookup" \
      "--rule_ipv4=$work/ipv4.cfg" "--rule_ipv6=$work/ipv6.cfg" --parse-ptype --no-numa -P \
      >"$work/$program-$lookup.log" 2>&1 || true
    grep -q '^Bye' "$work/$program-$lookup.log" || fail "l3fwd has not run; see $work/$program-$lookup.log"
  done
  python3 - "$work" "$lookup" "$((2 * packets))" <<'END'
import struct
import sys


def frames(path):
    data = open(path, "rb").read()
    at, found = 24, []
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        found.append(data[at + 16 : at + 16 + size])
        at += 16 + size
    return sorted(found)


folder, lookup, packets = sys.argv[1:]
sent = {who: [frames(f"{folder}/{who}-{lookup}-{port}.pcap") for port in (0, 1)] for who in ("moved", "peer")}
counts = [len(port) for port in sent["peer"]]
if sum(counts) != int(packets) or min(counts) == 0:
    sys.exit(f"DPDK's l3fwd sends {counts} of {packets} packets")
if sent["moved"] != sent["peer"]:
    sys.exit(f"with --lookup={lookup} packets leave by other ports than DPDK's")
print(f"l3fwd: --lookup={lookup}: {counts[0]} and {counts[1]} packets by its two ports, the same with either table")
END
done
