#!/usr/bin/env bash
# The headers that stand in for DPDK's rte_lpm and rte_fib: that every compiler takes them, and that they answer
# as DPDK does. A program writes what calls of a seed are answered; what DPDK 22.11 itself has written is known
# by its hash. Where DPDK is installed it is asked again, and its own tests are run with our headers; with --dpdk
# it is installed, and its sources are downloaded for its tests.
. "$(dirname "$0")/lib.sh"

seed=20221101
steps=12000
# .ci/rte.sh --record writes these, from DPDK.
golden=ffi/tests/rte.sha256
[ "${1:-}" != --dpdk ] || pkg-config --exists libdpdk 2>/dev/null || install_debian pkg-config dpdk libdpdk-dev
library=$(.ci/clib.sh)
work=$target_dir/rte
mkdir -p "$work"

warnings=(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
dpdk=()
libraries=()
# Later versions answer otherwise here and there.
if [[ $(pkg-config --modversion libdpdk 2>/dev/null) == 22.11.* ]]; then
  read -ra dpdk < <(pkg-config --cflags libdpdk)
  read -ra libraries < <(pkg-config --libs libdpdk)
fi

# Both headers in one file, then what is behind them.
printf '#include "%s"\n' sekisho_rte_lpm.h sekisho_rte_fib.h >"$work/both.h"
compiled=()
# takes COMPILER LANGUAGE STANDARD FILE ARGUMENTS...
takes() {
  "$1" -x "$2" "-std=$3" "${warnings[@]}" "${@:5}" -Iinclude -c "$4" -o "$work/taken.o" ||
    fail "$1 -std=$3 ${*:5} does not take $4"
}
for compiler in gcc clang; do
  command -v "$compiler" >/dev/null || { echo "$compiler: not here, left out" && continue; }
  for standard in c11 c17; do
    takes "$compiler" c "$standard" include/sekisho_rte.c -O2
    # What DPDK's own headers do is not ours to warn of.
    [ ${#dpdk[@]} -eq 0 ] || takes "$compiler" c "$standard" include/sekisho_rte.c -O2 "${dpdk[@]/#-I/-isystem}"
  done
  plus=${compiler/gcc/g}++
  takes "$plus" c++ c++17 "$work/both.h" -O2
  [ ${#dpdk[@]} -eq 0 ] || takes "$plus" c++ c++17 "$work/both.h" -O2 "${dpdk[@]/#-I/-isystem}"
  compiled+=("$compiler")
done
if command -v arm-none-eabi-gcc >/dev/null; then
  takes arm-none-eabi-gcc c c11 "$work/both.h" -mthumb -mcpu=cortex-m0
  takes arm-none-eabi-gcc c c11 include/sekisho_rte.c -mthumb -mcpu=cortex-m4
  compiled+=(arm-none-eabi-gcc)
fi
printf 'rte: taken by %s%s\n' "${compiled[*]}" "$([ ${#dpdk[@]} -eq 0 ] || echo ', with DPDK and without')"

# Without sekisho_rte.c.
sanitizers=(-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all)
for own in "gcc -x c -std=c11" "g++ -x c++ -std=c++17" "gcc -x c -std=c11 -DSEKISHO_RTE_LPM_NO_TBL8_LIMIT"; do
  # shellcheck disable=SC2086
  $own "${warnings[@]}" "${sanitizers[@]}" -Iinclude ffi/tests/rte_own.c -x none "$library" -o "$work/own"
  "$work/own" >"$work/own.txt" || fail "rte_own.c built by $own fails"
done
cat "$work/own.txt"

eal=(--no-pci --no-telemetry --log-level=1 --no-huge --no-shconf -m 2048 --file-prefix=sekisho-rte
  --lcores "(0,1)@($(awk '/^Cpus_allowed_list/ { print $2 }' /proc/self/status))")
for kind in lpm fib; do
  # As if there were no DPDK, under sanitizers.
  gcc -std=c11 "${warnings[@]}" "${sanitizers[@]}" -Iinclude \
    -DSEKISHO_RTE_WITHOUT_DPDK "ffi/tests/rte_$kind.c" include/sekisho_rte.c "$library" -o "$work/$kind"
  "$work/$kind" "$seed" "$steps" >"$work/$kind.txt" || fail "rte_$kind.c does not come to its end"
  if [ ${#dpdk[@]} -ne 0 ]; then
    gcc -std=gnu11 -O2 -Wall -Wextra -Werror -DPEER "${dpdk[@]}" "ffi/tests/rte_$kind.c" "${libraries[@]}" \
      -o "$work/$kind-peer"
    gcc -std=gnu11 -O2 -Wall -Wextra -Werror -Iinclude "${dpdk[@]}" "ffi/tests/rte_$kind.c" \
      include/sekisho_rte.c "$library" "${libraries[@]}" -o "$work/$kind-dpdk"
    for one in peer dpdk; do
      "$work/$kind-$one" "${eal[@]}" -- "$seed" "$steps" >"$work/$kind-$one.txt" 2>"$work/$kind-$one.log" ||
        fail "$kind-$one does not come to its end; see $work/$kind-$one.log"
    done
    diff "$work/$kind-peer.txt" "$work/$kind.txt" >"$work/$kind.diff" ||
      fail "sekisho_rte_$kind.h answers otherwise than DPDK; see $work/$kind.diff"
    cmp "$work/$kind-peer.txt" "$work/$kind-dpdk.txt" || fail "sekisho_rte_$kind.h answers otherwise within DPDK"
  fi
  printf 'rte: %s lines of answers of rte_%s, %s\n' "$(wc -l <"$work/$kind.txt")" "$kind" \
    "$([ ${#dpdk[@]} -eq 0 ] && echo 'to be compared by hash' || echo "the same as DPDK's")"
done
if [ "${1:-}" = --record ]; then
  [ ${#dpdk[@]} -ne 0 ] || fail "there is no DPDK to record"
  (cd "$work" && sha256sum lpm-peer.txt fib-peer.txt) | sed 's/-peer//' >"$golden"
fi
(cd "$work" && sha256sum --quiet -c -) <"$golden" || fail "the answers are not those that DPDK gave"

if [ ${#dpdk[@]} -eq 0 ]; then
  [ "${1:-}" != --dpdk ] || fail "this is not DPDK 22.11 but $(pkg-config --modversion libdpdk)"
  echo "rte: DPDK 22.11 is not here; its own tests and readers beside changes are left out"
  exit 0
fi
# Two threads look up beside the one that changes rules, with a QSBR variable.
gcc -std=gnu11 -O2 -Wall -Wextra -Werror -DALLOW_EXPERIMENTAL_API -Iinclude "${dpdk[@]}" ffi/tests/rte_rcu.c \
  include/sekisho_rte.c "$library" "${libraries[@]}" -o "$work/rcu"
"$work/rcu" "${eal[@]}" -- "$seed" 20000 2>"$work/rcu.log" || fail "readers see what they must not; see $work/rcu.log"

# DPDK's tests of its own tables. Lines that look into rte_lpm's tbl24 are taken out: there is none.
if ! sources=$(debian_source dpdk libdpdk-dev); then
  [ "${1:-}" != --dpdk ] || fail "the sources of DPDK cannot be had"
  echo "rte: the sources of DPDK cannot be had; its own tests are left out"
  exit 0
fi
tests=$sources/app/test
cp "$sources/lib/eal/include/rte_test.h" "$work/"
for kind in lpm fib; do
  sed -e "s|<rte_$kind.h>|\"sekisho_rte_$kind.h\"|" -e '/tbl24\[/d' "$tests/test_$kind.c" >"$work/test_$kind.c"
  # Its warnings are not ours.
  gcc -std=gnu11 -O1 -w -DALLOW_EXPERIMENTAL_API -Iinclude "-I$work" "-I$tests" "${dpdk[@]}" "$work/test_$kind.c" \
    ffi/tests/rte_peer.c include/sekisho_rte.c "$library" "${libraries[@]}" -o "$work/test_$kind"
  "$work/test_$kind" "${eal[@]}" >"$work/test_$kind.txt" 2>&1 ||
    fail "DPDK's test_$kind.c fails; see $work/test_$kind.txt"
  ! grep -iE 'error|fail|not enough' "$work/test_$kind.txt" || fail "DPDK's test_$kind.c complains"
  printf "rte: DPDK's test_%s.c passes%s\n" "$kind" \
    "$([ "$kind" = fib ] || printf ' without the %s lines that look into tbl24' "$(grep -c 'tbl24\[' "$tests/test_$kind.c")")"
done
