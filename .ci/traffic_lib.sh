# The checks of traffic.sh: each says in a line what has passed, and ends the run if it has not. Sourced
# after lib.sh; `within`, `console` and the router's `stats` are all that they look through.
# shellcheck shell=bash

checks=0
passed() {
  checks=$((checks + 1))
  printf '  %s\n' "$*"
}
failed() {
  printf '  FAILED: %s\n' "$*" >&2
  [ -z "${output-}" ] || sed 's/^/    /' <<<"$output" >&2
  { console stats; tail -n 30 "$work/router.txt"; } 2>/dev/null | sed 's/^/    /' >&2 || true
  fail "a check failed"
}

# console LINE: its answer.
console() { socat -t 10 - "UNIX-CONNECT:$socket" <<<"$1"; }
# does LINE...: each is answered ok.
does() {
  local line
  for line; do
    output=$(console "$line")
    [[ $output = ok* ]] || failed "$line"
    printf '  > %s\n' "$line"
  done
}
# refused ERROR LINE
refused() {
  output=$(console "$2")
  [[ $output = "error $1"* ]] || failed "$2 should be refused as $1"
  passed "$2 is refused: $1"
}
# statistic WORDS: the number behind them in the router's `stats`, or 0.
statistic() {
  local number
  number=$(console stats | sed -nE "s/^  $1([0-9]+).*/\1/p" | head -1)
  echo "${number:-0}"
}
drops() { statistic "drop $1 packets="; }
# grown WORDS BEFORE BY: the number is so much larger by now, or soon. Nothing is known of a router
# without `stats`.
grown() {
  local _
  [ -n "$with_stats" ] || return 0
  for _ in $(seq 20); do
    [ "$(statistic "$1")" -lt $(($2 + $3)) ] || return 0
    sleep 0.05
  done
  return 1
}

# numbers PATTERN: of the router's `stats` those whose names are like this, as `next drop packets=7`.
numbers() {
  console stats | awk -v OFS= '/^  / {
      name = ""
      for (i = 1; i <= NF; i++)
        if ($i ~ /=/) print name, $i
        else name = name $i " "
    }' | grep -E "^($1)" || true
}
# moves PATTERN "NUMBERS" COMMAND...: of the numbers like this the command moves those by so much, as
# `next drop packets=2`, sorted, and no other.
moves() {
  [ -n "$with_stats" ] || return 0
  local before
  before=$(numbers "$1")
  output=$("${@:3}" 2>&1) || failed "${*:3}"
  output=$(awk -F = 'FNR == NR { before[$1] = $2; next } $2 != before[$1] { print $1 "=" $2 - before[$1] }' \
    <(printf '%s\n' "$before") <(numbers "$1") | sort)
  [ "$output" = "$(sed 's/^ *//; /^$/d' <<<"$2")" ] || failed "${*:3} should move the counters $1 by $2"
  passed "${*:3} moves $(wc -l <<<"$output") counters, and no other"
}
# pings FROM TO [OPTION...]: every echo is answered. The last one may take as long as the interval.
pings() {
  output=$(within "$1" ping -n -c 3 -l 3 -i 2 -W 2 "${@:3}" "$2" 2>&1) || true
  grep -q '3 packets transmitted, 3 received, 0% packet loss' <<<"$output" || failed "$1 pings ${*:2}"
  passed "$1 pings ${*:2}: $(sed -n 's/.*, \(.*packet loss\).*/\1/p' <<<"$output")"
}
# lost FROM TO REASON [OPTION...]: no echo is answered; the router drops them for that reason.
lost() {
  local before
  before=$(drops "$3")
  output=$(within "$1" ping -n -c 2 -l 2 -W 0.2 "${@:4}" "$2" 2>&1) || true
  grep -q '2 packets transmitted, 0 received.* 100% packet loss' <<<"$output" ||
    failed "$1 should not reach $2"
  grown "drop $3 packets=" "$before" 2 || failed "$1 to $2 should be dropped as $3"
  passed "$1 pings ${*:4}${4:+ }$2 in vain: $3"
}
# fetches FROM URL ASKER: the server sees the request come from ASKER.
fetches() {
  output=$(within "$1" curl -sS --max-time 5 "http://$2" 2>&1) || failed "$1 fetches $2"
  [ "$output" = "asked by $3" ] || failed "$1 fetches $2 as $3"
  passed "$1 fetches http://$2: $output"
}
# cannot_fetch FROM URL
cannot_fetch() {
  output=$(within "$1" curl -sS --max-time 0.5 "http://$2" 2>&1) && failed "$1 should not fetch $2"
  passed "$1 cannot fetch http://$2"
}
# fetches_large FROM HOST: three megabytes arrive unharmed.
fetches_large() {
  within "$1" curl -sS --max-time 20 -o "$work/got" "http://$2/large" || failed "$1 fetches $2/large"
  cmp "$work/large" "$work/got" || failed "what $1 fetches from $2 is damaged"
  passed "$1 fetches 3 MB from http://$2 unharmed"
}
# measures FROM TO [OPTION...]: iperf3 gets all its bytes through.
measures() {
  output=$(within "$1" iperf3 -c "$2" --connect-timeout 3000 "${@:3}" 2>&1) || failed "$1 iperf3 ${*:2}"
  local rate
  rate=$(sed -n 's/.* \([0-9.]* [GMK]bits\/sec\).*receiver.*/\1/p' <<<"$output" | tail -1)
  [ -n "$rate" ] || failed "$1 iperf3 ${*:2}"
  passed "$1 iperf3 -c ${*:2}: $rate received"
}
# traces FROM TO "HOP..." [OPTION...]: these answer, in this order.
traces() {
  output=$(within "$1" traceroute -n -q 1 -w 2 -m 8 "${@:4}" "$2" 2>&1) || failed "$1 traceroute $2"
  local hops
  hops=$(awk 'NR > 1 { printf "%s%s", separator, $2; separator = " " }' <<<"$output")
  [ "$hops" = "$3" ] || failed "$1 traceroute ${*:4}${4:+ }$2 should be by $3"
  passed "$1 traceroute ${*:4}${4:+ }$2: $hops"
}
# Which appliance has taken the last packet: its number.
last_inspector() {
  local newest
  newest=$(ls -t "$work"/app-?.txt | head -1)
  newest=${newest%.txt}
  echo "${newest##*-}"
}
# meet_one_appliance OPENER ANSWERER: of flows that came one after the other, whose packets the appliances
# have logged like this from either side, each has met one appliance, with both ways; and both appliances
# have had some. The ports of the two ways may differ, behind a NAT gateway.
meet_one_appliance() {
  output=$(awk -v opener="$1" -v answerer="$2" '
    function note(way) {
      if ($0 in by) { split_up += by[$0] != FILENAME; return }
      by[$0] = FILENAME
      one_way += way == 1 ? opened[FILENAME] : !opened[FILENAME]
      opened[FILENAME] = way == 1
      flows[FILENAME] += way == 2
    }
    $0 ~ opener { note(1) }
    $0 ~ answerer { note(2) }
    END {
      for (appliance in opened) one_way += opened[appliance]
      print flows[ARGV[1]] + 0, flows[ARGV[2]] + 0, split_up + 0, one_way + 0
    }' "$work/app-1.txt" "$work/app-2.txt")
  output="by app-1, by app-2, split up, one way only: $output"
  [[ $output =~ :\ [1-9][0-9]*\ [1-9][0-9]*\ 0\ 0$ ]] || failed "flows should meet one appliance each"
  passed "flows $output"
}
# pids_of SPACE COMMAND: its processes of that name.
pids_of() {
  local pid
  for pid in $(ip netns pids "$prefix-$1"); do
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != "$2" ] || echo "$pid"
  done
}

# interrupt SPACE COMMAND: its processes of that name end; given two seconds for it.
interrupt() {
  local pid
  for pid in $(pids_of "$1" "$2"); do
    kill -INT "$pid"
    for _ in $(seq 40); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.05
    done
  done
}
