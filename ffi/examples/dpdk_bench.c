/* What dpdk.c's packets cost beside less work: no devices, packets in memory, bursts of 32.
 *
 * Everyone gets the same frames, 60 bytes with UDP, in the same order. A block of 8,192 mbufs is
 * written, then passed and timed; so packets lie where a network card would put them, in the last
 * cache rather than in the nearest. Flows take turns in an order that no prefetcher guesses.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_lcore.h>
#include <rte_lpm.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_udp.h>

#include "sekisho.h"

enum { BURST = 32, BLOCK = 8192, FRAME = 60, LARGEST = 1000000, STRIDE = 7368787 };

void make_routes(const uint32_t *addresses, uint32_t count, uint32_t rest);
void route(struct rte_mbuf **packets, unsigned n, uint32_t *hops);
void bench(uint64_t packets);

#define fail(...) rte_exit(EXIT_FAILURE, __VA_ARGS__)

/* Who a flow is: its inside end, its Internet end, and the public end that the border gave it. */
struct flow {
    uint32_t inside, outside, given;
    uint16_t inside_port, given_port;
};

static sekisho_region *region;
static sekisho_flows *table;
static sekisho_steering *steering;
static sekisho_id port;
static struct rte_lpm *routes;
static uint64_t parsed, missed;
static struct flow flows[LARGEST];
static struct rte_mbuf *block[BLOCK];

/* ---- The contenders: each passes one burst ------------------------------------------------- */

/* Whether an IPv4 header is as RFC 1812, 5.2.2 asks but for its checksum; so does l3fwd. */
static bool parse(const struct rte_ipv4_hdr *ip, unsigned length)
{
    const unsigned header = rte_ipv4_hdr_len(ip), total = rte_be_to_cpu_16(ip->total_length);
    return ip->version_ihl >> 4 == 4 && header >= sizeof *ip && header <= total && total <= length;
}

static const struct rte_ipv4_hdr *header_of(const struct rte_mbuf *m)
{
    return rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, RTE_ETHER_HDR_LEN);
}

static void pass_null(struct rte_mbuf **packets, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        parsed += parse(header_of(packets[i]), packets[i]->data_len - RTE_ETHER_HDR_LEN);
}

static void write_macs(struct rte_mbuf *m)
{
    static const struct rte_ether_addr ours = {{2, 0, 0, 0, 0, 1}}, theirs = {{2, 0, 0, 0, 0, 2}};
    struct rte_ether_hdr *ethernet = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
    ethernet->src_addr = ours;
    ethernet->dst_addr = theirs;
}

/* Routes of each address that is not 0 to the hop of its place, and of everything else to rest. */
void make_routes(const uint32_t *addresses, uint32_t count, uint32_t rest)
{
    const struct rte_lpm_config config = {.max_rules = 1024, .number_tbl8s = 256};
    routes = rte_lpm_create("routes", (int)rte_socket_id(), &config);
    if (routes == NULL)
        fail("no table of routes: %s\n", rte_strerror(rte_errno));
    rte_lpm_add(routes, 0, 1, rest);
    rte_lpm_add(routes, 1u << 31, 1, rest);
    for (uint32_t hop = 0; hop < count; hop++)
        if (addresses[hop] != 0)
            rte_lpm_add(routes, addresses[hop], 32, hop);
}

/* What DPDK's l3fwd does: a lookup in bulk, time to live and checksum, hops of what goes nowhere
 * UINT32_MAX. */
void route(struct rte_mbuf **packets, unsigned n, uint32_t *hops)
{
    uint32_t addresses[BURST];
    for (unsigned i = 0; i < n; i++)
        addresses[i] = rte_be_to_cpu_32(header_of(packets[i])->dst_addr);
    rte_lpm_lookup_bulk(routes, addresses, hops, n);
    for (unsigned i = 0; i < n; i++) {
        struct rte_ipv4_hdr *ip =
            rte_pktmbuf_mtod_offset(packets[i], struct rte_ipv4_hdr *, RTE_ETHER_HDR_LEN);
        if ((hops[i] & RTE_LPM_LOOKUP_SUCCESS) == 0 || ip->time_to_live < 2 ||
            !parse(ip, packets[i]->data_len - RTE_ETHER_HDR_LEN)) {
            hops[i] = UINT32_MAX;
            continue;
        }
        hops[i] &= 0xFFFFFF;
        ip->time_to_live--;
        /* RFC 1141: 0x0100 less in the header is as much more in its checksum. */
        const uint32_t sum = ip->hdr_checksum + (uint32_t)rte_cpu_to_be_16(0x0100);
        ip->hdr_checksum = (uint16_t)(sum + (sum >> 16));
    }
}

static void pass_route(struct rte_mbuf **packets, unsigned n)
{
    uint32_t hops[BURST];
    route(packets, n, hops);
    for (unsigned i = 0; i < n; i++) {
        missed += hops[i] == UINT32_MAX;
        write_macs(packets[i]);
    }
}

static void from(const struct rte_mbuf *m, sekisho_burst *packet)
{
    packet->bytes = rte_pktmbuf_mtod_offset(m, uint8_t *, RTE_ETHER_HDR_LEN);
    packet->len = m->data_len - RTE_ETHER_HDR_LEN;
    packet->origin = packet->bytes[12] == 10 ? SEKISHO_ORIGIN_INTERFACE : SEKISHO_ORIGIN_INTERNET;
    packet->port = port;
}

static uint64_t now_ms(void) { return rte_rdtsc() / (rte_get_tsc_hz() / 1000); }

static void pass_border(struct rte_mbuf **packets, unsigned n)
{
    sekisho_burst burst[BURST];
    for (unsigned i = 0; i < n; i++)
        from(packets[i], &burst[i]);
    sekisho_flows_burst(table, region, burst, n, now_ms());
    for (unsigned i = 0; i < n; i++) {
        missed += burst[i].next != SEKISHO_NEXT_INTERNET && burst[i].next != SEKISHO_NEXT_DELIVER;
        write_macs(packets[i]);
    }
}

static void pass_steering(struct rte_mbuf **packets, unsigned n)
{
    const uint64_t now = now_ms();
    for (unsigned i = 0; i < n; i++) {
        sekisho_burst packet;
        from(packets[i], &packet);
        missed += sekisho_steering_owner(steering, region, packet.origin, packet.port, packet.bytes,
                                         packet.len, now) < 0;
    }
}

/* ---- Packets ------------------------------------------------------------------------------- */

/* The flow's next packet, or an answer to it. */
static void write_frame(struct rte_mbuf *m, const struct flow *flow, bool answer)
{
    struct rte_ether_hdr *ethernet = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
    struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(ethernet + 1);
    struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(ip + 1);
    ethernet->ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4);
    *ip = (struct rte_ipv4_hdr){
        .version_ihl = RTE_IPV4_VHL_DEF,
        .total_length = rte_cpu_to_be_16(FRAME - RTE_ETHER_HDR_LEN),
        .time_to_live = 64,
        .next_proto_id = IPPROTO_UDP,
        .src_addr = rte_cpu_to_be_32(answer ? flow->outside : flow->inside),
        .dst_addr = rte_cpu_to_be_32(answer ? flow->given : flow->outside),
    };
    ip->hdr_checksum = rte_ipv4_cksum(ip);
    udp->src_port = rte_cpu_to_be_16(answer ? 443 : flow->inside_port);
    udp->dst_port = rte_cpu_to_be_16(answer ? flow->given_port : 443);
    udp->dgram_len = rte_cpu_to_be_16(FRAME - RTE_ETHER_HDR_LEN - sizeof *ip);
    udp->dgram_cksum = 0x1234;
    m->data_len = FRAME;
    m->pkt_len = FRAME;
}

/* Passes so many packets, each flow in its turn, every other one an answer if both is set; prints
 * what one took. With learn set, notes what the border made of each flow. */
static void measure(const char *name, void (*pass)(struct rte_mbuf **, unsigned), uint64_t packets,
                    uint32_t count, bool both, bool learn)
{
    uint64_t cycles = 0, passed = 0;
    missed = 0;
    while (passed < packets) {
        const unsigned some = (unsigned)RTE_MIN(packets - passed, (uint64_t)BLOCK);
        for (unsigned i = 0; i < some; i++)
            write_frame(block[i], &flows[(passed + i) * STRIDE % count], both && i % 2 == 1);
        const uint64_t start = rte_rdtsc_precise();
        for (unsigned i = 0; i < some; i += BURST)
            pass(&block[i], RTE_MIN(some - i, (unsigned)BURST));
        cycles += rte_rdtsc_precise() - start;
        for (unsigned i = 0; i < some && learn; i++) {
            struct flow *flow = &flows[(passed + i) * STRIDE % count];
            const struct rte_ipv4_hdr *ip = header_of(block[i]);
            flow->given = rte_be_to_cpu_32(ip->src_addr);
            flow->given_port = rte_be_to_cpu_16(((const struct rte_udp_hdr *)(ip + 1))->src_port);
        }
        passed += some;
    }
    printf("%-34s %12.2f %12.1f", name, (double)packets * rte_get_tsc_hz() / cycles / 1e6,
           (double)cycles / packets);
    if (missed != 0)
        printf("   %" PRIu64 " did not pass", missed);
    printf("\n");
    fflush(stdout);
}

/* ---- The border ---------------------------------------------------------------------------- */

static void line(const char *format, ...) __rte_format_printf(1, 2);
static void line(const char *format, ...)
{
    char text[256], answer[SEKISHO_ANSWER_MIN];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    int code = sekisho_region_line(region, text, strlen(text), answer, sizeof answer, NULL);
    if (code != 0)
        fail("%s: %s\n", text, sekisho_strerror(code));
}

static void *memory(size_t size)
{
    void *memory = rte_zmalloc(NULL, size, RTE_CACHE_LINE_SIZE);
    if (size == 0 || memory == NULL)
        fail("no %zu bytes of memory; give a larger -m\n", size);
    memset(memory, 0, size);    /* so that it is there */
    return memory;
}

/* i-1 is a router whose hosts leave by its public address, i-2 one whose hosts leave by the 32
 * public addresses of a NAT gateway. */
static void configure(void)
{
    sekisho_profile profile = {.size = sizeof profile};
    sekisho_profile_large(&profile);
    const size_t size = sekisho_region_footprint(&profile);
    int code = sekisho_region_init(memory(size), size, &profile, &region);
    if (code != 0)
        fail("no region: %s\n", sekisho_strerror(code));
    line("create-vpc vpc-1 vtb-1 10.0.0.0/8");
    for (int i = 1; i <= 3; i++)
        line("create-vswitch vsw-%d vpc-1 10.0.%d.0/24", i, i);
    line("create-route-table vtb-2 vpc-1");
    line("associate-route-table vtb-2 vsw-2");
    line("create-instance i-1 vsw-1 10.0.1.10");
    line("create-instance i-2 vsw-2 10.0.2.10 forward=on");
    line("create-nat-gateway ngw-1 vsw-3 10.0.3.20");
    line("allocate-eip eip-100 47.0.1.1");
    line("associate-eip eip-100 i-1");
    for (int i = 0; i < 32; i++) {
        line("allocate-eip eip-%d 47.0.0.%d", i, i);
        line("associate-eip eip-%d ngw-1", i);
        line("create-snat-entry ngw-1 10.1.%d.0/24 eip-%d", i, i);
    }
    line("create-route-entry vtb-2 0.0.0.0/0 ngw-1");
    line("create-ipv4-gateway ipv4gw-1 vpc-1");
    line("enable-vpc-ipv4-gateway ipv4gw-1 vtb-1");
}

/* Flows of one host by its own address, or of 8,000 hosts behind 32 addresses. */
static void make_flows(uint32_t count, bool snat)
{
    for (uint32_t i = 0; i < count; i++)
        flows[i] = (struct flow){
            .inside = snat ? RTE_IPV4(10, 1, i % 32, 1 + i / 32 % 250) : RTE_IPV4(10, 0, 1, 10),
            .outside = RTE_IPV4(9, 0, 0, 0) + i,
            .inside_port = (uint16_t)(32768 + i * 40503u % 28232),
        };
}

static void measure_border(uint64_t packets, uint32_t count, bool snat)
{
    char name[64];
    sekisho_flows_config config = {.size = sizeof config};
    int code = sekisho_flows_config_default(&config, count + count / 8 + 64);
    config.mappings = snat ? count : 0;
    const size_t size = sekisho_flows_footprint(&config);
    void *bytes = memory(size);
    if (code == 0)
        code = sekisho_flows_init(bytes, size, &config, &table);
    if (code != 0)
        fail("no flow table: %s\n", sekisho_strerror(code));
    port = (sekisho_id){SEKISHO_KIND_INSTANCE, snat ? 2 : 1};
    make_flows(count, snat);
    const char *kind = snat ? "SNAT" : "1:1 mapping";
    snprintf(name, sizeof name, "%s, %u flows: opening", kind, count);
    measure(name, pass_border, count, count, false, true);
    snprintf(name, sizeof name, "%s, %u flows", kind, count);
    measure(name, pass_border, packets, count, false, false);
    snprintf(name, sizeof name, "  half of them answers");
    measure(name, pass_border, packets, count, true, false);
    sekisho_flow_stats stats = {.size = sizeof stats};
    sekisho_flows_stats(table, &stats);
    printf("  %" PRIu32 " flows in %.1f MiB\n", stats.flows, (double)size / 1048576);
    rte_free(bytes);
}

void bench(uint64_t packets)
{
    const uint32_t addresses[] = {RTE_IPV4(10, 0, 1, 10), RTE_IPV4(10, 0, 2, 10)};
    struct rte_mempool *pool =
        rte_pktmbuf_pool_create("bench", BLOCK, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
    if (pool == NULL || rte_pktmbuf_alloc_bulk(pool, block, BLOCK) != 0)
        fail("no memory: %s\n", rte_strerror(rte_errno));
    make_routes(addresses, RTE_DIM(addresses), RTE_DIM(addresses));
    configure();
    sekisho_flows_config config = {.size = sizeof config};
    sekisho_flows_config_default(&config, LARGEST);
    config.instances = 2;
    const size_t size = sekisho_steering_footprint(config.fragments);
    if (sekisho_steering_init(memory(size), size, &config, &steering) != 0)
        fail("no steering\n");

    printf("%" PRIu64 " packets a line, bursts of %d, %.0f MHz\n", packets, BURST,
           (double)rte_get_tsc_hz() / 1e6);
    printf("%-34s %12s %12s\n", "", "M packets/s", "cycles each");
    make_flows(LARGEST, false);
    measure("parse and count", pass_null, packets, LARGEST, false, false);
    measure("as l3fwd, rte_lpm", pass_route, packets, LARGEST, false, false);
    port = (sekisho_id){SEKISHO_KIND_INSTANCE, 1};
    measure("steering alone", pass_steering, packets, LARGEST, false, false);
    for (int snat = 0; snat < 2; snat++)
        for (uint32_t count = 1000; count <= LARGEST; count *= count < 100000 ? 100 : 10)
            measure_border(packets, count, snat == 1);
}
