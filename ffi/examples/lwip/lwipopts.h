/* lwIP's options for a router without an operating system, whose routes are in a table of sekisho. */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define LWIP_TCP 0
#define IP_FORWARD 1
#define MEM_ALIGNMENT 8
#define MEM_SIZE 16384

/* Asked before lwIP's own list of interfaces, and for the gateway on an Ethernet. */
#define LWIP_HOOK_FILENAME "sekisho_lwip.h"
#define LWIP_HOOK_IP4_ROUTE_SRC(src, dest) sekisho_lwip_route(src, dest)
#define LWIP_HOOK_ETHARP_GET_GW(netif, dest) sekisho_lwip_gateway(netif, dest)

#endif
