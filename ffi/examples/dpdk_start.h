/* What dpdk.c makes before packets pass: the region, its ports' names, and the workers with their tables. */
#ifndef DPDK_START_H
#define DPDK_START_H

#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_memzone.h>

#include "addresses.h"
#include "dpdk_console.h"
#include "dpdk_ports.h"

static uint32_t address_of(const char *text)
{
    uint32_t address;
    if (!parse_address(text, &address))
        fail("%s is no address\n", text);
    return address;
}

/* Makes the region in memory that other processes can attach to, and applies every line to it. */
static void configure(const char *path)
{
    sekisho_profile profile = {.size = sizeof profile};
    char line[1024], answer[SEKISHO_ANSWER_MIN];
    int code = sekisho_profile_large(&profile);
    profile.readers = worker_count;
    const size_t size = sekisho_region_footprint(&profile);
    const struct rte_memzone *zone =
        rte_memzone_reserve("sekisho_region", size, (int)rte_socket_id(), 0);
    if (code != 0 || zone == NULL)
        fail("no memory for the region: %zu bytes\n", size);
    memset(zone->addr, 0, zone->len);
    code = sekisho_region_init(zone->addr, zone->len, &profile, &region);
    if (code != 0)
        fail("no region: %s\n", sekisho_strerror(code));

    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail("%s cannot be opened\n", path);
    for (int number = 1; fgets(line, sizeof line, file) != NULL; number++) {
        code = sekisho_region_line(region, line, strlen(line), answer, sizeof answer, NULL);
        if (code != 0)
            fail("%s:%d: %s\n", path, number, sekisho_strerror(code));
    }
    fclose(file);
}

/* Reads "2=internet@198.51.100.1". The text is kept and cut. */
static void name_port(char *text)
{
    static const char names[][9] = {"wire", "internet", "service", "i",  "eni", "lb",    "ep",
                                    "peer", "tr",       "vpn",     "ri", "ecr", "havip"};
    static const sekisho_id whos[RTE_DIM(names)] = {
        {0, 0}, {0, 1}, {0, 2}, {SEKISHO_KIND_INSTANCE, 0}, {SEKISHO_KIND_NETWORK_INTERFACE, 0},
        {SEKISHO_KIND_LOAD_BALANCER, 0}, {SEKISHO_KIND_ENDPOINT, 0}, {SEKISHO_KIND_PEER, 0},
        {SEKISHO_KIND_TRANSIT_ROUTER, 0}, {SEKISHO_KIND_VPN_GATEWAY, 0},
        {SEKISHO_KIND_ROUTER_INTERFACE, 0}, {SEKISHO_KIND_ECR, 0}, {SEKISHO_KIND_HA_VIP, 0}};
    uint16_t p, number, i = 0;
    char name[9];
    const int words = sscanf(text, "%" SCNu16 "=%8[a-z]-%" SCNu16, &p, name, &number);
    while (words >= 2 && i < RTE_DIM(names) && strcmp(name, names[i]) != 0)
        i++;
    if (words < 2 || p >= dpdk_ports || ports[p].name != NULL || i == RTE_DIM(names) || (whos[i].kind != 0) != (words == 3))
        fail("%s does not say who is behind which port\n", text);
    ports[p].who = whos[i];
    if (words == 3)
        ports[p].who.number = number;
    if (strchr(text, '@') != NULL)
        ports[p].ask = address_of(strchr(text, '@') + 1);
    ports[p].name = strtok(strchr(text, '=') + 1, "@");
}

/* Memory of an lcore's own, on its socket. */
static void *memory_for(unsigned lcore, const char *what, size_t size)
{
    const int socket = (int)rte_lcore_to_socket_id(lcore);
    void *memory = rte_zmalloc_socket(what, size, RTE_CACHE_LINE_SIZE, socket);
    if (size == 0 || memory == NULL)
        fail("no memory for %s: %zu bytes; try fewer --flows or a larger -m\n", what, size);
    return memory;
}

static void make_worker(unsigned lcore, uint16_t number, uint32_t flows, const uint32_t *seed)
{
    char name[RTE_RING_NAMESIZE];
    struct worker *w = workers[number] = memory_for(lcore, "a worker", sizeof *w);
    sekisho_flows_config config = {.size = sizeof config};
    w->number = number;

    /* The ports of each public address are shared out among the instances. */
    int code = sekisho_flows_config_default(&config, flows);
    config.instance = number;
    config.instances = worker_count;
    memcpy(config.seed, seed, sizeof config.seed);
    size_t size = sekisho_flows_footprint(&config);
    if (code == 0)
        code = sekisho_flows_init(memory_for(lcore, "flows", size), size, &config, &w->flows);
    size = sekisho_steering_footprint(config.fragments);
    if (code == 0)
        code = sekisho_steering_init(memory_for(lcore, "steering", size), size, &config, &w->steering);
    snprintf(name, sizeof name, "sekisho_%u", number);
    w->ring = rte_ring_create(name, 1024, (int)rte_lcore_to_socket_id(lcore), RING_F_SC_DEQ);
    if (code != 0 || w->ring == NULL)
        fail("no worker: %s\n", code != 0 ? sekisho_strerror(code) : rte_strerror(rte_errno));
}

#endif
