#!/usr/bin/env bash
# Real traffic through the border. Builds an Internet and a VPC of network namespaces, puts a router
# that uses the library between them, and tries with ping, curl, iperf3 and traceroute what may pass
# and what may not while the gateway goes through its life.
#
#     traffic.sh [--short] [--dpdk | --router COMMAND] [STEP...]
#
# --short is what `make test` runs. COMMAND is called as `COMMAND CONFIG SOCKET PORT...`, as
# ffi/examples/netns.c says; without it that program is built, or with --dpdk the one of
# ffi/examples/dpdk.c, on two lcores. Only a failure exits with other than 0: where there is no root, no
# namespace or no DPDK it says so and is done.
. "$(dirname "$0")/lib.sh"
. .ci/traffic_lib.sh
. .ci/dpdk_lib.sh

short=
router=
dpdk=
with_stats=
steps=(direct central inbound counters forged tcp fragments hops nat dnat firewall chain gwlb inspected
  delete)
while [ $# -gt 0 ]; do
  case $1 in
    --short) short=1; shift ;;
    --router) router=$2; shift 2 ;;
    --dpdk) dpdk=" with DPDK"; shift ;;
    --*) fail "there is no option $1" ;;
    *) steps=("$@"); break ;;
  esac
done

skip() {
  printf 'traffic%s: skipped: %s\n' "$dpdk" "$*"
  exit 0
}

# ---- What is needed --------------------------------------------------------------------------------

[ -z "$dpdk" ] || pkg-config --exists libdpdk 2>/dev/null ||
  skip "DPDK is not installed (Debian: libdpdk-dev; make dpdk installs it)"
[ "$(uname)" = Linux ] || skip "network namespaces are Linux's"
[ "$(id -u)" -eq 0 ] || skip "only root can make network namespaces; try: sudo make traffic"
refusal=$(unshare --net true 2>&1) || skip "no network namespaces here: $refusal"
packages=()
need() { command -v "$1" >/dev/null || packages+=("$2"); }
need ip iproute2
need ping iputils-ping
need tcpdump tcpdump
need iperf3 iperf3
need curl curl
need traceroute traceroute
need ethtool ethtool
need socat socat
if [ ${#packages[@]} -gt 0 ]; then
  command -v apt-get >/dev/null || skip "please install by hand: ${packages[*]}"
  install_debian "${packages[@]}"
fi

# Of this run alone: another may be under way.
prefix=sekisho-$$-$RANDOM
mkdir -p "$target_dir/traffic"
work=$(mktemp -d "$target_dir/traffic/XXXXXX")
socket=$(mktemp -d)/console # The path of a socket must be short.
spaces=()

clean_up() {
  local status=$? space pids
  set +e
  for space in "${spaces[@]}"; do
    pids=$(ip netns pids "$prefix-$space" 2>/dev/null)
    # shellcheck disable=SC2086
    [ -z "$pids" ] || kill -KILL $pids 2>/dev/null
    ip netns delete "$prefix-$space"
  done
  wait 2>/dev/null
  rm -rf "$(dirname "$socket")" "/var/run/dpdk/$prefix"
  if [ $status -eq 0 ]; then rm -rf "$work"; else echo "what happened is in $work" >&2; fi
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

ip netns add "$prefix-router" 2>"$work/error" ||
  skip "no network namespaces here: $(cat "$work/error")"
spaces=(router)
# Nothing in the foreground takes longer than a minute.
within() { timeout --foreground -k 1 60 ip netns exec "$prefix-$1" "${@:2}"; }
within router ip link add veth-try type veth peer name veth-tried 2>"$work/error" ||
  skip "no virtual Ethernet here: $(cat "$work/error")"
within router ip link delete veth-try
set_sysctl() { within "$1" sh -c "echo $3 >/proc/sys/$2"; }

# ---- The network -----------------------------------------------------------------------------------

#   client -- provider -- router -- one (i-1), two (i-2), nat (i-3), other (i-4), firewall (i-5)

# space NAME: a namespace without IPv6, which would only send noise.
space() {
  [ "$1" = router ] || { ip netns add "$prefix-$1" && spaces+=("$1"); }
  set_sysctl "$1" net/ipv6/conf/all/disable_ipv6 1 2>/dev/null || true
  set_sysctl "$1" net/ipv6/conf/default/disable_ipv6 1 2>/dev/null || true
  set_sysctl "$1" net/ipv4/conf/all/rp_filter 0
  set_sysctl "$1" net/ipv4/conf/default/rp_filter 0
  set_sysctl "$1" net/ipv4/icmp_ratelimit 0 # traceroutes in a row want all their answers
  within "$1" ip link set lo up
}

# wire SPACE INTERFACE SPACE INTERFACE: a cable whose ends finish their own checksums, as nothing
# behind them would.
wire() {
  ip link add "$2" netns "$prefix-$1" type veth peer name "$4" netns "$prefix-$3"
  within "$1" ethtool -K "$2" tx off tso off gso off gro off >/dev/null
  within "$3" ethtool -K "$4" tx off tso off gso off gro off >/dev/null
  within "$1" ip link set "$2" up
  within "$3" ip link set "$4" up
}

# host NAME INTERFACE ADDRESS GATEWAY: a host of the VPC.
host() {
  space "$1"
  wire router "$2" "$1" eth0
  within "$1" ip address add "$3/24" dev eth0
  within "$1" ip route add default via "$4"
}

# forwards NAME: it is a router itself.
forwards() {
  set_sysctl "$1" net/ipv4/ip_forward 1
  set_sysctl "$1" net/ipv4/conf/all/send_redirects 0
  for interface in $(within "$1" ls /proc/sys/net/ipv4/conf | grep -v '^lo$'); do
    set_sysctl "$1" "net/ipv4/conf/$interface/send_redirects" 0
  done
}

build_network() {
  space router
  space provider
  space client
  wire router veth-inet provider vpc
  wire provider clients client eth0
  within provider ip address add 192.0.2.1/24 dev vpc
  within provider ip address add 198.51.100.1/24 dev clients
  within provider ip route add 203.0.113.0/24 via 192.0.2.2
  # No provider would do that: so that the border has to drop it.
  within provider ip route add 10.0.0.0/16 via 192.0.2.2
  within client ip address add 198.51.100.10/24 dev eth0
  within client ip route add default via 198.51.100.1
  forwards provider
  host one veth-i1 10.0.0.10 10.0.0.1
  host two veth-i2 10.0.1.10 10.0.1.1
  host nat veth-i3 10.0.2.10 10.0.2.1
  host other veth-i4 10.0.0.11 10.0.0.1
  host firewall veth-i5 10.0.4.10 10.0.4.1
  forwards firewall
}

# background SPACE NAME COMMAND...: its output goes to NAME.txt, its number to `started`.
background() {
  ip netns exec "$prefix-$1" "${@:3}" >>"$work/$2.txt" 2>&1 </dev/null &
  started=$!
  disown
}

# Serves HTTP on port 80; the answer says who asks.
serve() {
  background "$1" "$1-http" socat TCP-LISTEN:80,reuseaddr,fork "EXEC:$work/http"
  background "$1" "$1-iperf" iperf3 -s
}

start_servers() {
  head -c 3000000 /dev/urandom >"$work/large"
  cat >"$work/http" <<HTTP
#!/bin/sh
read -r method path rest
while read -r line && [ "\${#line}" -gt 1 ]; do :; done
printf 'HTTP/1.0 200 OK\r\n\r\n'
if [ "\$path" = /large ]; then cat "$work/large"; else echo "asked by \$SOCAT_PEERADDR"; fi
HTTP
  chmod +x "$work/http"
  for host in client one two nat other; do serve "$host"; done
  local place
  for place in provider:vpc one:eth0 two:eth0 nat:eth0; do
    background "${place%:*}" "${place%:*}-tcpdump" tcpdump -i "${place#*:}" -n -U -B 16384 \
      --immediate-mode -w "$work/${place%:*}.pcap" ip
  done
}

ports=(internet=veth-inet,192.0.2.2,192.0.2.1 i-1=veth-i1 i-2=veth-i2 i-3=veth-i3 i-4=veth-i4
  i-5=veth-i5 app-1=udp:127.0.0.1:7001 app-2=udp:127.0.0.1:7002)

appliance_pid=()
start_appliance() {
  background router "app-$1" "$work/appliance" 127.0.0.1 "700$1"
  appliance_pid[$1]=$started
}

# end_appliance NUMBER: it does not listen any more.
end_appliance() {
  kill -KILL "${appliance_pid[$1]}"
  while [ -n "$(within router ss -Huln "sport = :700$1")" ]; do sleep 0.05; done
}

start_router() {
  local gcc=(gcc -std=c11 -O2 -g -Wall -Wextra -Wpedantic -Werror -Wconversion
    -fsanitize=address,undefined -fno-sanitize-recover=all -Iinclude)
  "${gcc[@]}" ffi/examples/appliance.c -o "$work/appliance"
  local command=("$router" ffi/examples/netns.console "$socket" "${ports[@]}")
  if [ -n "$dpdk" ]; then
    build_dpdk "$work/dpdk"
    build_pieces "$work/pieces.so"
    dpdk_command "$work/dpdk" "$prefix" "${command[@]:1}"
    command=(env "LD_PRELOAD=$work/pieces.so" "${command[@]}")
  elif [ -z "$router" ]; then
    local library
    library=$(.ci/clib.sh)
    command[0]=$work/netns
    "${gcc[@]}" ffi/examples/netns.c "$library" -o "${command[0]}"
  fi
  start_appliance 1
  start_appliance 2
  background router router "${command[@]}"
  router_pid=$started
  for _ in $(seq 100); do
    if [[ $(console capacity 2>/dev/null) = ok* ]]; then
      if [[ $(console stats) = ok* ]]; then
        with_stats=1
      else
        echo "the router has no stats: counters and reasons of drops are not checked"
      fi
      return 0
    fi
    kill -0 "$router_pid" 2>/dev/null || break
    sleep 0.1
  done
  cat "$work/router.txt" >&2
  fail "the router does not start"
}

# ---- Steps -----------------------------------------------------------------------------------------

direct() {
  echo "Without a gateway a public address is a door in both directions."
  pings one 198.51.100.10
  pings two 198.51.100.10
  pings client 203.0.113.1
  pings client 203.0.113.2
  pings client 203.0.113.4
  fetches client 203.0.113.1 198.51.100.10
  fetches two 198.51.100.10 203.0.113.2
  pings one 10.0.1.10
  pings one 10.0.0.11
  lost client 10.0.0.10 NO_DEST_MAPPING
  lost client 203.0.113.77 NO_DEST_MAPPING
  echo "Created, the gateway changes nothing."
  does "create-ipv4-gateway ipv4gw-1 vpc-1"
  pings one 198.51.100.10
  pings client 203.0.113.1
}

central() {
  echo "Enabled, with routes to it: the way out is open, the way in is closed."
  refused OperationDenied.ConflictOfAllZeroRouting "enable-vpc-ipv4-gateway ipv4gw-1 vtb-13"
  does "enable-vpc-ipv4-gateway ipv4gw-1 vtb-1 vtb-11 vtb-12"
  pings one 198.51.100.10
  pings two 198.51.100.10
  fetches one 198.51.100.10 203.0.113.1
  lost client 203.0.113.1 NO_INGRESS_ROUTE
  lost client 203.0.113.2 NO_INGRESS_ROUTE
  cannot_fetch client 203.0.113.1
  echo "A vSwitch without a route to the gateway is private."
  does "delete-route-entry vtb-12 0.0.0.0/0"
  lost two 198.51.100.10 NO_ROUTE
  does "create-route-entry vtb-12 0.0.0.0/0 ipv4gw-1"
  pings two 198.51.100.10
}

inbound() {
  echo "A gateway route table lets the Internet in to two servers, and to nothing else."
  does "create-route-table vtb-20 vpc-1 type=gateway" \
    "update-gateway-route-table-entry-attribute vtb-20 10.0.0.0/24 i-1" \
    "update-gateway-route-table-entry-attribute vtb-20 10.0.1.0/24 i-2"
  lost client 203.0.113.1 NO_INGRESS_ROUTE
  does "associate-route-table-with-gateway vtb-20 ipv4gw-1"
  pings client 203.0.113.1
  pings client 203.0.113.2
  lost client 203.0.113.4 APPLIANCE_NOT_FORWARDING
  lost client 203.0.113.77 NO_DEST_MAPPING
  lost client 10.0.0.10 NO_DEST_MAPPING
  lost client 10.0.0.11 NO_DEST_MAPPING
  pings one 198.51.100.10
  pings two 198.51.100.10
}

counters() {
  echo "Every packet is counted once, and every public address has a meter."
  moves '[^f]|flows (opened|translations)' "
    flows opened=1
    in 203.0.113.1 bytes=384
    in 203.0.113.1 packets=3
    next deliver bytes=384
    next deliver packets=3
    next internet bytes=384
    next internet packets=3
    out 203.0.113.1 bytes=384
    out 203.0.113.1 packets=3
    port i-1 received=3
    port i-1 sent=3
    port internet received=3
    port internet sent=3" pings client 203.0.113.1 -s 100
  moves '[^f]|flows (opened|translations)' "
    flows opened=1
    flows translations=1
    in 203.0.113.9 bytes=252
    in 203.0.113.9 packets=3
    next deliver bytes=252
    next deliver packets=3
    next internet bytes=252
    next internet packets=3
    out 203.0.113.9 bytes=252
    out 203.0.113.9 packets=3
    port i-3 received=3
    port i-3 sent=3
    port internet received=3
    port internet sent=3" pings nat 198.51.100.10
  echo "What is dropped is counted, and billed to nobody."
  moves '[^f]|flows (opened|translations)' "
    drop APPLIANCE_NOT_FORWARDING bytes=168
    drop APPLIANCE_NOT_FORWARDING packets=2
    next drop bytes=168
    next drop packets=2
    port internet received=2" lost client 203.0.113.4 APPLIANCE_NOT_FORWARDING
}

# forges FROM SOURCE TO REASON: it has an address that is not its own.
forges() {
  within "$1" ip address add "$2/32" dev lo
  lost "$1" "$3" "$4" -I "$2"
  within "$1" ip address del "$2/32" dev lo
}

forged() {
  echo "Nobody sends in another's name, from inside or from outside."
  forges two 10.0.1.99 198.51.100.10 SPOOFED_SOURCE
  forges two 10.0.0.10 198.51.100.10 SPOOFED_SOURCE
  forges two 203.0.113.1 198.51.100.10 SPOOFED_SOURCE
  forges two 198.51.100.99 203.0.113.1 SPOOFED_SOURCE
  forges two 10.0.0.11 10.0.0.10 SPOOFED_SOURCE
  forges client 10.0.1.10 203.0.113.1 MARTIAN_SOURCE
  forges client 192.168.7.7 203.0.113.1 MARTIAN_SOURCE
  forges client 100.64.0.7 203.0.113.2 MARTIAN_SOURCE
  echo "The Internet has no private addresses."
  lost one 192.168.7.7 MARTIAN_DESTINATION
  lost one 10.200.0.1 MARTIAN_DESTINATION
}

tcp() {
  echo "TCP in and out."
  fetches client 203.0.113.1 198.51.100.10
  fetches client 203.0.113.2 198.51.100.10
  fetches one 198.51.100.10 203.0.113.1
  fetches two 198.51.100.10 203.0.113.2
  fetches one 10.0.1.10 10.0.0.10
  fetches one 203.0.113.2 203.0.113.1 # by the Internet and back
  fetches_large client 203.0.113.1
  fetches_large two 198.51.100.10
  [ -z "$short" ] || return 0
  measures client 203.0.113.1 -n 8M
  measures client 203.0.113.1 -n 8M -R
  measures two 198.51.100.10 -n 8M
  measures two 198.51.100.10 -n 8M -R
  measures client 203.0.113.2 -u -b 20M -n 1M
  measures two 198.51.100.10 -u -b 20M -n 1M
}

fragments() {
  echo "Packets that are larger than the MTU go in pieces."
  pings one 198.51.100.10 -s 4000
  pings client 203.0.113.2 -s 4000
  pings client 203.0.113.2 -s 30000
}

hops() {
  echo "The border is a hop like any other."
  traces one 198.51.100.10 "192.0.2.2 192.0.2.1 198.51.100.10"
  traces one 198.51.100.10 "192.0.2.2 192.0.2.1 198.51.100.10" -I
  traces one 198.51.100.10 "192.0.2.2 192.0.2.1 198.51.100.10" -T -p 80
  traces client 203.0.113.1 "198.51.100.1 192.0.2.2 203.0.113.1"
}

nat() {
  echo "A server without a public address shares that of a NAT gateway."
  pings nat 198.51.100.10
  fetches nat 198.51.100.10 203.0.113.9
  fetches nat 203.0.113.1 203.0.113.9
  fetches_large nat 198.51.100.10
  pings nat 10.0.0.10
  pings nat 198.51.100.10 -s 4000
  traces nat 198.51.100.10 "192.0.2.2 192.0.2.1 198.51.100.10"
  traces nat 198.51.100.10 "192.0.2.2 192.0.2.1 198.51.100.10" -I
  lost client 203.0.113.9 NO_DNAT_ENTRY
  cannot_fetch client 203.0.113.9
  [ -z "$short" ] || return 0
  measures nat 198.51.100.10 -n 8M
  measures nat 198.51.100.10 -n 8M -R -P 4
  measures nat 198.51.100.10 -u -b 20M -n 1M
}

dnat() {
  echo "A forward entry of the NAT gateway opens one port."
  does "create-forward-entry ngw-1 eip-9 tcp 8080 10.0.2.10 80"
  fetches client 203.0.113.9:8080 198.51.100.10
  fetches_large client 203.0.113.9:8080
  cannot_fetch client 203.0.113.9:8081
  fetches nat 198.51.100.10 203.0.113.9
  does "delete-forward-entry ngw-1 eip-9 tcp 8080"
  cannot_fetch client 203.0.113.9:8080
}

chain() {
  echo "Behind the NAT gateway the way goes on through a firewall, both ways."
  does "create-route-table vtb-14 vpc-1" "create-route-entry vtb-14 0.0.0.0/0 i-5" \
    "associate-route-table vtb-14 vsw-4" \
    "update-gateway-route-table-entry-attribute vtb-20 10.0.3.0/24 i-5" \
    "create-forward-entry ngw-1 eip-9 tcp 8080 10.0.2.10 80"
  moves 'next|port i-5|out|in|drop' "
    in 203.0.113.9 bytes=252
    in 203.0.113.9 packets=3
    next deliver bytes=252
    next deliver packets=3
    next forward bytes=504
    next forward packets=6
    next internet bytes=252
    next internet packets=3
    out 203.0.113.9 bytes=252
    out 203.0.113.9 packets=3
    port i-5 received=6
    port i-5 sent=6" pings nat 198.51.100.10
  fetches nat 198.51.100.10 203.0.113.9
  fetches client 203.0.113.9:8080 198.51.100.10
  fetches_large nat 198.51.100.10
  pings nat 198.51.100.10 -s 4000
  traces nat 198.51.100.10 "10.0.4.10 192.0.2.2 192.0.2.1 198.51.100.10"
  does "delete-forward-entry ngw-1 eip-9 tcp 8080" \
    "update-gateway-route-table-entry-attribute vtb-20 10.0.3.0/24 local" \
    "unassociate-route-table vtb-14 vsw-4" "delete-route-entry vtb-14 0.0.0.0/0" \
    "delete-route-table vtb-14"
  pings nat 198.51.100.10
}

# leads IN OUT: the first server's traffic goes by these hops.
leads() {
  does "update-gateway-route-table-entry-attribute vtb-20 10.0.0.0/24 local" \
    "update-gateway-route-table-entry-attribute vtb-20 10.0.0.0/24 $1" \
    "modify-route-entry vtb-11 0.0.0.0/0 $2"
}

firewall() {
  echo "Traffic is led through a firewall, a Linux host that forwards."
  refused OperationDenied.UpdateGatewayRouteEntry \
    "update-gateway-route-table-entry-attribute vtb-20 10.0.0.0/24 i-5"
  leads i-5 i-5
  local before
  before=$(statistic "port i-5 received=")
  pings client 203.0.113.1
  pings one 198.51.100.10
  grown "port i-5 received=" "$before" 12 || failed "the firewall should see both ways"
  passed "the firewall has seen both ways of both"
  fetches client 203.0.113.1 198.51.100.10
  fetches one 198.51.100.10 203.0.113.1
  fetches_large one 198.51.100.10
  pings client 203.0.113.1 -s 4000
  traces one 198.51.100.10 "10.0.4.10 192.0.2.2 192.0.2.1 198.51.100.10"
  # Outside the firewall shows as the server that it stands in front of.
  traces client 203.0.113.1 "198.51.100.1 203.0.113.1 192.0.2.2 203.0.113.1"
  traces client 203.0.113.1 "198.51.100.1 203.0.113.1 192.0.2.2 203.0.113.1" -I
  pings client 203.0.113.2
  echo "One that does not forward lets nobody through, and may not send in others' names any more."
  does "set-forward i-5 off"
  lost client 203.0.113.1 APPLIANCE_NOT_FORWARDING
  lost one 198.51.100.10 APPLIANCE_NOT_FORWARDING
  forges firewall 198.51.100.99 203.0.113.2 SPOOFED_SOURCE
  does "set-forward i-5 on"
  pings client 203.0.113.1
  leads i-1 ipv4gw-1
  pings client 203.0.113.1
}

gwlb() {
  echo "Traffic is led through the appliances of a gateway load balancer."
  leads ep-1 ep-1
  pings client 203.0.113.1
  pings one 198.51.100.10
  fetches client 203.0.113.1 198.51.100.10
  fetches one 198.51.100.10 203.0.113.1
  fetches_large client 203.0.113.1
  pings client 203.0.113.1 -s 4000

  echo "Both ways of a flow meet the same appliance."
  : >"$work/app-1.txt"
  : >"$work/app-2.txt"
  local _
  for _ in $(seq 20); do
    within client curl -sS --max-time 5 http://203.0.113.1 >/dev/null || failed "a fetch"
  done
  meet_one_appliance ' in 198[.]51[.]100[.]10:[0-9]+ > 203[.]0[.]113[.]1:80 ' ' out 10[.]0[.]0[.]10:80 > '

  echo "When it fails the flow goes to the other."
  local in_use
  within client ping -n -c 1000 -i 0.05 -W 2 203.0.113.1 >"$work/ping.txt" 2>&1 &
  local ping=$!
  sleep 0.4
  in_use=$(last_inspector)
  does "set-appliance app-$in_use unhealthy"
  sleep 0.4
  [ "$(last_inspector)" = $((3 - in_use)) ] || failed "the other appliance should have the flow"
  does "set-appliance app-$in_use healthy"
  sleep 0.4
  [ "$(last_inspector)" = "$in_use" ] || failed "the flow should be back at its appliance"
  # Its process dies: the first packet that it does not take tells the router.
  end_appliance "$in_use"
  sleep 0.4
  interrupt client ping
  wait "$ping" || true
  output=$(cat "$work/ping.txt" "$work/router.txt")
  [ "$(last_inspector)" = $((3 - in_use)) ] || failed "the other appliance should have the flow"
  local sent received
  read -r sent received < <(sed -nE \
    's/^([0-9]+) packets transmitted, ([0-9]+) received.*/\1 \2/p' "$work/ping.txt") || true
  [ "${sent:-0}" -ge 20 ] && [ $((sent - received)) -le 3 ] ||
    failed "a failing appliance should cost no more than a packet or two"
  passed "$received of $sent echoes came back while the appliance failed, recovered and died"

  echo "None left: nothing passes, unless the GWLB fails open."
  end_appliance "$((3 - in_use))"
  within client ping -n -c 1 -W 0.5 203.0.113.1 >/dev/null 2>&1 || true
  lost client 203.0.113.1 APPLIANCE_UNAVAILABLE
  lost one 198.51.100.10 APPLIANCE_UNAVAILABLE
  leads ep-2 ep-2
  pings client 203.0.113.1
  pings one 198.51.100.10
  start_appliance 1
  start_appliance 2
  sleep 0.2
  does "set-appliance app-1 healthy" "set-appliance app-2 healthy"
  leads ep-1 ep-1
  pings client 203.0.113.1
  leads i-1 ipv4gw-1
  pings client 203.0.113.1
}

inspected() {
  echo "Behind the NAT gateway the way goes on through the appliances, both ways."
  does "create-route-table vtb-14 vpc-1" "create-route-entry vtb-14 0.0.0.0/0 ep-1" \
    "associate-route-table vtb-14 vsw-4" \
    "update-gateway-route-table-entry-attribute vtb-20 10.0.3.0/24 ep-1" \
    "create-forward-entry ngw-1 eip-9 tcp 8080 10.0.2.10 80"
  moves 'next|out|in|drop' "
    in 203.0.113.9 bytes=252
    in 203.0.113.9 packets=3
    next deliver bytes=252
    next deliver packets=3
    next inspect bytes=504
    next inspect packets=6
    next internet bytes=252
    next internet packets=3
    out 203.0.113.9 bytes=252
    out 203.0.113.9 packets=3" pings nat 198.51.100.10
  : >"$work/app-1.txt"
  : >"$work/app-2.txt"
  local _
  for _ in $(seq 16); do
    within nat curl -sS --max-time 5 http://198.51.100.10 >/dev/null || failed "a fetch"
    within client curl -sS --max-time 5 http://203.0.113.9:8080 >/dev/null || failed "a fetch"
  done
  # On the way out an appliance sees the private address, on the way in the public one.
  meet_one_appliance ' out 10[.]0[.]2[.]10:[0-9]+ > 198[.]51[.]100[.]10:80 ' ' in 198[.]51[.]100[.]10:80 > 203[.]0[.]113[.]9:'
  meet_one_appliance ' in 198[.]51[.]100[.]10:[0-9]+ > 203[.]0[.]113[.]9:8080 ' ' out 10[.]0[.]2[.]10:80 > '
  fetches nat 198.51.100.10 203.0.113.9
  fetches client 203.0.113.9:8080 198.51.100.10
  fetches_large nat 198.51.100.10
  fetches_large client 203.0.113.9:8080
  pings nat 198.51.100.10 -s 4000
  traces nat 198.51.100.10 "192.0.2.2 192.0.2.1 198.51.100.10"
  does "delete-forward-entry ngw-1 eip-9 tcp 8080" \
    "update-gateway-route-table-entry-attribute vtb-20 10.0.3.0/24 local" \
    "unassociate-route-table vtb-14 vsw-4" "delete-route-entry vtb-14 0.0.0.0/0" \
    "delete-route-table vtb-14"
  pings nat 198.51.100.10
}

delete() {
  echo "Deleted in private mode, the gateway leaves a VPC that is cut off."
  refused OperationDenied.GatewayAlreadyAssociated "delete-ipv4-gateway ipv4gw-1"
  does "dissociate-route-table-from-gateway vtb-20 ipv4gw-1"
  lost client 203.0.113.1 NO_INGRESS_ROUTE
  pings one 198.51.100.10
  refused OperationDenied.RouteEntryExist "delete-ipv4-gateway ipv4gw-1"
  does "delete-route-entry vtb-1 0.0.0.0/0" "delete-route-entry vtb-11 0.0.0.0/0" \
    "delete-route-entry vtb-12 0.0.0.0/0" "delete-ipv4-gateway ipv4gw-1"
  cut_off
  pings one 10.0.1.10
  does "create-ipv4-gateway ipv4gw-1 vpc-1"
  cut_off
  echo "Deleted in public mode, it leaves a VPC as it was at first."
  does "enable-vpc-ipv4-gateway ipv4gw-1 vtb-1 vtb-11 vtb-12"
  pings one 198.51.100.10
  lost client 203.0.113.1 NO_INGRESS_ROUTE
  does "delete-ipv4-gateway ipv4gw-1 mode=public"
  pings one 198.51.100.10
  pings nat 198.51.100.10
  pings client 203.0.113.1
  pings client 203.0.113.4
  fetches client 203.0.113.2 198.51.100.10
}
cut_off() {
  lost one 198.51.100.10 VPC_PRIVATE_ONLY
  lost nat 198.51.100.10 VPC_PRIVATE_ONLY
  lost client 203.0.113.1 VPC_PRIVATE_ONLY
  lost client 203.0.113.2 VPC_PRIVATE_ONLY
}

# What was captured at both sides: no checksum is wrong in tcpdump's eyes.
captures() {
  echo "Every checksum that was captured:"
  local place good total=0
  for place in provider one two nat; do
    interrupt "$place" tcpdump
    tcpdump -vv -n -r "$work/$place.pcap" >"$work/$place.seen" 2>"$work/error" ||
      fail "tcpdump: $(tail -1 "$work/error")"
    # tcpdump's words for a wrong checksum of IP, TCP and UDP, and ICMP.
    if grep -m 5 -B 1 -E 'bad cksum|incorrect|bad udp cksum|wrong icmp cksum' "$work/$place.seen"; then
      fail "a checksum is wrong"
    fi
    good=$(grep -c 'correct\|sum ok' "$work/$place.seen" || true)
    total=$((total + good))
    passed "at $place: $good are right"
  done
  [ "$total" -ge 20 ] || fail "tcpdump has checked little"
}

# sum PATTERN: of all the numbers like this.
sum() { numbers "$1" | awk -F = '{ sum += $2 } END { print sum + 0 }'; }
# balances WHAT NUMBER NUMBER
balances() {
  [ "$2" -eq "$3" ] || failed "$1 should be the same: $2, $3"
  passed "$1: $2"
}

# Every packet was counted, and the Internet's side agrees with the meters to the byte.
accounts() {
  [ -n "$with_stats" ] || return 0
  echo "The router's books:"
  output=$(console stats)
  balances "packets received and judged" "$(sum 'port .* received=')" "$(sum 'next .* packets=')"
  balances "packets dropped and reasons" "$(sum 'next drop packets=')" "$(sum 'drop .* packets=')"
  balances "bytes to the Internet and metered" "$(sum 'next internet bytes=')" "$(sum 'out .* bytes=')"
  if ! grep -q '^0 packets dropped by kernel' "$work/provider-tcpdump.txt"; then
    echo "  tcpdump has missed some packets, so its bytes are not compared"
    return 0
  fi
  local address
  # Those that the router has sent, by their headers.
  tcpdump -v -n -r "$work/provider.pcap" ether src "$(within router cat /sys/class/net/veth-inet/address)" \
    2>/dev/null | awk '/^[^ \t].* IP \(/ { bytes = $NF + 0 }
      /^    / && bytes { split($1, a, "."); sent[a[1] "." a[2] "." a[3] "." a[4]] += bytes; bytes = 0 }
      END { for (address in sent) print address, sent[address] }' >"$work/sent"
  for address in 203.0.113.1 203.0.113.2 203.0.113.4 203.0.113.9; do
    balances "bytes from $address metered and captured" "$(sum "out $address bytes=")" \
      "$(awk -v a="$address" '$1 == a { bytes = $2 } END { print bytes + 0 }' "$work/sent")"
  done
}

# ---- All of it -------------------------------------------------------------------------------------

build_network
start_servers
start_router
for step in "${steps[@]}"; do
  [ "$(type -t "$step")" = function ] || fail "there is no step $step"
  printf '\n== %s (at %s s)\n' "$step" "$SECONDS"
  "$step"
done
printf '\n== captures (at %s s)\n' "$SECONDS"
captures
accounts
kill -0 "$router_pid" 2>/dev/null || fail "the router has died: $(cat "$work/router.txt")"
printf '\n%s checks of real traffic passed%s in %s s\n' "$checks" "$dpdk" "$SECONDS"
