#!/usr/bin/env bash
# Builds the DPDK example and passes real packets through it: those of ffi/examples/border.pcap, which
# have to leave as they leave pcap.c, and pings and TCP of hosts in network namespaces, by two
# workers. With `--bench [PACKETS]` measures it instead, in huge pages if they can be had. Installs
# what it needs and says what; without the right to do so it leaves out what cannot be done.
. "$(dirname "$0")/lib.sh"
. .ci/dpdk_lib.sh

skip() {
  printf 'dpdk: left out: %s\n' "$*"
  exit 0
}
as_root() { [ "$(id -u)" -eq 0 ]; }

packages=()
need() { command -v "$1" >/dev/null || packages+=("$2"); }
need pkg-config pkg-config
pkg-config --exists libdpdk 2>/dev/null || packages+=(dpdk libdpdk-dev)
need tcpdump tcpdump
if as_root; then
  need ip iproute2
  need ping iputils-ping
  need ethtool ethtool
  need iperf3 iperf3
  need socat socat
fi
if [ ${#packages[@]} -gt 0 ] && ! command -v apt-get >/dev/null; then
  skip "no apt-get here to install ${packages[*]}"
elif [ ${#packages[@]} -gt 0 ] && ! as_root && ! command -v sudo >/dev/null; then
  skip "neither root nor sudo to install ${packages[*]}"
fi
install_debian "${packages[@]}"

work=$target_dir/dpdk
mkdir -p "$work"
build_dpdk "$work/dpdk"
library=$(.ci/clib.sh)

eal+=("--file-prefix=sekisho-$$")

if [ "${1-}" = --bench ]; then
  if huge_pages 1100; then eal+=(--in-memory); else eal+=(--no-huge -m 2048); fi
  "$work/dpdk" -l 1 "${eal[@]}" -- --bench "${2-4000000}"
  exit
fi
eal+=(--no-huge)

# Ends what was started here, and nothing else.
started=() spaces=()
finish() {
  [ ${#started[@]} -eq 0 ] || kill "${started[@]}" 2>/dev/null || true
  wait
  for space in "${spaces[@]}"; do ip netns del "$space"; done
  ! as_root || rm -rf "/var/run/dpdk/sekisho-$$"
}
trap finish EXIT

# start NAME COMMAND...: runs the example in the background; what it prints is in $output.
start() {
  output=$work/$1.txt
  : >"$output"
  "${@:2}" >"$output" 2>&1 &
  border=$!
  started=("$border")
  for _ in $(seq 100); do
    grep -q ' workers$' "$output" && return
    kill -0 "$border" 2>/dev/null || break
    sleep 0.1
  done
  cat "$output" >&2
  fail "the example does not start"
}
# Has every worker print its numbers; those are in $numbers.
ask() {
  local before workers
  before=$(wc -l <"$output")
  workers=$(sed -n 's/.*ports, \([0-9]*\) workers$/\1/p' "$output")
  kill -USR1 "$border"
  for _ in $(seq 50); do
    sleep 0.1
    numbers=$(tail -n +$((before + 1)) "$output")
    [ "$(grep -c ' received ' <<<"$numbers")" -lt "$workers" ] || return 0
  done
  fail "not every worker has answered"
}
stop() {
  kill -TERM "$border"
  wait "$border" || fail "the example failed: $(tail -3 "$output")"
  started=("${started[@]:1}")
}
# number WORKER NAME: a worker's number, 0 if there is none.
number() { sed -n "s/^worker $1: .*\b$2 \([0-9]*\).*/\1/p" <<<"$numbers" | grep . || echo 0; }
# dropped REASON: by all workers.
dropped() { awk -v reason=" $1\$" '/ dropped / && $0 ~ reason { n += $4 } END { print n + 0 }' <<<"$numbers"; }

# ---- The capture, by one worker and by two

gcc -std=c11 -O2 -Iinclude ffi/examples/pcap.c "$library" -o "$work/pcap"
"$work/pcap" ffi/examples/border.console ffi/examples/border.pcap "$work/expected.pcap" >/dev/null
# One line for each packet, sorted: a burst keeps the order of each flow's packets, not of all. Those
# by the NAT gateway are left out, whose ports depend on a random seed and on the number of workers.
packets() {
  tcpdump -n -t -xx -r "$1" 2>/dev/null |
    awk '/^\t/ { printf "%s", $0; next } { printf "\n%s", $0 }' |
    grep -v -e ' 47\.0\.0\.5\b' -e ' 10\.0\.5\.' | sort
}

for workers in 0 0,1; do
  start pcap "$work/dpdk" -l "$workers" "${eal[@]}" -m 256 \
    --vdev="net_pcap0,rx_pcap=ffi/examples/border.pcap,tx_pcap=$work/out.pcap" -- \
    ffi/examples/border.console 0=wire --nap 20
  for _ in $(seq 50); do
    ask
    [ "$(awk '/ received / { n += $8 } / dropped / { n += $4 } END { print n + 0 }' <<<"$numbers")" \
      -lt 45 ] || break
  done
  stop
  cmp <(packets "$work/expected.pcap") <(packets "$work/out.pcap") ||
    fail "packets left otherwise than by pcap.c"
done
tcpdump -vv -n -r "$work/out.pcap" >"$work/tcpdump.txt" 2>/dev/null
if grep -E 'bad cksum|incorrect|bad udp cksum|wrong icmp cksum' "$work/tcpdump.txt"; then
  fail "a checksum is wrong"
fi
printf 'dpdk: %s packets of the capture left as they leave pcap.c\n' \
  "$(packets "$work/out.pcap" | grep -c .)"

start null "$work/dpdk" -l 0 "${eal[@]}" -m 256 \
  --vdev="net_pcap0,rx_pcap=ffi/examples/border.pcap,tx_pcap=$work/null.pcap" -- \
  ffi/examples/border.console 0=internet --nap 20 --null
sleep 0.5
ask
stop
[ "$(number 0 sent)" -eq 44 ] || fail "--null: not all but the one with no time to live: $numbers"

# ---- Hosts

as_root || skip "the hosts in network namespaces, which want root"
ip netns add "sekisho-$$-border" 2>/dev/null || skip "no network namespaces can be made here"
spaces=("sekisho-$$-border")
in_space() { ip netns exec "sekisho-$$-$1" "${@:2}"; }

# host NAME ADDRESS/LENGTH: a namespace of this name, and its wire to the border. Checksums are
# computed by the sender, as those of a real wire are: the border corrects them, right or wrong.
host() {
  ip netns add "sekisho-$$-$1"
  spaces+=("sekisho-$$-$1")
  ip link add "$1" netns "sekisho-$$-border" type veth peer name wire netns "sekisho-$$-$1"
  in_space "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0
  in_space "$1" ethtool -K wire tx off tso off gso off gro off >/dev/null
  in_space "$1" ip address add "$2" dev wire
  in_space "$1" ip link set lo up
  in_space "$1" ip link set wire up
  in_space border ip link set "$1" up
}
in_space border sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
host web 10.0.0.10/24
in_space web ip route add default via 10.0.0.1
host app 10.0.1.10/24
in_space app ip route add default via 10.0.1.1
# router NAME NET: a machine at 10.0.NET.10 that passes on what it is sent.
router() {
  host "$1" "10.0.$2.10/24"
  in_space "$1" ip route add default via "10.0.$2.1"
  in_space "$1" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.wire.send_redirects=0
}
router guard 3
router scanner 4
host outside 198.51.100.1/24
in_space outside ip route add 47.0.0.0/24 dev wire

# web has a public address, app leaves by a NAT gateway, guard is a router, scanner an appliance.
cat >"$work/hosts.console" <<'END'
create-vpc vpc-1 vtb-1 10.0.0.0/16
create-vswitch vsw-1 vpc-1 10.0.0.0/24
create-vswitch vsw-2 vpc-1 10.0.1.0/24
create-vswitch vsw-3 vpc-1 10.0.2.0/24
create-vswitch vsw-4 vpc-1 10.0.3.0/24
create-instance i-1 vsw-1 10.0.0.10
create-instance i-2 vsw-2 10.0.1.10
create-vswitch vsw-5 vpc-1 10.0.4.0/24
create-instance i-9 vsw-4 10.0.3.10 forward=on
create-gwlb gwlb-1
register-appliance gwlb-1 app-1
create-gwlb-endpoint ep-1 vsw-5 gwlb-1
create-nat-gateway ngw-1 vsw-3 10.0.2.20
allocate-eip eip-1 47.0.0.1
allocate-eip eip-2 47.0.0.2
associate-eip eip-1 i-1
associate-eip eip-2 ngw-1
create-snat-entry ngw-1 10.0.1.0/24 eip-2
create-route-table vtb-2 vpc-1
associate-route-table vtb-2 vsw-2
create-route-entry vtb-2 0.0.0.0/0 ngw-1
create-ipv4-gateway ipv4gw-1 vpc-1
enable-vpc-ipv4-gateway ipv4gw-1 vtb-1
END

# Two workers; the outside has a queue for each of them, the hosts share theirs.
start hosts ip netns exec "sekisho-$$-border" "$work/dpdk" -l 0,1 "${eal[@]}" -m 512 \
  --vdev=net_af_packet0,iface=web --vdev=net_af_packet1,iface=app \
  --vdev=net_af_packet2,iface=guard --vdev=net_af_packet3,iface=scanner \
  --vdev=net_af_packet4,iface=outside,qpairs=2 -- \
  "$work/hosts.console" 0=i-1 1=i-2 2=i-9 3=ep-1@10.0.4.10 4=internet \
  --nap 20 --router 100.64.0.1 --console "$work/console"

# A first ping waits for a MAC address, so it may be lost.
pings() {
  in_space "$1" ping -q -c 1 -W 1 "$2" >/dev/null || true
  grep -q ' 0% packet loss' <<<"$(in_space "$1" ping -q -c 5 -i 0.05 -W 1 "$2")"
}
pings web 198.51.100.1 || fail "no ping from the public address"
pings app 198.51.100.1 || fail "no ping through the NAT gateway"
pings web 10.0.1.10 || fail "no ping within the VPC"
answer=$(in_space web ping -c 1 -W 1 -t 1 198.51.100.1 || true)
grep -q 'From 100.64.0.1 .*Time to live exceeded' <<<"$answer" ||
  fail "no word of a time to live that is over: $answer"

# Sixteen connections and one that tells of them, by each way out; looked at while they last.
ip netns exec "sekisho-$$-outside" timeout 60 iperf3 -s >/dev/null 2>&1 &
started+=($!)
for host in web app; do
  for _ in $(seq 20); do
    grep -q ':5201 ' <<<"$(in_space outside ss -tln)" && break
    sleep 0.1
  done
  in_space "$host" timeout 20 iperf3 -c 198.51.100.1 -P 16 -t 2 -b 5M -J >"$work/iperf.json" &
  client=$!
  sleep 1.5
  ask
  wait "$client" || fail "$host: iperf3: $(grep '"error"' "$work/iperf.json")"
  for worker in 0 1; do
    [ "$(number $worker established)" -gt 0 ] || fail "$host: worker $worker has no established flow: $numbers"
  done
done
[ "$(number 0 from-others)" -gt 0 ] || fail "worker 0 was steered nothing: $numbers"
[ "$(number 1 from-others)" -gt 0 ] || fail "worker 1 was steered nothing: $numbers"
[ "$(dropped NO_INGRESS_ROUTE)" -eq 0 ] || fail "an answer was not recognised: $numbers"

# Nobody gets in unasked, until a gateway table says by whom: a router, then an appliance.
! in_space outside ping -q -c 2 -i 0.1 -W 1 47.0.0.1 >/dev/null || fail "a stranger got in"
ask
[ "$(dropped NO_INGRESS_ROUTE)" -gt 0 ] || fail "strangers were not counted: $numbers"
console() {
  local answers
  answers=$(printf '%s\n' "$@" | socat -t 2 - "UNIX-CONNECT:$work/console")
  [ "$(grep -c '^ok$' <<<"$answers")" -eq $# ] || fail "the console answered: $answers"
}
# passed_by HOST: what it has forwarded.
passed_by() { in_space "$1" nstat -asz IpForwDatagrams | awk '/^IpForw/ { print $2 }'; }
edit='update-gateway-route-table-entry-attribute vtb-3 10.0.0.0/24'
console 'create-route-table vtb-3 vpc-1 type=gateway' "$edit i-9" \
  'associate-route-table-with-gateway vtb-3 ipv4gw-1'
pings outside 47.0.0.1 || fail "no ping by way of the router"
[ "$(passed_by guard)" -ge 5 ] || fail "the router has forwarded $(passed_by guard) packets"
console "$edit local" "$edit ep-1"
pings outside 47.0.0.1 || fail "no ping by way of the appliance"
[ "$(passed_by scanner)" -ge 5 ] || fail "the appliance has passed $(passed_by scanner) packets"
ask
stop
printf '%s\n' "$numbers"
echo "dpdk: pings and TCP by two workers, by a public address, a NAT gateway, a router and an appliance"
