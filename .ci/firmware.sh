#!/usr/bin/env bash
# Builds the firmware images of core/examples/firmware (Rust) and ffi/examples/firmware (C), runs them on
# boards in QEMU, and compares what they answer with the host's console, byte for byte; resets them and cuts
# their power at random moments. Prints what they take. Installs what is missing and says what. With
# `--resets N` it does that alone, N times to each image. With `--console rust` or `--console c` that image
# alone: its console is standard input and output.
. "$(dirname "$0")/lib.sh"

talk= only_resets= resets=30
if [ "${1:-}" = --console ]; then
  talk=${2:-}
  [[ $talk = rust || $talk = c ]] || fail "--console is of rust or c"
elif [ "${1:-}" = --resets ]; then
  only_resets=yes resets=${2:-}
  [[ $resets =~ ^[1-9][0-9]*$ ]] || fail "--resets takes how many"
elif [ $# -gt 0 ]; then
  fail "no argument $1"
fi

m4=thumbv7em-none-eabi
m0=thumbv6m-none-eabi
work=$target_dir/firmware-runs
rust=core/examples/firmware
c=ffi/examples/firmware
# Instructions of the emulator take 64 ns of the board's time, ticks of the MPS2 board's clock 40 ns.
counting=(-icount shift=6)

# ---- What it takes ------------------------------------------------------------------------------

packages=()
need() { command -v "$1" >/dev/null || packages+=("$2"); }
need qemu-system-arm qemu-system-arm
need arm-none-eabi-gcc gcc-arm-none-eabi
need python3 python3
case $(arm-none-eabi-gcc -print-file-name=libc_nano.a 2>/dev/null || true) in
  */*) ;;
  *) packages+=(libnewlib-arm-none-eabi) ;;
esac
install_debian "${packages[@]}"
cross_targets "$m4" "$m0"
cargo_tool defmt-print defmt-print "$defmt_print_version"
decoder=$(tool defmt-print defmt-print "$defmt_print_version")

# ---- Images -------------------------------------------------------------------------------------

images=$work/images
rm -rf "$work"
mkdir -p "$images"

# rust_image NAME TARGET BINARY [OPTION...]
rust_image() {
  (cd "$rust" && cross_cargo "$2" "$target_dir/firmware" build --quiet --locked --release --bin "$3" "${@:4}")
  cp "$(cross_folder "$2" "$target_dir/firmware")/release/$3" "$images/$1"
}

# c_image NAME TARGET BOARD PROGRAM [OPTION...]
c_image() {
  local cpu=cortex-m4 sources=("$c/startup.c" "$c/stack.c" "$c/$3.c" "$c/$4.c")
  [ "$2" = "$m4" ] || cpu=cortex-m0
  [ "$4" != console ] || sources+=("$c/kept.c")
  arm-none-eabi-gcc -mcpu=$cpu -mthumb -mfloat-abi=soft -std=c11 -Os -g -ffunction-sections -fdata-sections \
    -Wall -Wextra -Wpedantic -Wconversion -Werror -Iinclude "${@:5}" \
    "${sources[@]}" "$(.ci/clib.sh "$2")" \
    -nostartfiles --specs=nano.specs -L"$c" -T"$c/$3.ld" -Wl,--gc-sections,-z,noexecstack -o "$images/$1"
}

# flash NAME, memory NAME: bytes; external memory and the stack's are not counted.
flash() { arm-none-eabi-size "$images/$1" | awk 'NR == 2 { print $1 + $2 }'; }
memory() {
  arm-none-eabi-size -A "$images/$1" | awk '/^\.(data|bss|uninit) / { sum += $2 } END { print sum }'
}

# ---- Boards -------------------------------------------------------------------------------------

# board IMAGE LOG [OPTION...]: runs the image until it ends and writes its log as text. Rust logs by
# semihosting, C on the last UART.
board() {
  local image=$1 log=$2 machine=mps2-an386 code=0
  shift 2
  [[ $image != *-m0 ]] || machine=microbit
  local command=(timeout 240 qemu-system-arm -M "$machine" -display none -monitor none
    -semihosting-config "enable=on,target=native" -kernel "$images/$image")
  if [[ $image = rust-* ]]; then
    "${command[@]}" "$@" >"$log.raw" || code=$?
    "$decoder" -e "$images/$image" <"$log.raw" >"$log"
  else
    "${command[@]}" "$@" -serial "file:$log" || code=$?
  fi
  [ "$code" -eq 0 ] || {
    tail -5 "$log" >&2
    fail "$image ended with $code; its log is $log"
  }
}

# wires FOLDER: pipes for the console of a board; its options for QEMU are in `uart` then.
wires() {
  mkdir -p "$1"
  rm -f "$1/uart.in" "$1/uart.out"
  mkfifo "$1/uart.in" "$1/uart.out"
  uart=(-chardev "pipe,id=console,path=$1/uart" -serial chardev:console)
}

# pour IMAGE FOLDER NAME [OPTION...]: the board gets FOLDER/NAME.in as fast as it takes it, then the end of
# the input; its answers are in FOLDER/NAME.out, its log in FOLDER/NAME.log.
pour() {
  local image=$1 folder=$2 name=$3 uart
  shift 3
  wires "$folder"
  { cat "$folder/$name.in" && printf '\004'; } >"$folder/uart.in" &
  cat "$folder/uart.out" >"$folder/$name.out" &
  board "$image" "$folder/$name.log" "${uart[@]}" "$@"
  wait
}

# converse IMAGE FOLDER NAME [OPTION...]: as `pour`, but a line is sent when the answer to the one before
# has come: nothing but the line and its answer is in what the board measures. Behind each line its
# state's hash is asked for.
converse() {
  local image=$1 folder=$2 name=$3 uart line answer
  shift 3
  wires "$folder"
  board "$image" "$folder/$name.log" "${uart[@]}" "$@" &
  {
    exec 3>"$folder/uart.in" 4<"$folder/uart.out"
    while IFS= read -r line; do
      printf '%s\nhash\n' "$line" >&3
      while IFS= read -r -t 20 -u 4 answer; do
        printf '%s\n' "$answer"
        [[ $answer != 'ok hash='* ]] || break
      done
    done <"$folder/$name.in"
    printf '\004' >&3
    cat <&4
    exec 3>&- 4<&-
  } >"$folder/$name.out"
  wait $!
}

# same FOLDER NAME WANTED: the answers are those of the host.
same() {
  cmp "$1/$2.out" "$3" || {
    diff "$1/$2.out" "$3" | head -5 >&2 || true
    fail "$1: $2 is answered otherwise than by the host"
  }
}

if [ -n "$talk" ]; then
  case $talk in
    rust) rust_image rust-firmware "$m4" console ;;
    c) c_image c-firmware "$m4" mps2 console ;;
  esac
  folder=$work/console
  wires "$folder"
  cat "$folder/uart.out" &
  [ ! -t 0 ] || echo "The board listens: a command a line, Ctrl-D ends it. The log is $folder/log." >&2
  board "$talk-firmware" "$folder/log" "${uart[@]}" </dev/null &
  { cat && printf '\004'; } >"$folder/uart.in"
  wait
  exit
fi

cargo build --quiet --release -p sekisho --example console
host=$target_dir/release/examples/console
rust_image rust-firmware "$m4" console
c_image c-firmware "$m4" mps2 console

# ---- Resets -----------------------------------------------------------------------------------------

# An image that is reset and loses power amid the commands of all scripts, one after another, and comes up with
# what it had answered; then with damaged storage. What probes have told is not kept, so none is reported.
reset() {
  local image=$1 folder=$work/$1-reset
  sed -n 's/^> //p' core/tests/vectors/*.console | grep -v '^report-probe' |
    .ci/reset.py "$images/$image" "$host" "$folder" "$resets" >"$folder.txt"
  if [[ $image = rust-* ]]; then
    # A frame that the loss of power has cut is left out.
    "$decoder" -e "$images/$image" <"$folder/reset.log.raw" >"$folder/reset.log" 2>/dev/null
  fi
  local said
  for said in 'cut[:=] *false' 'storage: nothing yet' 'it takes no change' \
    'not stored and not made: [sS]torage'; do
    grep -q "$said" "$folder/reset.log" || fail "the log of $image does not say: $said"
  done
  printf '  %s; by its log it cut %s records\n' "$(cat "$folder.txt")" \
    "$(grep -c 'cut[:=] *true' "$folder/reset.log")" >"$folder.txt.new"
  mv "$folder.txt.new" "$folder.txt"
}
if [ -n "$only_resets" ]; then
  for image in rust-firmware c-firmware; do
    reset "$image"
    cat "$work/$image-reset.txt"
  done
  exit
fi

rust_image rust-large "$m4" console --features large
rust_image rust-beside "$m4" beside
rust_image rust-newcomer-m4 "$m4" newcomer
rust_image rust-newcomer-m0 "$m0" newcomer
c_image c-large "$m4" mps2 console -DLARGE
c_image c-newcomer-m4 "$m4" mps2 newcomer -DROUTES=64
c_image c-newcomer-m0 "$m0" microbit newcomer

# ---- The console's scripts ------------------------------------------------------------------------

scripts=()
for file in core/tests/vectors/*.console; do
  name=$(basename "$file" .console)
  scripts+=("$name")
  for image in rust-firmware rust-large c-firmware c-large; do
    mkdir -p "$work/$image"
    sed -n 's/^> //p' "$file" >"$work/$image/$name.in"
  done
  lines=$work/rust-large/$name.in
  "$host" "$lines" >"$work/$name.large"
  "$host" --firmware "$lines" >"$work/$name.firmware"
  # With the hash asked for behind each line.
  awk '{ print; print "hash" }' "$lines" | "$host" --firmware >"$work/$name.hashes"
done

# Of each image all scripts; small regions line by line, large ones poured.
small() {
  local name
  for name in "${scripts[@]}"; do
    converse "$1" "$work/$1" "$name" "${counting[@]}"
    same "$work/$1" "$name" "$work/$name.hashes"
  done
}
large() {
  local name
  for name in "${scripts[@]}"; do
    pour "$1" "$work/$1" "$name"
    same "$work/$1" "$name" "$work/$name.large"
  done
}

# ---- Bad input ------------------------------------------------------------------------------------

# Lines that are too long, by little and by much, bytes of every value, and no end; between them lines
# that have to be answered as if nothing had been. 0x04 would end the input.
bad_input() {
  local length
  echo 'create-vpc vpc-1 vtb-1 10.0.0.0/16'
  for length in 511 512 513 514 515 516 5000; do
    printf 'show vpc-1 #%*s\n' $((length - 12)) '' | tr ' ' x
    printf 'show vpc-1 #%*s\r\n' $((length - 12)) ''
    printf 'create-vswitch%*s\n' "$length" ''
    echo 'show vpc-1'
  done
  for byte in $(seq 0 255); do
    case $byte in 4 | 10) continue ;; esac
    printf "show \\x$(printf %02x "$byte")vpc-1\\n\\x$(printf %02x "$byte")\\n"
  done
  printf '\0\0\0\r\n\n\r\xff\xfe\n'
  echo 'show vpc-1'
  printf 'create-vswitch vsw-1 vpc-1 10.0.0.0/24'
}
# An image goes on after it, answers as the host, and the log names each trouble: the patterns.
bad() {
  local image=$1 folder=$work/$1-bad trouble
  mkdir -p "$folder"
  bad_input >"$folder/bad.in"
  "$host" --firmware "$folder/bad.in" >"$folder/bad.wanted"
  pour "$image" "$folder" bad
  same "$folder" bad "$folder/bad.wanted"
  for trouble in 'longer than room' 'ends within a line'; do
    grep -q "$trouble" "$folder/bad.log" || fail "$image does not say that a line $trouble"
  done
}
# Half a line without an end is refused after ten seconds, and the next line is a line again.
late() {
  local image=$1 folder=$work/$1-late uart
  wires "$folder"
  cat "$folder/uart.out" >"$folder/late.out" &
  {
    printf 'create-vpc vpc-1 vtb-1 10.0.0.0/1'
    timeout 50 bash -c 'until [ -s "$0" ]; do sleep 0.2; done' "$folder/late.out" || true
    printf 'create-vpc vpc-1 vtb-1 10.0.0.0/16\n\004'
  } >"$folder/uart.in" &
  board "$image" "$folder/late.log" "${uart[@]}"
  wait
  printf 'error InvalidCommand\nok\n' >"$folder/wanted"
  same "$folder" late "$folder/wanted"
  grep -q 'has not ended in time' "$folder/late.log" || fail "$image does not say that a line has no end"
}

# ---- All of it, side by side ------------------------------------------------------------------------

others() {
  bad rust-firmware
  bad c-firmware
  board rust-beside "$work/beside.log" "${counting[@]}" -serial null
  board rust-newcomer-m4 "$work/rust-newcomer-m4.log" "${counting[@]}" -serial null
  board rust-newcomer-m0 "$work/rust-newcomer-m0.log" "${counting[@]}" -serial null
  board c-newcomer-m4 "$work/c-newcomer-m4.log" -serial null
  board c-newcomer-m0 "$work/c-newcomer-m0.log"
}
# What the image logs of its check at the start, decoded: an error, a verdict, a step, a drop.
logged() {
  local shown log=$work/rust-firmware/walkthrough.log
  for shown in 'DuplicateId' 'Verdict { action: Egress' 'the query: Internet' 'Drop(Malformed)' 'stack=.* Done'; do
    grep -q "$shown" "$log" || fail "$log has no $shown"
  done
}
running=()
start=$SECONDS
for job in "late rust-firmware" "late c-firmware" "small rust-firmware" "small c-firmware" \
  "large rust-large" "large c-large" "reset rust-firmware" "reset c-firmware" others; do
  $job &
  running+=($!)
done
for process in "${running[@]}"; do
  wait "$process" || fail "an image is not as it should be"
done
logged

# ---- What came of it --------------------------------------------------------------------------------

# lines FILE...: how many there are.
lines() { cat "$@" | wc -l; }
inputs=("${scripts[@]/#/$work/rust-large/}")
inputs=("${inputs[@]/%/.in}")
printf '%s scripts of %s lines, answered as by the host, byte for byte, in %s s\n' \
  "${#scripts[@]}" "$(lines "${inputs[@]}")" $((SECONDS - start))

fitting=() others=()
for name in "${scripts[@]}"; do
  if cmp -s "$work/$name.large" "$work/$name.firmware"; then fitting+=("$name"); else others+=("$name"); fi
done
echo 'reset and cut off from power, amid writes too, and each time with what had been answered ok:'
cat "$work/rust-firmware-reset.txt" "$work/c-firmware-reset.txt"
printf 'the firmware profile has room for all of %s of them: %s\n' "${#fitting[@]}" "${fitting[*]}"
echo 'the others first meet a capacity, the same as on the host, at:'
for name in "${others[@]}"; do
  # The line whose answer is the first CapacityExceeded; of each line there is one hash.
  number=$(awk '/^error CapacityExceeded/ { print hashes + 1; exit } /^ok hash=/ { hashes++ }' \
    "$work/$name.hashes")
  printf '  %-22s %s\n' "$name" "$(sed -n "${number}p" "$work/rust-large/$name.in")"
done

printf '\nwhat the images take, in bytes (the stack as deep as it was, interrupts included):\n'
printf '  %-18s %8s %8s %8s\n' image flash RAM stack
# Of a log the deepest stack.
deepest() { sed -n 's/.* stack=\([0-9]*\).*/\1/p' "$@" | sort -n | tail -1; }
for image in rust-firmware c-firmware rust-large c-large rust-beside rust-newcomer-m4 c-newcomer-m4 \
  rust-newcomer-m0 c-newcomer-m0; do
  logs=("$work/$image/"*.log)
  [ -e "${logs[0]}" ] || logs=("$work/${image#rust-}.log" "$work/$image.log")
  printf '  %-18s %8s %8s %8s\n' "$image" "$(flash "$image")" "$(memory "$image")" \
    "$(deepest "${logs[@]}" 2>/dev/null)"
done

printf '\nconsole lines by class, at worst: bytes of stack beyond the main loop'\''s; instructions, without\n'
printf 'interrupts for other lines, of the firmware profile:\n'
printf '  %-34s %6s %6s %9s %9s\n' '' 'Rust' 'C' 'Rust' 'C'
# Rows of image, class, stack, instructions; a class for each verb.
awk '
  function class(verb) {
    if (verb ~ /^dry-run/) return "dry-run"
    if (verb ~ /^(explain|diff|audit|prove|readiness)/) return "explain, diff, audit, prove, ..."
    if (verb ~ /^(send|receive)$/) return "send, receive"
    if (verb ~ /^(show|list|lookup|counters|capacity|hash)$/) return "show, list, lookup, counters, hash"
    if (verb ~ /route-entry$|^announce|^withdraw|^update-gateway/) return "routes"
    if (verb ~ /gwlb|appliance|endpoint|target-group|probe|switch-active/) return "inspection"
    if (verb ~ /ipv4-gateway|with-gateway|from-gateway|^(begin|commit|abort)/) return "gateway"
    if (verb ~ /eip|nat|forward-entry/) return "addresses and NAT"
    if (verb ~ /instance|interface|forward|balancer/) return "interfaces and load balancers"
    if (verb ~ /vpc|vswitch|route-table|^region$/) return "VPCs, vSwitches, tables"
    return "lines of no form"
  }
  FNR == 1 { split(FILENAME, path, "/"); image = path[length(path) - 1]; used = 0 }
  / used=/ || /^ready/ { used = $0; sub(/.* used=/, "", used); sub(/[^0-9].*/, "", used) }
  match($0, /line: /) {
    text = substr($0, RSTART + 6)
    verb = text; sub(/ stack=.*/, "", verb)
    stack = text; sub(/.* stack=/, "", stack); sub(/ .*/, "", stack)
    ticks = text; sub(/.* ticks=/, "", ticks); sub(/ .*/, "", ticks)
    # Deeper than the main loop by so much; a tick is 40 of 64 nanoseconds.
    split(image, part, "-")
    key = part[1] SUBSEP class(verb)
    if (stack - used > deepest[key]) deepest[key] = stack - used
    if (part[2] == "firmware" && ticks * 0.625 > most[key]) most[key] = ticks * 0.625
    classes[class(verb)]
  }
  END {
    for (name in classes)
      printf "  %-34s %6d %6d %9d %9d\n", name, deepest["rust", name], deepest["c", name],
        most["rust", name], most["c", name]
  }' "$work"/{rust,c}-{firmware,large}/*.log | sort

printf '\nlookups in an interrupt beside changes, every answer before or after:\n'
sed -n 's/.*beside: \(.*: Seen.*\)/  \1/p' "$work/beside.log"
printf '\na routing table against a plain scan, and instructions a lookup, its random address included:\n'
for log in "$work"/*-newcomer-*.log; do
  # The micro:bit's clock has 16 MHz.
  awk -v image="$(basename "$log" .log)" '/newcomer:/ {
    sub(/.*newcomer: /, "")
    rate = image ~ /m0$/ ? 62.5 / 64 : 40 / 64
    if (match($0, /ticks-per-1000=[0-9]+/)) {
      instructions = int(substr($0, RSTART + 15, RLENGTH - 15) * rate / 1000)
      sub(/ticks-per-1000=[0-9]+/, "instructions=" instructions)
    }
    print "  " image ": " $0
  }' "$log"
done
