#!/usr/bin/env bash
# Builds lwIP of Debian's sources with the route hook of ffi/examples/lwip, as Debian's own library has no
# hooks, and passes packets through it. The hook is compiled for a Cortex-M, too.
. "$(dirname "$0")/lib.sh"

lwip=$(debian_source lwip liblwip-dev) || fail "the sources of lwIP cannot be had from Debian"
library=$(.ci/clib.sh)
work=$target_dir/lwip
mkdir -p "$work"

includes=(-Iffi/examples/lwip -Iinclude -isystem "$lwip/src/include")
sources=("$lwip"/src/core/*.c "$lwip"/src/core/ipv4/*.c "$lwip/src/netif/ethernet.c")
warnings=(-Wall -Wextra -Wpedantic -Wconversion -Werror)
sanitizers=(-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all)

# lwIP's warnings are not ours. Its objects are of one compiler and set of options, so they are made anew.
(cd "$work" && rm -f ./*.o)
for source in "${sources[@]}"; do
  gcc -std=gnu11 -w "${sanitizers[@]}" "${includes[@]}" -c "$source" -o "$work/lwip-$(basename "$source" .c).o"
done
for own in ffi/examples/lwip/sekisho_lwip.c ffi/tests/lwip.c; do
  gcc -std=gnu11 "${warnings[@]}" "${sanitizers[@]}" "${includes[@]}" -c "$own" -o "$work/own-$(basename "$own" .c).o"
done
gcc "${sanitizers[@]}" "$work"/*.o "$library" -o "$work/lwip"
"$work/lwip" || fail "packets do not leave as the routes say"

if command -v arm-none-eabi-gcc >/dev/null; then
  arm-none-eabi-gcc -std=gnu11 -Os -mthumb -mcpu=cortex-m0 "${warnings[@]}" "${includes[@]}" \
    -c ffi/examples/lwip/sekisho_lwip.c -o "$work/cortex-m0.elf"
  printf 'lwip: the hook takes %s bytes of code and %s of static memory for 256 routes on a Cortex-M0\n' \
    $(arm-none-eabi-size "$work/cortex-m0.elf" | awk 'NR == 2 { print $1, $3 }')
fi
