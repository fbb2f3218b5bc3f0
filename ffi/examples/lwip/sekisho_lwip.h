/* Longest-prefix match for lwIP, by its hooks for routes; lwipopts.h shows them. All memory is static. */
#ifndef SEKISHO_LWIP_H
#define SEKISHO_LWIP_H

#include "lwip/ip4_addr.h"

struct netif;

/* The most routes and the most next hops. */
#ifndef SEKISHO_LWIP_ROUTES
#define SEKISHO_LWIP_ROUTES 256
#endif
#ifndef SEKISHO_LWIP_HOPS
#define SEKISHO_LWIP_HOPS 16
#endif

/* Functions that answer int answer 0 or a negative SEKISHO_E... code, and are for lwIP's thread. */

/* Makes the table. Before anything else here; again for an empty one. */
int sekisho_lwip_init(void);
/* Next hop `hop` is this gateway on this interface, or with a NULL gateway the destination itself. Routes that
 * name it follow at once. With a NULL interface they match nothing. */
int sekisho_lwip_hop(u8_t hop, struct netif *netif, const ip4_addr_t *gateway);
/* Adds a route or gives it another next hop; host bits are masked. */
int sekisho_lwip_add(const ip4_addr_t *prefix, u8_t depth, u8_t hop);
int sekisho_lwip_delete(const ip4_addr_t *prefix, u8_t depth);

/* lwIP's hooks. Where no route matches, or the interface is down, NULL: lwIP goes on by its own rules. */
struct netif *sekisho_lwip_route(const ip4_addr_t *source, const ip4_addr_t *destination);
const ip4_addr_t *sekisho_lwip_gateway(struct netif *netif, const ip4_addr_t *destination);

#endif
