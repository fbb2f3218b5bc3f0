/* Every odd argument to the functions of flow tables and steerings: each is answered with its code, and
 * nothing is written. */
#include "border.h"

#include <unistd.h>

/* An output and what it was before. */
#define UNTOUCHED(out, before) SAME(memcmp(&(out), &(before), sizeof(out)), 0)

/* A place that is aligned to nothing, with room for any structure. */
static uint8_t place[512];
static void *crooked(void)
{
    return place + 1 - ((uintptr_t)place & 1);
}

/* Whatever a structure states that is not its size. */
static int size_code(uint32_t size, size_t known)
{
    return size < known ? SEKISHO_EINVAL : SEKISHO_EPROTO;
}

/* ---- Configurations -------------------------------------------------------------------------- */

static void configurations(void)
{
    sekisho_flows_config config = flows_config(64), before;
    SAME(config.flows, 64);
    SAME(config.mappings, 64);
    SAME(config.instances, 1);
    SAME(config.tcp_established_ms, 7440000);
    const size_t size = sekisho_flows_footprint(&config);
    TRUE(size > 0);

    SAME(sekisho_flows_config_default(NULL, 64), SEKISHO_EINVAL);
    SAME(sekisho_flows_config_default((sekisho_flows_config *)crooked(), 64), SEKISHO_EFAULT);
    SAME(sekisho_flows_footprint(NULL), 0);
    SAME(sekisho_flows_footprint((const sekisho_flows_config *)crooked()), 0);
    for (uint32_t stated = 0; stated < 2 * sizeof config; stated++) {
        if (stated == sizeof config)
            continue;
        config.size = stated;
        before = config;
        SAME(sekisho_flows_config_default(&config, 9), size_code(stated, sizeof config));
        SAME(sekisho_flows_footprint(&config), 0);
        UNTOUCHED(config, before);
    }
    config.size = UINT32_MAX;
    SAME(sekisho_flows_config_default(&config, 9), SEKISHO_EPROTO);
    SAME(sekisho_flows_footprint(&config), 0);

    /* Absurd ones have no footprint, and are refused whatever memory there is. */
    sekisho_flows_config absurd[12];
    for (size_t i = 0; i < 12; i++)
        absurd[i] = flows_config(64);
    absurd[0].flows = 0;
    absurd[1].flows = 16777215;
    absurd[2].flows = UINT32_MAX;
    absurd[3].mappings = 16777215;
    absurd[4].mappings = UINT32_MAX;
    absurd[5].meters = 65536;
    absurd[6].meters = UINT32_MAX;
    absurd[7].instances = 0;
    absurd[8].instance = 1;
    absurd[9].instance = absurd[9].instances = UINT16_MAX;
    absurd[10].fragments = UINT32_MAX;
    absurd[11].instances = 64513;
    uint32_t *memory = (uint32_t *)zeroed(size);
    for (size_t i = 0; i < 12; i++) {
        sekisho_flows *flows = NULL;
        SAME(sekisho_flows_footprint(absurd + i), 0);
        SAME(sekisho_flows_init(memory, SIZE_MAX, absurd + i, &flows), SEKISHO_EINVAL);
        TRUE(flows == NULL);
    }
    for (size_t i = 0; i < size / sizeof *memory; i++)
        SAME(memory[i], 0);
    free(memory);

    /* The most, and the least. */
    config = flows_config(16777214);
    config.meters = 65535;
    config.instance = 64511;
    config.instances = 64512;
    TRUE(sekisho_flows_footprint(&config) > size);
    config = flows_config(1);
    config.mappings = config.fragments = config.meters = 0;
    config.tcp_transitory_ms = config.tcp_established_ms = config.udp_ms = 0;
    config.icmp_ms = config.fragment_ms = 0;
    struct border b = border_of(&config);
    uint8_t packet[64];
    const struct end host = {HOST, 4000}, host2 = {HOST2, 4000}, server = {SERVER, 443};
    for (int i = 0; i < 3; i++) {
        const size_t len = udp_packet(packet, host, server, 64);
        SAME(pass(&b, OUT, I1, packet, len), SEKISHO_NEXT_INTERNET);
    }
    const size_t len = udp_packet(packet, host2, server, 64);
    SAME(pass(&b, OUT, I2, packet, len), SEKISHO_NEXT_DROP);
    SAME(b.outcome.drop, SEKISHO_DROP_PORTS_EXHAUSTED);
    check_counts(&b);
    free_border(&b);
    TRUE(sekisho_flows_footprint(&config) < size);
}

/* ---- Handles --------------------------------------------------------------------------------- */

/* Every function of a flow table with a handle that is none. */
static void no_flows(sekisho_flows *flows, const sekisho_region *region, int want)
{
    uint8_t packet[64], packet_before[64];
    const struct end host = {HOST, 4000}, server = {SERVER, 443};
    const size_t len = udp_packet(packet, host, server, 64);
    memcpy(packet_before, packet, len);
    sekisho_outcome outcome, outcome_before;
    memset(&outcome, 0xAA, sizeof outcome);
    outcome.size = sizeof outcome;
    outcome_before = outcome;
    sekisho_burst burst, burst_before;
    memset(&burst, 0xAA, sizeof burst);
    burst.bytes = packet;
    burst.len = len;
    burst.origin = OUT;
    burst.port = I1;
    burst_before = burst;
    sekisho_flow_stats stats, stats_before;
    memset(&stats, 0xAA, sizeof stats);
    stats.size = sizeof stats;
    stats_before = stats;
    sekisho_count count = {77, 78}, count_before = count;
    sekisho_meter meter, meter_before;
    memset(&meter, 0xAA, sizeof meter);
    meter.size = sizeof meter;
    meter_before = meter;
    uint32_t cursor = 0;

    SAME(sekisho_flows_packet(flows, region, OUT, I1, packet, len, 0, &outcome), want);
    SAME(sekisho_flows_burst(flows, region, &burst, 1, 0), want);
    SAME(sekisho_flows_burst(flows, region, NULL, 0, 0), want);
    SAME(sekisho_flows_expire(flows, 0, 1), want);
    SAME(sekisho_flows_stats(flows, &stats), want);
    SAME(sekisho_flows_next_count(flows, SEKISHO_NEXT_DROP, &count), want);
    SAME(sekisho_flows_drop_count(flows, SEKISHO_DROP_MALFORMED, &count), want);
    SAME(sekisho_flows_meter(flows, EIP, &meter), want);
    SAME(sekisho_flows_meters(flows, &cursor, &meter), want);
    SAME(sekisho_flows_fini(flows), want);
    UNTOUCHED(outcome, outcome_before);
    SAME(memcmp(&burst, &burst_before, sizeof burst), 0);
    UNTOUCHED(stats, stats_before);
    UNTOUCHED(count, count_before);
    UNTOUCHED(meter, meter_before);
    SAME(cursor, 0);
    SAME(memcmp(packet, packet_before, len), 0);
}

static void no_steering(sekisho_steering *steering, const sekisho_region *region, int want)
{
    uint8_t packet[64];
    const struct end host = {HOST, 4000}, server = {SERVER, 443};
    const size_t len = udp_packet(packet, host, server, 64);
    SAME(sekisho_steering_owner(steering, region, OUT, I1, packet, len, 0), want);
    SAME(sekisho_steering_fini(steering), want);
}

/* Memory on its way from zero to a table and back. */
static void life(void)
{
    const sekisho_flows_config config = flows_config(8);
    const size_t size = sekisho_flows_footprint(&config);
    sekisho_region *region = border_region();
    uint8_t *memory = guarded(size), *empty = (uint8_t *)zeroed(size);
    sekisho_flows *const untouched = (sekisho_flows *)(void *)memory, *flows = untouched;
    const size_t short_by[] = {1, 2, 3, 4, 5, size / 2, size - 1, size};
    const size_t shorts = sizeof short_by / sizeof short_by[0];

    SAME(sekisho_flows_init(NULL, size, &config, &flows), SEKISHO_EINVAL);
    SAME(sekisho_flows_init(memory, size, NULL, &flows), SEKISHO_EINVAL);
    SAME(sekisho_flows_init(memory, size, &config, NULL), SEKISHO_EINVAL);
    SAME(sekisho_flows_init(memory, size, (const sekisho_flows_config *)crooked(), &flows),
         SEKISHO_EFAULT);
    SAME(sekisho_flows_init(memory, size, &config, (sekisho_flows **)crooked()), SEKISHO_EFAULT);
    for (size_t off = 1; off < 4; off++) {
        SAME(sekisho_flows_init(memory + off, size, &config, &flows), SEKISHO_EFAULT);
        SAME(sekisho_flows_attach(memory + off, size, &flows), SEKISHO_EFAULT);
        no_flows((sekisho_flows *)(void *)(memory + off), region, SEKISHO_EFAULT);
    }
    for (size_t i = 0; i < shorts; i++)
        SAME(sekisho_flows_init(memory, size - short_by[i], &config, &flows), SEKISHO_ENOSPC);
    SAME(sekisho_flows_attach(memory, size, &flows), SEKISHO_EPROTO);
    no_flows(NULL, region, SEKISHO_EINVAL);
    no_flows(untouched, region, SEKISHO_EPROTO);
    SAME(memcmp(memory, empty, size), 0);
    flows = NULL;

    for (int round = 0; round < 2; round++) {
        SAME(sekisho_flows_init(memory, round == 0 ? size : SIZE_MAX / 2, &config, &flows), 0);
        TRUE(flows == untouched);
        flows = NULL;
        SAME(sekisho_flows_init(memory, size, &config, &flows), SEKISHO_EEXIST);
        SAME(sekisho_flows_attach(NULL, size, &flows), SEKISHO_EINVAL);
        SAME(sekisho_flows_attach(memory, size, NULL), SEKISHO_EINVAL);
        SAME(sekisho_flows_attach(memory, size, (sekisho_flows **)crooked()), SEKISHO_EFAULT);
        for (size_t i = 0; i < shorts; i++)
            SAME(sekisho_flows_attach(memory, size - short_by[i], &flows), SEKISHO_ENOSPC);
        /* Nothing is looked at behind memory that is too short for what its header says. */
        for (size_t short_len = 0; short_len < 128; short_len += 4) {
            uint8_t *cut = guarded(short_len);
            memcpy(cut, memory, short_len);
            SAME(sekisho_flows_attach(cut, short_len, &flows), SEKISHO_ENOSPC);
        }
        TRUE(flows == NULL);
        SAME(sekisho_flows_attach(memory, size, &flows), 0);
        TRUE(flows == untouched);

        /* It has to be a region that packets are judged by, and a table that keeps their flows. */
        no_flows((sekisho_flows *)(void *)region, region, SEKISHO_EPROTO);
        no_steering((sekisho_steering *)(void *)flows, region, SEKISHO_EPROTO);
        SAME(sekisho_region_fini((sekisho_region *)(void *)flows), SEKISHO_EPROTO);

        SAME(sekisho_flows_fini(flows), 0);
        no_flows(untouched, region, SEKISHO_EPROTO);
        SAME(sekisho_flows_attach(memory, size, &flows), SEKISHO_EPROTO);
    }
    free(empty);
    free(region);
}

/* The same of a steering. */
static void steering_life(void)
{
    sekisho_region *region = border_region();
    const size_t size = sekisho_steering_footprint(8);
    TRUE(size > 0 && sekisho_steering_footprint(5) == size);
    TRUE(sekisho_steering_footprint(0) > 0 && sekisho_steering_footprint(0) < size);
    SAME(sekisho_steering_footprint(UINT32_MAX), 0);
    /* What is of flow tables alone does not count. */
    sekisho_flows_config config = flows_config(0);
    config.instances = 2;
    config.instance = 7;
    config.fragments = 8;
    uint8_t *memory = guarded(size);
    sekisho_steering *const untouched = (sekisho_steering *)(void *)memory, *steering = untouched;

    SAME(sekisho_steering_init(NULL, size, &config, &steering), SEKISHO_EINVAL);
    SAME(sekisho_steering_init(memory, size, &config, NULL), SEKISHO_EINVAL);
    SAME(sekisho_steering_init(memory, size, NULL, &steering), SEKISHO_EINVAL);
    SAME(sekisho_steering_init(memory, size, (const sekisho_flows_config *)crooked(), &steering),
         SEKISHO_EFAULT);
    sekisho_flows_config absurd[5];
    for (size_t i = 0; i < 5; i++)
        absurd[i] = config;
    absurd[0].instances = 0;
    absurd[1].instances = 64513;
    absurd[2].instances = UINT16_MAX;
    absurd[3].fragments = UINT32_MAX;
    absurd[4].meters = 65536;
    for (size_t i = 0; i < 5; i++)
        SAME(sekisho_steering_init(memory, SIZE_MAX, absurd + i, &steering), SEKISHO_EINVAL);
    for (uint32_t stated = 0; stated <= sizeof config + 4; stated++) {
        absurd[0] = config;
        absurd[0].size = stated;
        if (stated != sizeof config)
            SAME(sekisho_steering_init(memory, size, absurd, &steering), size_code(stated, sizeof config));
    }
    SAME(sekisho_steering_init(memory, size, &config, (sekisho_steering **)crooked()),
         SEKISHO_EFAULT);
    for (size_t off = 1; off < 4; off++) {
        SAME(sekisho_steering_init(memory + off, size, &config, &steering), SEKISHO_EFAULT);
        no_steering((sekisho_steering *)(void *)(memory + off), region, SEKISHO_EFAULT);
    }
    const size_t short_by[] = {1, 2, 3, 4, 5, size / 2, size - 1, size};
    for (size_t i = 0; i < sizeof short_by / sizeof short_by[0]; i++)
        SAME(sekisho_steering_init(memory, size - short_by[i], &config, &steering), SEKISHO_ENOSPC);
    no_steering(NULL, region, SEKISHO_EINVAL);
    no_steering(untouched, region, SEKISHO_EPROTO);
    for (size_t i = 0; i < size; i++)
        SAME(memory[i], 0);

    for (int round = 0; round < 2; round++) {
        steering = NULL;
        SAME(sekisho_steering_init(memory, size, &config, &steering), 0);
        TRUE(steering == untouched);
        steering = NULL;
        SAME(sekisho_steering_init(memory, size, &config, &steering), SEKISHO_EEXIST);
        TRUE(steering == NULL);
        no_flows((sekisho_flows *)(void *)untouched, region, SEKISHO_EPROTO);

        SAME(sekisho_steering_attach(NULL, size, &steering), SEKISHO_EINVAL);
        SAME(sekisho_steering_attach(memory, size, NULL), SEKISHO_EINVAL);
        SAME(sekisho_steering_attach(memory + 1, size, &steering), SEKISHO_EFAULT);
        SAME(sekisho_steering_attach(memory, size, (sekisho_steering **)crooked()), SEKISHO_EFAULT);
        for (size_t i = 0; i < sizeof short_by / sizeof short_by[0]; i++)
            SAME(sekisho_steering_attach(memory, size - short_by[i], &steering), SEKISHO_ENOSPC);
        /* Nothing is looked at behind memory that is too short for what its header says. */
        for (size_t short_len = 0; short_len < 64; short_len += 4) {
            uint8_t *cut = guarded(short_len);
            memcpy(cut, memory, short_len);
            SAME(sekisho_steering_attach(cut, short_len, &steering), SEKISHO_ENOSPC);
        }
        TRUE(steering == NULL);
        SAME(sekisho_steering_attach(memory, size, &steering), 0);
        TRUE(steering == untouched);

        uint8_t packet[64], before[64];
        const struct end host = {HOST, 4000}, server = {SERVER, 443};
        const size_t len = udp_packet(packet, host, server, 64);
        memcpy(before, packet, len);
        const sekisho_id vpc = {SEKISHO_KIND_VPC, 1}, odd = {0x105, 1}, i9 = {SEKISHO_KIND_INSTANCE, 9};
        sekisho_steering *const s = untouched;
        const sekisho_region *askew = (const sekisho_region *)crooked();
        SAME(sekisho_steering_owner(s, NULL, OUT, I1, packet, len, 0), SEKISHO_EINVAL);
        SAME(sekisho_steering_owner(s, region, OUT, I1, NULL, len, 0), SEKISHO_EINVAL);
        SAME(sekisho_steering_owner(s, region, OUT, I1, packet, SIZE_MAX, 0), SEKISHO_EINVAL);
        SAME(sekisho_steering_owner(s, region, 3, I1, packet, len, 0), SEKISHO_EINVAL);
        SAME(sekisho_steering_owner(s, region, UINT32_MAX, I1, packet, len, 0), SEKISHO_EINVAL);
        SAME(sekisho_steering_owner(s, region, OUT, NOBODY, packet, len, 0), SEKISHO_EINVAL);
        SAME(sekisho_steering_owner(s, region, OUT, vpc, packet, len, 0), SEKISHO_EINVAL);
        SAME(sekisho_steering_owner(s, region, OUT, odd, packet, len, 0), SEKISHO_EINVAL);
        SAME(sekisho_steering_owner(s, region, OUT, i9, packet, len, 0), SEKISHO_ENOENT);
        SAME(sekisho_steering_owner(s, askew, OUT, I1, packet, len, 0), SEKISHO_EFAULT);
        SAME(sekisho_steering_owner(s, (sekisho_region *)(void *)s, OUT, I1, packet, len, 0),
             SEKISHO_EPROTO);
        TRUE(sekisho_steering_owner(s, region, OUT, I1, packet, len, UINT64_MAX) >= 0);
        SAME(memcmp(packet, before, len), 0);
        SAME(sekisho_steering_fini(untouched), 0);
        no_steering(untouched, region, SEKISHO_EPROTO);
        steering = NULL;
        SAME(sekisho_steering_attach(memory, size, &steering), SEKISHO_EPROTO);
        TRUE(steering == NULL);
    }
    free(region);
}

/* ---- Packets --------------------------------------------------------------------------------- */

static void packets(void)
{
    struct border b = new_border(16);
    const struct end host = {HOST, 4000}, server = {SERVER, 443};
    const sekisho_id vpc = {SEKISHO_KIND_VPC, 1}, nat = {SEKISHO_KIND_NAT_GATEWAY, 1};
    const sekisho_id odd = {0x105, 1}, i9 = {SEKISHO_KIND_INSTANCE, 9};
    sekisho_region *const askew = (sekisho_region *)crooked();
    uint8_t packet[64], before[64];
    const size_t len = udp_packet(packet, host, server, 64);
    memcpy(before, packet, len);
    sekisho_outcome outcome, same;
    memset(&outcome, 0xAA, sizeof outcome);
    outcome.size = sizeof outcome;
    same = outcome;
    void *memory = zeroed(b.size);
    memcpy(memory, b.flows, b.size);

#define PACKET(region, origin, port, bytes, len, out) \
    sekisho_flows_packet(b.flows, region, origin, port, bytes, len, 0, out)
    SAME(PACKET(NULL, OUT, I1, packet, len, &outcome), SEKISHO_EINVAL);
    SAME(PACKET(askew, OUT, I1, packet, len, &outcome), SEKISHO_EFAULT);
    SAME(PACKET((sekisho_region *)(void *)b.flows, OUT, I1, packet, len, &outcome), SEKISHO_EPROTO);
    SAME(PACKET(b.region, OUT, I1, NULL, len, &outcome), SEKISHO_EINVAL);
    SAME(PACKET(b.region, OUT, I1, NULL, 0, &outcome), SEKISHO_EINVAL);
    SAME(PACKET(b.region, OUT, I1, packet, SIZE_MAX, &outcome), SEKISHO_EINVAL);
    SAME(PACKET(b.region, OUT, I1, packet, len, NULL), SEKISHO_EINVAL);
    SAME(PACKET(b.region, OUT, I1, packet, len, (sekisho_outcome *)crooked()), SEKISHO_EFAULT);
    SAME(PACKET(b.region, 3, I1, packet, len, &outcome), SEKISHO_EINVAL);
    SAME(PACKET(b.region, UINT32_MAX, I1, packet, len, &outcome), SEKISHO_EINVAL);
    SAME(PACKET(b.region, OUT, NOBODY, packet, len, &outcome), SEKISHO_EINVAL);
    SAME(PACKET(b.region, OUT, vpc, packet, len, &outcome), SEKISHO_EINVAL);
    SAME(PACKET(b.region, OUT, nat, packet, len, &outcome), SEKISHO_EINVAL);
    SAME(PACKET(b.region, OUT, odd, packet, len, &outcome), SEKISHO_EINVAL);
    UNTOUCHED(outcome, same);
    for (uint32_t size = 0; size < 2 * sizeof outcome; size++) {
        if (size == sizeof outcome)
            continue;
        outcome.size = same.size = size;
        SAME(PACKET(b.region, OUT, I1, packet, len, &outcome), size_code(size, sizeof outcome));
        UNTOUCHED(outcome, same);
    }
    SAME(memcmp(b.flows, memory, b.size), 0);
    outcome.size = same.size = sizeof outcome;
    SAME(PACKET(b.region, OUT, i9, packet, len, &outcome), SEKISHO_ENOENT);
    SAME(PACKET(b.region, SEKISHO_ORIGIN_INTERNET_VIA, i9, packet, len, &outcome), SEKISHO_ENOENT);
    UNTOUCHED(outcome, same);
    SAME(memcmp(packet, before, len), 0);
    check_counts(&b);

    /* A structure of an earlier version may end with the memory. */
    sekisho_outcome *small = (sekisho_outcome *)(void *)guarded(sizeof(uint32_t));
    small->size = sizeof(uint32_t);
    SAME(PACKET(b.region, OUT, I1, packet, len, small), SEKISHO_EINVAL);

    /* Cut off anywhere it is no packet, and nothing behind it is looked at; nor behind a whole one. */
    for (size_t size = 0; size <= len; size++) {
        uint8_t *exact = guarded(size);
        memcpy(exact, before, size);
        SAME(pass(&b, OUT, I1, exact, size),
             size < len ? SEKISHO_NEXT_DROP : SEKISHO_NEXT_INTERNET);
        if (size < len)
            SAME(b.outcome.drop, SEKISHO_DROP_MALFORMED);
        if (size < len)
            SAME(memcmp(exact, before, size), 0);
    }
    check_counts(&b);
    free(memory);
    free_border(&b);
#undef PACKET
}

/* A burst with one fault in it does nothing. */
static void faulty_bursts(void)
{
    enum { N = 40 };
    struct border b = new_border(64);
    const struct end server = {SERVER, 443};
    const sekisho_id vpc = {SEKISHO_KIND_VPC, 1}, odd = {0x105, 1};
    static uint8_t bytes[N][64], before[N][64];
    sekisho_burst good[N], burst[N], same[N];
    for (uint16_t i = 0; i < N; i++) {
        const struct end host = {HOST, (uint16_t)(4000 + i)};
        memset(good + i, 0xAA, sizeof good[i]);
        good[i].bytes = bytes[i];
        good[i].len = udp_packet(bytes[i], host, server, 64);
        good[i].origin = OUT;
        good[i].port = I1;
    }
    memcpy(before, bytes, sizeof bytes);
    void *memory = zeroed(b.size);
    memcpy(memory, b.flows, b.size);
    const size_t places[] = {0, 1, 31, 32, N - 1};
    for (size_t at = 0; at < sizeof places / sizeof places[0]; at++) {
        for (int fault = 0; fault < 8; fault++) {
            memcpy(burst, good, sizeof good);
            sekisho_burst *bad = burst + places[at];
            switch (fault) {
            case 0: bad->bytes = NULL; break;
            case 1: bad->bytes = NULL, bad->len = 0; break;
            case 2: bad->len = SIZE_MAX; break;
            case 3: bad->origin = 3; break;
            case 4: bad->origin = UINT32_MAX; break;
            case 5: bad->port = NOBODY; break;
            case 6: bad->port = vpc; break;
            default: bad->port = odd;
            }
            memcpy(same, burst, sizeof burst);
            SAME(sekisho_flows_burst(b.flows, b.region, burst, N, 0), SEKISHO_EINVAL);
            SAME(memcmp(burst, same, sizeof burst), 0);
        }
    }
    memcpy(burst, good, sizeof good);
    sekisho_region *const region = b.region;
    sekisho_region *const askew = (sekisho_region *)crooked();
    SAME(sekisho_flows_burst(b.flows, NULL, burst, N, 0), SEKISHO_EINVAL);
    SAME(sekisho_flows_burst(b.flows, NULL, NULL, 0, 0), SEKISHO_EINVAL);
    SAME(sekisho_flows_burst(b.flows, askew, burst, N, 0), SEKISHO_EFAULT);
    SAME(sekisho_flows_burst(b.flows, (sekisho_region *)(void *)b.flows, burst, N, 0),
         SEKISHO_EPROTO);
    SAME(sekisho_flows_burst(b.flows, region, NULL, N, 0), SEKISHO_EINVAL);
    SAME(sekisho_flows_burst(b.flows, region, (sekisho_burst *)crooked(), 1, 0), SEKISHO_EFAULT);
    SAME(sekisho_flows_burst(b.flows, region, burst, SIZE_MAX, 0), SEKISHO_EINVAL);
    SAME(sekisho_flows_burst(b.flows, region, burst, SIZE_MAX / sizeof *burst + 2, 0),
         SEKISHO_EINVAL);
    SAME(memcmp(burst, good, sizeof burst), 0);
    SAME(memcmp(bytes, before, sizeof bytes), 0);
    SAME(memcmp(b.flows, memory, b.size), 0);

    /* With none there is nothing to do, wherever they are; and no one of more than n is looked at. */
    SAME(sekisho_flows_burst(b.flows, region, NULL, 0, 0), 0);
    SAME(sekisho_flows_burst(b.flows, region, (sekisho_burst *)crooked(), 0, 0), 0);
    SAME(memcmp(b.flows, memory, b.size), 0);
    sekisho_burst *exact = (sekisho_burst *)(void *)guarded(sizeof good);
    memcpy(exact, good, sizeof good);
    SAME(sekisho_flows_burst(b.flows, region, exact, N, 0), 0);
    for (size_t i = 0; i < N; i++) {
        SAME(exact[i].next, SEKISHO_NEXT_INTERNET);
        SAME(exact[i].detail, EIP);
        SAME(exact[i].id.kind, 0);
    }
    free(memory);
    free_border(&b);
}

/* ---- Reading --------------------------------------------------------------------------------- */

static void reading(void)
{
    struct border b = new_border(16);
    const struct end host = {HOST, 4000}, server = {SERVER, 443};
    uint8_t packet[64];
    const size_t len = udp_packet(packet, host, server, 64);
    SAME(pass(&b, OUT, I1, packet, len), SEKISHO_NEXT_INTERNET);

    sekisho_count count = {77, 78}, count_before = count, *no_count = (sekisho_count *)crooked();
    const uint32_t nexts[] = {SEKISHO_NEXT_TRANSLATE, 8, 9, 255, 256, UINT32_MAX};
    for (size_t i = 0; i < sizeof nexts / sizeof nexts[0]; i++)
        SAME(sekisho_flows_next_count(b.flows, nexts[i], &count), SEKISHO_EINVAL);
    const uint32_t reasons[] = {0, 24, 31, 32, 50, 255, 256, 257, UINT32_MAX};
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        SAME(sekisho_flows_drop_count(b.flows, reasons[i], &count), SEKISHO_EINVAL);
    UNTOUCHED(count, count_before);
    SAME(sekisho_flows_next_count(b.flows, SEKISHO_NEXT_DROP, NULL), SEKISHO_EINVAL);
    SAME(sekisho_flows_next_count(b.flows, SEKISHO_NEXT_DROP, no_count), SEKISHO_EFAULT);
    SAME(sekisho_flows_drop_count(b.flows, SEKISHO_DROP_LOOP, NULL), SEKISHO_EINVAL);
    SAME(sekisho_flows_drop_count(b.flows, SEKISHO_DROP_LOOP, no_count), SEKISHO_EFAULT);

    sekisho_flow_stats stats = new_stats(), stats_before;
    SAME(sekisho_flows_stats(b.flows, NULL), SEKISHO_EINVAL);
    SAME(sekisho_flows_stats(b.flows, (sekisho_flow_stats *)crooked()), SEKISHO_EFAULT);
    for (uint32_t size = 0; size < 2 * sizeof stats; size++) {
        if (size == sizeof stats)
            continue;
        stats.size = size;
        stats_before = stats;
        SAME(sekisho_flows_stats(b.flows, &stats), size_code(size, sizeof stats));
        UNTOUCHED(stats, stats_before);
    }

    sekisho_meter meter = new_meter(), meter_before, *no_meter = (sekisho_meter *)crooked();
    uint32_t cursor = 0;
    SAME(sekisho_flows_meter(b.flows, EIP, NULL), SEKISHO_EINVAL);
    SAME(sekisho_flows_meter(b.flows, EIP, no_meter), SEKISHO_EFAULT);
    SAME(sekisho_flows_meters(b.flows, &cursor, NULL), SEKISHO_EINVAL);
    SAME(sekisho_flows_meters(b.flows, &cursor, no_meter), SEKISHO_EFAULT);
    SAME(sekisho_flows_meters(b.flows, NULL, &meter), SEKISHO_EINVAL);
    SAME(sekisho_flows_meters(b.flows, (uint32_t *)crooked(), &meter), SEKISHO_EFAULT);
    SAME(sekisho_flows_meter(b.flows, UINT32_MAX, &meter), SEKISHO_ENOENT);
    for (uint32_t size = 0; size < 2 * sizeof meter; size++) {
        if (size == sizeof meter)
            continue;
        meter.size = size;
        meter_before = meter;
        SAME(sekisho_flows_meter(b.flows, EIP, &meter), size_code(size, sizeof meter));
        SAME(sekisho_flows_meters(b.flows, &cursor, &meter), size_code(size, sizeof meter));
        UNTOUCHED(meter, meter_before);
    }
    SAME(cursor, 0);
    SAME(sekisho_flows_expire(b.flows, UINT64_MAX, 0), 0);
    SAME(sekisho_flows_expire(b.flows, UINT64_MAX, UINT32_MAX), 1);
    free_border(&b);
}

/* ---- Memory that is not what it was ---------------------------------------------------------- */

/* A handle to bytes that are no table, exactly as long as the least that may be one. */
static void garbage(void)
{
    sekisho_region *region = border_region();
    uint8_t *block = guarded(4096);
    uint32_t state = 1;
    for (int round = 0; round < 500; round++) {
        for (size_t i = 0; i < 4096; i++) {
            state = state * 1664525u + 1013904223u;
            block[i] = round == 0 ? 0xFF : (uint8_t)(state >> 24);
        }
        no_flows((sekisho_flows *)(void *)block, region, SEKISHO_EPROTO);
        no_steering((sekisho_steering *)(void *)block, region, SEKISHO_EPROTO);
        sekisho_flows *flows = NULL;
        SAME(sekisho_flows_attach(block, 4096, &flows), SEKISHO_EPROTO);
        TRUE(flows == NULL);
        sekisho_steering *steering = NULL;
        SAME(sekisho_steering_attach(block, 4096, &steering), SEKISHO_EPROTO);
        TRUE(steering == NULL);
    }
    free(region);
}

/* Some packets of every kind, and every question. */
static void busy(sekisho_flows *flows, const sekisho_region *region, uint64_t now)
{
    uint8_t packet[64], about[64];
    const struct end host = {HOST, 4000}, eip = {EIP, 4000}, server = {SERVER, 443};
    const struct end host2 = {HOST2, 4000}, nat = {NAT_EIP, 4000}, web = {NAT_EIP, 80};
    sekisho_outcome outcome = new_outcome();
    size_t len = tcp_packet(packet, host, server, 64, SYN);
    (void)sekisho_flows_packet(flows, region, OUT, I1, packet, len, now, &outcome);
    tcp_packet(packet, server, eip, 64, SYN | ACK);
    (void)sekisho_flows_packet(flows, region, IN, NOBODY, packet, len, now, &outcome);
    tcp_packet(packet, host, server, 64, ACK);
    (void)sekisho_flows_packet(flows, region, OUT, I1, packet, len, now, &outcome);
    tcp_packet(packet, server, web, 64, SYN);
    (void)sekisho_flows_packet(flows, region, IN, NOBODY, packet, len, now, &outcome);
    len = udp_packet(packet, host2, server, 64);
    (void)sekisho_flows_packet(flows, region, OUT, I2, packet, len, now, &outcome);
    len = udp_packet(packet, server, nat, 64);
    (void)sekisho_flows_packet(flows, region, IN, NOBODY, packet, len, now, &outcome);
    udp_packet(about, nat, server, 1);
    len = icmp_error(packet, ROUTER, NAT_EIP, 64, about);
    (void)sekisho_flows_packet(flows, region, IN, NOBODY, packet, len, now, &outcome);
    for (int is_first = 1; is_first >= 0; is_first--) {
        len = fragment(packet, host2, server, 64, is_first);
        (void)sekisho_flows_packet(flows, region, OUT, I2, packet, len, now, &outcome);
    }
    for (uint16_t i = 0; i < 5; i++) {
        const struct end more = {HOST3, (uint16_t)(4000 + i)};
        len = udp_packet(packet, more, server, 64);
        (void)sekisho_flows_packet(flows, region, OUT, I3, packet, len, now, &outcome);
    }
    sekisho_count count;
    for (uint32_t i = 0; i < 32; i++) {
        (void)sekisho_flows_next_count(flows, i, &count);
        (void)sekisho_flows_drop_count(flows, i, &count);
    }
    sekisho_meter meter = new_meter();
    sekisho_flow_stats stats = new_stats();
    (void)sekisho_flows_meter(flows, EIP, &meter);
    uint32_t cursor = 0;
    while (sekisho_flows_meters(flows, &cursor, &meter) == 0)
        continue;
    (void)sekisho_flows_stats(flows, &stats);
    (void)sekisho_flows_expire(flows, now, 100);
}

/* Every byte of a live table changed: what packets are answered may be wrong, but nothing leaves the
 * memory, and everything ends. */
static void damaged(void)
{
    static const uint8_t flips[] = {0x01, 0x02, 0x80, 0xFF};
    sekisho_flows_config config = flows_config(6);
    config.fragments = 4;
    config.meters = 2;
    struct border b = border_of(&config);
    sekisho_flows *copy = (sekisho_flows *)(void *)guarded(b.size);
    busy(b.flows, b.region, 1000);
    for (size_t at = 0; at < b.size; at++) {
        for (size_t flip = 0; flip < sizeof flips; flip++) {
            memcpy(copy, b.flows, b.size);
            ((uint8_t *)copy)[at] ^= flips[flip];
            alarm(20); /* ends the program if this does not end */
            busy(copy, b.region, 2000);
            busy(copy, b.region, 400000);
            (void)sekisho_flows_expire(copy, 1u << 30, UINT32_MAX);
        }
    }
    alarm(0);
    free_border(&b);
}

int main(void)
{
    configurations();
    life();
    steering_life();
    packets();
    faulty_bursts();
    reading();
    garbage();
    damaged();
    puts("flows_hostile: ok");
    return 0;
}
