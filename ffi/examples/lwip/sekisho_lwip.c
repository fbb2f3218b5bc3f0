/* Longest-prefix match for lwIP; see sekisho_lwip.h. */
#include "sekisho_lwip.h"

#include <string.h>

#include "lwip/def.h"
#include "lwip/netif.h"
#include "sekisho.h"

static struct {
    struct netif *netif;
    ip4_addr_t gateway;
} hops[SEKISHO_LWIP_HOPS];

static uint32_t memory[SEKISHO_LPM_FOOTPRINT(SEKISHO_LWIP_ROUTES, 1) / sizeof(uint32_t)];
static sekisho_lpm *lpm;
static uint32_t table;

int sekisho_lwip_init(void)
{
    int status;
    memset(hops, 0, sizeof hops);
    memset(memory, 0, sizeof memory);
    status = sekisho_lpm_init(memory, sizeof memory, SEKISHO_LWIP_ROUTES, 1, &lpm);
    return status != 0 ? status : sekisho_lpm_table_create(lpm, &table);
}

int sekisho_lwip_hop(u8_t hop, struct netif *netif, const ip4_addr_t *gateway)
{
    if (hop >= SEKISHO_LWIP_HOPS)
        return SEKISHO_ERANGE;
    hops[hop].netif = netif;
    ip4_addr_set(&hops[hop].gateway, gateway);
    return 0;
}

int sekisho_lwip_add(const ip4_addr_t *prefix, u8_t depth, u8_t hop)
{
    if (hop >= SEKISHO_LWIP_HOPS)
        return SEKISHO_ERANGE;
    return sekisho_lpm_add(lpm, table, lwip_ntohl(ip4_addr_get_u32(prefix)), depth, hop);
}

int sekisho_lwip_delete(const ip4_addr_t *prefix, u8_t depth)
{
    return sekisho_lpm_delete(lpm, table, lwip_ntohl(ip4_addr_get_u32(prefix)), depth);
}

struct netif *sekisho_lwip_route(const ip4_addr_t *source, const ip4_addr_t *destination)
{
    uint32_t hop;
    struct netif *netif;
    LWIP_UNUSED_ARG(source);
    if (sekisho_lpm_lookup(lpm, table, lwip_ntohl(ip4_addr_get_u32(destination)), &hop) != 0)
        return NULL;
    netif = hops[hop].netif;
    return netif != NULL && netif_is_up(netif) && netif_is_link_up(netif) ? netif : NULL;
}

const ip4_addr_t *sekisho_lwip_gateway(struct netif *netif, const ip4_addr_t *destination)
{
    uint32_t hop;
    if (sekisho_lpm_lookup(lpm, table, lwip_ntohl(ip4_addr_get_u32(destination)), &hop) != 0 ||
        hops[hop].netif != netif)
        return NULL;
    return ip4_addr_isany_val(hops[hop].gateway) ? destination : &hops[hop].gateway;
}
