/* A border with a flow table: hosts with public addresses of their own and behind a NAT gateway. */
#ifndef BORDER_H
#define BORDER_H

#include "wire.h"

#define HOST ip(10, 0, 0, 10) /* i-1, which has EIP */
#define EIP ip(47, 0, 0, 1)
#define HOST2 ip(10, 0, 2, 10) /* i-2 and i-3, behind the NAT gateway, which has NAT_EIP */
#define HOST3 ip(10, 0, 2, 11)
#define NAT_EIP ip(47, 0, 0, 2)
#define SERVER ip(8, 8, 8, 8)
#define ROUTER ip(198, 51, 100, 1)

enum { OUT = SEKISHO_ORIGIN_INTERFACE, IN = SEKISHO_ORIGIN_INTERNET };
static const sekisho_id I1 = {SEKISHO_KIND_INSTANCE, 1}, I2 = {SEKISHO_KIND_INSTANCE, 2};
static const sekisho_id I3 = {SEKISHO_KIND_INSTANCE, 3}, NOBODY = {0, 0};

/* Packets of an outcome, or dropped for a reason, as they should have been counted. */
enum { NEXTS = 8, REASONS = 32 };
struct border {
    sekisho_region *region;
    sekisho_flows *flows;
    size_t size; /* of the table's memory, which ends at a page that cannot be touched */
    uint64_t now;
    sekisho_outcome outcome; /* of the last packet */
    sekisho_count nexts[NEXTS], reasons[REASONS];
};

static inline sekisho_outcome new_outcome(void)
{
    sekisho_outcome outcome;
    memset(&outcome, 0, sizeof outcome);
    outcome.size = sizeof outcome;
    return outcome;
}

static inline sekisho_meter new_meter(void)
{
    sekisho_meter meter;
    memset(&meter, 0, sizeof meter);
    meter.size = sizeof meter;
    return meter;
}

static inline sekisho_flow_stats new_stats(void)
{
    sekisho_flow_stats stats;
    memset(&stats, 0, sizeof stats);
    stats.size = sizeof stats;
    return stats;
}

static inline sekisho_flows_config flows_config(uint32_t flows)
{
    sekisho_flows_config config;
    memset(&config, 0, sizeof config);
    config.size = sizeof config;
    SAME(sekisho_flows_config_default(&config, flows), 0);
    config.seed[0] = 0x5EC15806;
    return config;
}

static inline sekisho_region *border_region(void)
{
    static const char *const lines[] = {
        "create-vpc vpc-1 vtb-1 10.0.0.0/16",
        "create-vswitch vsw-1 vpc-1 10.0.0.0/24",
        "create-vswitch vsw-2 vpc-1 10.0.1.0/24",
        "create-vswitch vsw-3 vpc-1 10.0.2.0/24",
        "create-route-table vtb-2 vpc-1",
        "associate-route-table vtb-2 vsw-3",
        "create-instance i-1 vsw-1 10.0.0.10",
        "create-instance i-2 vsw-3 10.0.2.10",
        "create-instance i-3 vsw-3 10.0.2.11",
        "create-nat-gateway ngw-1 vsw-2 10.0.1.20",
        "allocate-eip eip-1 47.0.0.1",
        "allocate-eip eip-2 47.0.0.2",
        "associate-eip eip-1 i-1",
        "associate-eip eip-2 ngw-1",
        "create-snat-entry ngw-1 10.0.2.0/24 eip-2",
        "create-forward-entry ngw-1 eip-2 tcp 80 10.0.2.10 8080",
        "create-route-entry vtb-2 0.0.0.0/0 ngw-1",
        "create-ipv4-gateway ipv4gw-1 vpc-1",
        "enable-vpc-ipv4-gateway ipv4gw-1 vtb-1",
        "create-route-table vtb-3 vpc-1 type=gateway",
        "associate-route-table-with-gateway vtb-3 ipv4gw-1",
    };
    sekisho_region *region = new_region();
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        SAME(apply(region, lines[i]), 0);
    return region;
}

static inline struct border border_of(const sekisho_flows_config *config)
{
    struct border b;
    memset(&b, 0, sizeof b);
    b.region = border_region();
    b.size = sekisho_flows_footprint(config);
    TRUE(b.size > 0 && b.size % sizeof(uint32_t) == 0);
    b.outcome = new_outcome();
    SAME(sekisho_flows_init(guarded(b.size), b.size, config, &b.flows), 0);
    return b;
}

static inline struct border new_border(uint32_t flows)
{
    const sekisho_flows_config config = flows_config(flows);
    return border_of(&config);
}

/* The same border with its memory elsewhere, as another program would map or load it. */
static inline struct border copied_border(const struct border *b)
{
    struct border copy = *b;
    copy.region = border_region();
    copy.flows = NULL;
    void *memory = guarded(b->size);
    memcpy(memory, b->flows, b->size);
    SAME(sekisho_flows_attach(memory, b->size, &copy.flows), 0);
    TRUE((void *)copy.flows == memory);
    return copy;
}

static inline void free_border(struct border *b)
{
    SAME(sekisho_flows_fini(b->flows), 0);
    SAME(sekisho_region_fini(b->region), 0);
    free(b->region);
}

static inline void count_packet(sekisho_count *count, size_t bytes)
{
    count->packets++;
    count->bytes += bytes;
}

/* Passes a packet that is one, and answers its next step. */
static inline uint32_t pass(struct border *b, uint32_t origin, sekisho_id port, uint8_t *packet,
                            size_t len)
{
    SAME(sekisho_flows_packet(b->flows, b->region, origin, port, packet, len, b->now, &b->outcome),
         0);
    SAME(b->outcome.size, sizeof b->outcome);
    count_packet(b->nexts + b->outcome.next, len);
    if (b->outcome.next == SEKISHO_NEXT_DROP)
        count_packet(b->reasons + b->outcome.drop, len);
    else
        SAME(b->outcome.drop, 0);
    return b->outcome.next;
}

static inline sekisho_flow_stats stats(const struct border *b)
{
    sekisho_flow_stats stats = new_stats();
    SAME(sekisho_flows_stats(b->flows, &stats), 0);
    SAME(stats.size, sizeof stats);
    SAME(stats.reserved, 0);
    return stats;
}

/* Every packet was counted once, by what became of it. */
static inline void check_counts(const struct border *b)
{
    sekisho_count count = {0, 0};
    for (uint32_t next = 0; next < NEXTS; next++) {
        if (next == SEKISHO_NEXT_TRANSLATE)
            continue;
        SAME(sekisho_flows_next_count(b->flows, next, &count), 0);
        SAME(count.packets, b->nexts[next].packets);
        SAME(count.bytes, b->nexts[next].bytes);
    }
    for (uint32_t reason = 1; strcmp(sekisho_drop_reason_name(reason), "?") != 0; reason++) {
        SAME(sekisho_flows_drop_count(b->flows, reason, &count), 0);
        SAME(count.packets, b->reasons[reason].packets);
        SAME(count.bytes, b->reasons[reason].bytes);
    }
}

#endif
