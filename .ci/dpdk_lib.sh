# The DPDK example, for the scripts that run it; sourced after lib.sh.
# shellcheck shell=bash

# What everyone is given: no devices of this machine, no services.
eal=(--no-pci --no-telemetry --log-level=error)

# build_dpdk PROGRAM
build_dpdk() {
  local library flags libraries
  library=$(.ci/clib.sh)
  read -ra flags < <(pkg-config --cflags libdpdk)
  read -ra libraries < <(pkg-config --libs libdpdk)
  gcc -std=gnu11 -O2 -g -Wall -Wextra -Werror -Iinclude "${flags[@]}" ffi/examples/dpdk.c \
    ffi/examples/dpdk_bench.c "$library" "${libraries[@]}" -o "$1"
}

# build_pieces LIBRARY: to be loaded before DPDK. Its af_packet driver has the kernel put fragments
# together, also where only one queue wants them, and cuts off what then is longer than its frames. So
# nobody asks the kernel for it here, and pieces come one by one as from a network card.
build_pieces() {
  gcc -std=gnu11 -O2 -Wall -Wextra -Werror -shared -fPIC -x c - -o "$1" <<'END'
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
    int fanout = level == SOL_PACKET && name == PACKET_FANOUT ? *(const int *)value : 0;
    fanout &= ~(PACKET_FANOUT_FLAG_DEFRAG << 16);
    return (int)syscall(SYS_setsockopt, fd, level, name, fanout != 0 ? &fanout : value, size);
}
END
}

# dpdk_command PROGRAM PREFIX CONFIG SOCKET PORT...: the command line of the example for what would be
# netns.c's CONFIG SOCKET PORT..., in $command. Each Ethernet port is a vdev on that Linux interface, the
# Internet's with a queue for each of the two lcores, which share the processors that there are.
dpdk_command() {
  local cpus port where own next number=0 arguments=("$3" --console "$4" --nap 20)
  cpus=$(awk '/^Cpus_allowed_list/ { print $2 }' /proc/self/status)
  command=("$1" --lcores "(0,1)@($cpus)" "${eal[@]}" --no-huge --no-shconf -m 512 "--file-prefix=$2")
  for port in "${@:5}"; do
    where=${port#*=}
    case $port in
      app-*)
        arguments+=("$port")
        continue
        ;;
      internet=*)
        IFS=, read -r where own next <<<"$where"
        where+=,qpairs=2
        arguments+=(--router "$own" "$number=internet@$next")
        ;;
      *) arguments+=("$number=${port%%=*}") ;;
    esac
    command+=("--vdev=net_af_packet$number,iface=$where")
    number=$((number + 1))
  done
  command+=(-- "${arguments[@]}")
}
