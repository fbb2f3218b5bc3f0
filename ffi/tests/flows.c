/* Flow tables from C: packets with a memory, the ways in and out of a border, and what is counted.
 * Every odd argument is in flows_hostile.c. */
#include "border.h"

/* ---- 1:1, SNAT, DNAT ------------------------------------------------------------------------- */

static void one_to_one(void)
{
    struct border b = new_border(64);
    const struct end host = {HOST, 4000}, shown = {EIP, 4000}, server = {SERVER, 443};
    uint8_t packet[64], want[64];

    size_t len = tcp_packet(packet, host, server, 64, SYN);
    SAME(pass(&b, OUT, I1, packet, len), SEKISHO_NEXT_INTERNET);
    SAME(b.outcome.public_address, EIP);
    tcp_packet(want, shown, server, 63, SYN);
    SAME(memcmp(packet, want, len), 0);

    tcp_packet(packet, server, shown, 60, SYN | ACK);
    SAME(pass(&b, IN, NOBODY, packet, len), SEKISHO_NEXT_DELIVER);
    SAME(b.outcome.id.kind, SEKISHO_KIND_INSTANCE);
    SAME(b.outcome.id.number, 1);
    SAME(b.outcome.public_address, 0);
    tcp_packet(want, server, host, 59, SYN | ACK);
    SAME(memcmp(packet, want, len), 0);
    SAME(stats(&b).established, 0);

    tcp_packet(packet, host, server, 64, ACK);
    SAME(pass(&b, OUT, I1, packet, len), SEKISHO_NEXT_INTERNET);
    SAME(stats(&b).flows, 1);
    SAME(stats(&b).established, 1);
    SAME(stats(&b).mappings, 0);
    SAME(stats(&b).opened, 1);

    /* With a gateway table bound, whoever wants comes in. */
    const struct end stranger = {SERVER, 444};
    tcp_packet(packet, stranger, shown, 60, SYN);
    SAME(pass(&b, IN, NOBODY, packet, len), SEKISHO_NEXT_DELIVER);
    check_counts(&b);

    /* A datagram within the VPC stays as it is. */
    const struct end other = {HOST2, 53};
    len = udp_packet(packet, host, other, 1);
    memcpy(want, packet, len);
    SAME(pass(&b, OUT, I1, packet, len), SEKISHO_NEXT_DELIVER);
    SAME(b.outcome.id.number, 2);
    SAME(memcmp(packet, want, len), 0);
    check_counts(&b);
    free_border(&b);
}

/* Sends UDP by the NAT gateway; the port that it has outside. */
static uint16_t translated(struct border *b, sekisho_id sender, struct end host, struct end server)
{
    uint8_t packet[64], want[64];
    const size_t len = udp_packet(packet, host, server, 64);
    SAME(pass(b, OUT, sender, packet, len), SEKISHO_NEXT_INTERNET);
    SAME(b->outcome.public_address, NAT_EIP);
    const struct end outside = {NAT_EIP, get16(packet + 20)};
    udp_packet(want, outside, server, 63);
    SAME(memcmp(packet, want, len), 0);
    return outside.port;
}

static void snat(void)
{
    struct border b = new_border(64);
    const struct end host2 = {HOST2, 5353}, host3 = {HOST3, 5353}, server = {SERVER, 53};
    const struct end second = {ip(9, 9, 9, 9), 53};
    uint8_t packet[64], want[64];

    /* The own port if it is free, the same one whoever is talked to, another one of its parity else. */
    SAME(translated(&b, I2, host2, server), 5353);
    SAME(translated(&b, I2, host2, second), 5353);
    const uint16_t port = translated(&b, I3, host3, server);
    TRUE(port != 5353 && port % 2 == 1 && port >= 1024);
    SAME(stats(&b).flows, 3);
    SAME(stats(&b).mappings, 2);

    const struct end outside = {NAT_EIP, port};
    const size_t len = udp_packet(packet, server, outside, 60);
    SAME(pass(&b, IN, NOBODY, packet, len), SEKISHO_NEXT_DELIVER);
    SAME(b.outcome.id.number, 3);
    udp_packet(want, server, host3, 59);
    SAME(memcmp(packet, want, len), 0);
    /* One query answered is not a conversation yet. */
    SAME(stats(&b).established, 0);
    SAME(translated(&b, I3, host3, server), port);
    SAME(stats(&b).established, 1);

    /* From whom nothing was asked nothing comes in. */
    const struct end stranger = {ip(9, 9, 9, 9), 54};
    udp_packet(packet, stranger, outside, 60);
    memcpy(want, packet, len);
    SAME(pass(&b, IN, NOBODY, packet, len), SEKISHO_NEXT_DROP);
    SAME(b.outcome.drop, SEKISHO_DROP_NO_DNAT_ENTRY);
    SAME(memcmp(packet, want, len), 0);

    /* ICMP queries have their identifier for a port. */
    const struct end asker = {HOST2, 77}, asked = {SERVER, 0};
    const size_t size = ping(packet, asker, asked, 64, 0);
    SAME(pass(&b, OUT, I2, packet, size), SEKISHO_NEXT_INTERNET);
    const struct end shown = {NAT_EIP, get16(packet + 24)};
    ping(want, shown, asked, 63, 0);
    SAME(memcmp(packet, want, size), 0);
    ping(packet, asked, shown, 60, 1);
    SAME(pass(&b, IN, NOBODY, packet, size), SEKISHO_NEXT_DELIVER);
    ping(want, asked, asker, 59, 1);
    SAME(memcmp(packet, want, size), 0);

    /* What has no ports does not pass. */
    ipv4(packet, 24, 47, HOST2, SERVER, 64, 0);
    memset(packet + 20, 0, 4);
    SAME(pass(&b, OUT, I2, packet, 24), SEKISHO_NEXT_DROP);
    SAME(b.outcome.drop, SEKISHO_DROP_UNSUPPORTED_PROTOCOL);
    check_counts(&b);
    free_border(&b);
}

static void dnat(void)
{
    struct border b = new_border(64);
    const struct end client = {SERVER, 999}, shown = {NAT_EIP, 80}, host = {HOST2, 8080};
    uint8_t packet[64], want[64];
    const size_t len = tcp_packet(packet, client, shown, 60, SYN);
    SAME(pass(&b, IN, NOBODY, packet, len), SEKISHO_NEXT_DELIVER);
    SAME(b.outcome.id.number, 2);
    tcp_packet(want, client, host, 59, SYN);
    SAME(memcmp(packet, want, len), 0);
    tcp_packet(packet, host, client, 64, SYN | ACK);
    SAME(pass(&b, OUT, I2, packet, len), SEKISHO_NEXT_INTERNET);
    SAME(b.outcome.public_address, NAT_EIP);
    tcp_packet(want, shown, client, 63, SYN | ACK);
    SAME(memcmp(packet, want, len), 0);
    SAME(stats(&b).flows, 1);
    SAME(stats(&b).mappings, 0);

    /* A port that no entry names. */
    const struct end closed = {NAT_EIP, 81};
    tcp_packet(packet, client, closed, 60, SYN);
    SAME(pass(&b, IN, NOBODY, packet, len), SEKISHO_NEXT_DROP);
    SAME(b.outcome.drop, SEKISHO_DROP_NO_DNAT_ENTRY);
    check_counts(&b);
    free_border(&b);
}

/* ---- ICMP errors, fragments, time ------------------------------------------------------------ */

/* A router on the way tells the sender, whose packet it has seen from outside. */
static void errors(void)
{
    struct border b = new_border(64);
    const struct end host = {HOST2, 5353}, server = {SERVER, 53};
    uint8_t packet[64], seen[64], sent[64], want[64];
    const uint16_t port = translated(&b, I2, host, server);
    const struct end outside = {NAT_EIP, port};
    udp_packet(seen, outside, server, 1);
    udp_packet(sent, host, server, 1);
    const size_t len = icmp_error(packet, ROUTER, NAT_EIP, 60, seen);
    SAME(pass(&b, IN, NOBODY, packet, len), SEKISHO_NEXT_DELIVER);
    SAME(b.outcome.id.number, 2);
    icmp_error(want, ROUTER, HOST2, 59, sent);
    SAME(memcmp(packet, want, len), 0);

    /* About what nobody has sent. */
    const struct end other = {NAT_EIP, (uint16_t)(port + 2)};
    udp_packet(seen, other, server, 1);
    icmp_error(packet, ROUTER, NAT_EIP, 60, seen);
    memcpy(want, packet, len);
    SAME(pass(&b, IN, NOBODY, packet, len), SEKISHO_NEXT_DROP);
    SAME(memcmp(packet, want, len), 0);
    check_counts(&b);
    free_border(&b);
}

static void fragments(void)
{
    struct border b = new_border(64);
    const struct end host = {HOST2, 5353}, server = {SERVER, 53}, outside = {NAT_EIP, 5353};
    uint8_t packet[64], want[64];
    for (int round = 0; round < 3; round++) {
        /* The second part alone is not known; behind the first one it is, for 30 s. */
        size_t len = fragment(packet, host, server, 64, 0);
        memcpy(want, packet, len);
        SAME(pass(&b, OUT, I2, packet, len), SEKISHO_NEXT_DROP);
        SAME(b.outcome.drop, SEKISHO_DROP_FRAGMENT);
        SAME(memcmp(packet, want, len), 0);

        len = fragment(packet, host, server, 64, 1);
        SAME(pass(&b, OUT, I2, packet, len), SEKISHO_NEXT_INTERNET);
        fragment(want, outside, server, 63, 1);
        SAME(memcmp(packet, want, len), 0);
        b.now += 29999;
        len = fragment(packet, host, server, 64, 0);
        SAME(pass(&b, OUT, I2, packet, len), SEKISHO_NEXT_INTERNET);
        fragment(want, outside, server, 63, 0);
        SAME(memcmp(packet, want, len), 0);
        b.now += 30000;
    }
    check_counts(&b);
    free_border(&b);
}

static void time_outs(void)
{
    struct border b = new_border(64);
    const struct end host = {HOST2, 5353}, server = {SERVER, 53}, outside = {NAT_EIP, 5353};
    uint8_t packet[64];
    b.now = 1u << 20;
    SAME(translated(&b, I2, host, server), 5353);

    /* An answer just in time, which makes it live on; then none. */
    b.now += 299999;
    const size_t len = udp_packet(packet, server, outside, 60);
    SAME(pass(&b, IN, NOBODY, packet, len), SEKISHO_NEXT_DELIVER);
    b.now += 299999;
    SAME(sekisho_flows_expire(b.flows, b.now, UINT32_MAX), 0);
    SAME(stats(&b).flows, 1);
    b.now += 1;
    udp_packet(packet, server, outside, 60);
    SAME(pass(&b, IN, NOBODY, packet, len), SEKISHO_NEXT_DROP);
    SAME(stats(&b).flows, 0);
    SAME(stats(&b).mappings, 0);
    SAME(stats(&b).expired, 1);

    /* A clock that goes back stands still. */
    SAME(translated(&b, I2, host, server), 5353);
    SAME(sekisho_flows_expire(b.flows, 0, UINT32_MAX), 0);
    b.now += 1;
    udp_packet(packet, server, outside, 60);
    SAME(pass(&b, IN, NOBODY, packet, len), SEKISHO_NEXT_DELIVER);

    /* Many at once, but no more than are wanted. */
    for (uint16_t i = 0; i < 9; i++) {
        const struct end from = {HOST, (uint16_t)(4000 + i)};
        udp_packet(packet, from, server, 64);
        SAME(pass(&b, OUT, I1, packet, len), SEKISHO_NEXT_INTERNET);
    }
    SAME(stats(&b).flows, 10);
    b.now += 300000;
    SAME(sekisho_flows_expire(b.flows, b.now, 0), 0);
    SAME(sekisho_flows_expire(b.flows, b.now, 4), 4);
    SAME(sekisho_flows_expire(b.flows, b.now, UINT32_MAX), 6);
    SAME(stats(&b).flows, 0);
    SAME(stats(&b).flows_high, 10);
    SAME(stats(&b).expired, 11);
    SAME(stats(&b).evicted, 0);

    /* At the end of time, beyond which there is none: nothing ends any more. */
    b.now = (1ull << 48) - 1;
    SAME(translated(&b, I2, host, server), 5353);
    b.now = UINT64_MAX;
    SAME(sekisho_flows_expire(b.flows, b.now, UINT32_MAX), 0);
    udp_packet(packet, server, outside, 60);
    SAME(pass(&b, IN, NOBODY, packet, len), SEKISHO_NEXT_DELIVER);
    SAME(stats(&b).flows, 1);
    check_counts(&b);
    free_border(&b);
}

static void full(void)
{
    struct border b = new_border(4);
    const struct end server = {SERVER, 443}, shown = {EIP, 4000};
    uint8_t packet[64];
    size_t len = 0;
    /* Flows that only their opener has sent make room, the oldest first. */
    for (uint16_t i = 0; i < 9; i++) {
        const struct end from = {HOST, (uint16_t)(5000 + i)};
        len = udp_packet(packet, from, server, 64);
        SAME(pass(&b, OUT, I1, packet, len), SEKISHO_NEXT_INTERNET);
    }
    SAME(stats(&b).flows, 4);
    SAME(stats(&b).flows_high, 4);
    SAME(stats(&b).evicted, 5);
    /* Established ones do not. */
    for (uint16_t i = 0; i < 4; i++) {
        const struct end from = {HOST, (uint16_t)(4000 + i)};
        const struct end back = {shown.address, from.port};
        len = tcp_packet(packet, from, server, 64, SYN);
        SAME(pass(&b, OUT, I1, packet, len), SEKISHO_NEXT_INTERNET);
        tcp_packet(packet, server, back, 64, SYN | ACK);
        SAME(pass(&b, IN, NOBODY, packet, len), SEKISHO_NEXT_DELIVER);
        tcp_packet(packet, from, server, 64, ACK);
        SAME(pass(&b, OUT, I1, packet, len), SEKISHO_NEXT_INTERNET);
    }
    SAME(stats(&b).established, 4);
    const struct end one_more = {HOST, 4004};
    tcp_packet(packet, one_more, server, 64, SYN);
    SAME(pass(&b, OUT, I1, packet, len), SEKISHO_NEXT_DROP);
    SAME(b.outcome.drop, SEKISHO_DROP_FLOW_TABLE_FULL);
    SAME(stats(&b).evicted, 9);
    check_counts(&b);
    free_border(&b);
}

/* ---- Counters -------------------------------------------------------------------------------- */

static void meters(void)
{
    struct border b = new_border(64);
    const struct end host = {HOST, 4000}, shown = {EIP, 4000}, server = {SERVER, 443};
    const struct end host2 = {HOST2, 5353};
    sekisho_meter meter = new_meter();
    uint32_t cursor = 0;
    uint8_t packet[64];
    SAME(sekisho_flows_meter(b.flows, EIP, &meter), SEKISHO_ENOENT);
    SAME(sekisho_flows_meter(b.flows, 0, &meter), SEKISHO_ENOENT);
    SAME(sekisho_flows_meters(b.flows, &cursor, &meter), SEKISHO_ENOENT);
    SAME(cursor, 0);

    size_t len = tcp_packet(packet, host, server, 64, SYN);
    SAME(pass(&b, OUT, I1, packet, len), SEKISHO_NEXT_INTERNET);
    for (int i = 0; i < 3; i++) {
        tcp_packet(packet, server, shown, 64, SYN | ACK);
        SAME(pass(&b, IN, NOBODY, packet, len), SEKISHO_NEXT_DELIVER);
    }
    translated(&b, I2, host2, server);
    SAME(sekisho_flows_meter(b.flows, EIP, &meter), 0);
    SAME(meter.size, sizeof meter);
    SAME(meter.address, EIP);
    SAME(meter.out.packets, 1);
    SAME(meter.out.bytes, TCP_LEN);
    SAME(meter.inward.packets, 3);
    SAME(meter.inward.bytes, 3 * TCP_LEN);
    SAME(sekisho_flows_meter(b.flows, NAT_EIP, &meter), 0);
    SAME(meter.out.bytes, UDP_LEN);
    SAME(meter.inward.packets, 0);
    /* Dropped: not counted as having come in. */
    const struct end closed = {NAT_EIP, 81};
    tcp_packet(packet, server, closed, 64, SYN);
    SAME(pass(&b, IN, NOBODY, packet, len), SEKISHO_NEXT_DROP);
    SAME(sekisho_flows_meter(b.flows, NAT_EIP, &meter), 0);
    SAME(meter.inward.packets, 0);

    uint32_t seen = 0;
    for (int i = 0; i < 2; i++) {
        SAME(sekisho_flows_meters(b.flows, &cursor, &meter), 0);
        TRUE(meter.address == EIP || meter.address == NAT_EIP);
        seen ^= meter.address;
    }
    SAME(seen, EIP ^ NAT_EIP);
    const uint32_t end = cursor;
    const sekisho_meter last = meter;
    SAME(sekisho_flows_meters(b.flows, &cursor, &meter), SEKISHO_ENOENT);
    SAME(cursor, end);
    cursor = UINT32_MAX;
    SAME(sekisho_flows_meters(b.flows, &cursor, &meter), SEKISHO_ENOENT);
    SAME(cursor, UINT32_MAX);
    SAME(memcmp(&meter, &last, sizeof meter), 0);
    check_counts(&b);
    free_border(&b);

    /* Without a meter of its own an address is counted with the others. */
    sekisho_flows_config config = flows_config(16);
    config.meters = 0;
    b = border_of(&config);
    len = tcp_packet(packet, host, server, 64, SYN);
    SAME(pass(&b, OUT, I1, packet, len), SEKISHO_NEXT_INTERNET);
    SAME(sekisho_flows_meter(b.flows, EIP, &meter), SEKISHO_ENOENT);
    SAME(sekisho_flows_meter(b.flows, 0, &meter), 0);
    SAME(meter.address, 0);
    SAME(meter.out.packets, 1);
    cursor = 0;
    SAME(sekisho_flows_meters(b.flows, &cursor, &meter), 0);
    SAME(meter.address, 0);
    free_border(&b);
}

/* What the console says of two tables, in exactly as much room as it takes. */
static void counted_lines(void)
{
    struct border a = new_border(16), b = new_border(16);
    const struct end host = {HOST, 4000}, host2 = {HOST2, 5353}, server = {SERVER, 443};
    uint8_t packet[64];
    const size_t len = tcp_packet(packet, host, server, 64, SYN);
    SAME(pass(&a, OUT, I1, packet, len), SEKISHO_NEXT_INTERNET);
    translated(&b, I2, host2, server);
    SAME(pass(&b, IN, NOBODY, packet, 7), SEKISHO_NEXT_DROP);

    static const char line[] = "counters", one[] = "counters eip-2", wrong[] = "counters eip-9";
    static const char want[] = "ok\n"
                               "  egress packets=2 bytes=80\n"
                               "  deliver packets=0 bytes=0\n"
                               "  handoff packets=0 bytes=0\n"
                               "  service packets=0 bytes=0\n"
                               "  forward packets=0 bytes=0\n"
                               "  inspect packets=0 bytes=0\n"
                               "  drop packets=1 bytes=7\n"
                               "  drop MALFORMED packets=1 bytes=7\n"
                               "  eip-1 47.0.0.1 out-packets=1 out-bytes=46 in-packets=0 in-bytes=0\n"
                               "  eip-2 47.0.0.2 out-packets=1 out-bytes=34 in-packets=0 in-bytes=0\n";
    const sekisho_flows *both[2] = {a.flows, b.flows};
    char answer[1024], before[1024];
    size_t needed = 0;
#define COUNTED(flows, n, line, answer, cap) \
    sekisho_region_line_counted(a.region, flows, n, line, strlen(line), answer, cap, &needed)
    memset(before, 'x', sizeof before);
    for (size_t cap = 0; cap < sizeof want; cap++) {
        memcpy(answer, before, sizeof answer);
        SAME(COUNTED(both, 2, line, answer, cap), SEKISHO_ENOSPC);
        SAME(needed, sizeof want);
        SAME(memcmp(answer, before, sizeof answer), 0);
    }
    SAME(COUNTED(both, 2, line, answer, sizeof want), 0);
    SAME(strcmp(answer, want), 0);
    SAME(COUNTED(both, 2, line, NULL, 0), 0);
    SAME(needed, sizeof want);
    SAME(COUNTED(both + 1, 1, one, answer, sizeof answer), 0);
    SAME(strcmp(answer, "ok\n  eip-2 47.0.0.2 out-packets=1 out-bytes=34 in-packets=0 in-bytes=0\n"),
         0);
    SAME(COUNTED(both, 2, wrong, answer, sizeof answer), SEKISHO_ERROR_NO_PUBLIC_ADDRESS);
    SAME(strcmp(answer, "error ResourceNotFound.PublicAddress\n"), 0);
    /* Commands as ever; without tables zeros. */
    SAME(COUNTED(both, 2, "allocate-eip eip-9 47.0.0.9", answer, sizeof answer), 0);
    SAME(COUNTED(both, 2, wrong, answer, sizeof answer), 0);
    char other[1024];
    SAME(COUNTED(NULL, 0, line, answer, sizeof answer), 0);
    SAME(sekisho_region_line(a.region, line, strlen(line), other, sizeof other, NULL), 0);
    SAME(strcmp(answer, other), 0);
    TRUE(strstr(answer, "egress packets=0 bytes=0") != NULL);

    /* Tables that are none. */
    const sekisho_flows *askew = (const sekisho_flows *)(const void *)((const uint8_t *)a.flows + 1);
    const sekisho_flows *others[3] = {NULL, askew, (const sekisho_flows *)(const void *)a.region};
    const int codes[3] = {SEKISHO_EINVAL, SEKISHO_EFAULT, SEKISHO_EPROTO};
    memcpy(answer, before, sizeof answer);
    needed = 77;
    for (int i = 0; i < 3; i++) {
        both[1] = others[i];
        SAME(COUNTED(both, 2, line, answer, sizeof answer), codes[i]);
        SAME(COUNTED(both, 2, "release-eip eip-9", answer, sizeof answer), codes[i]);
    }
    SAME(COUNTED(NULL, 1, line, answer, sizeof answer), SEKISHO_EINVAL);
    SAME(COUNTED(both, SIZE_MAX, line, answer, sizeof answer), SEKISHO_EINVAL);
    const void *place = (const uint8_t *)both + 1;
    SAME(COUNTED((const sekisho_flows *const *)place, 1, line, answer, sizeof answer),
         SEKISHO_EFAULT);
    SAME(memcmp(answer, before, sizeof answer), 0);
    SAME(needed, 77);
    SAME(COUNTED(both, 1, "release-eip eip-9", answer, sizeof answer), 0);
#undef COUNTED
    free_border(&b);
    free_border(&a);
}

/* ---- Bursts ---------------------------------------------------------------------------------- */

enum { MANY = 100, ROOM = 64 };

/* Packets of every kind, in an order that makes flows, finds them and drops some. */
static void assorted(uint8_t packets[MANY][ROOM], sekisho_burst *burst)
{
    uint32_t state = 7;
    for (int i = 0; i < MANY; i++) {
        state = state * 1664525u + 1013904223u;
        const uint16_t port = (uint16_t)(4000 + (state >> 28));
        const struct end host = {HOST, port}, host2 = {HOST2, port}, server = {SERVER, 443};
        const struct end eip = {EIP, port}, nat = {NAT_EIP, port}, web = {NAT_EIP, 80};
        const struct end client = {SERVER, port}, behind = {HOST2, 8080};
        uint8_t *packet = packets[i];
        sekisho_burst *entry = burst + i;
        memset(entry, 0, sizeof *entry);
        entry->bytes = packet;
        entry->origin = OUT;
        entry->port = I2;
        switch (i % 10) {
        case 0:
            entry->port = I1;
            entry->len = tcp_packet(packet, host, server, 64, SYN);
            break;
        case 1:
            entry->origin = IN;
            entry->port = NOBODY;
            entry->len = tcp_packet(packet, server, eip, 60, SYN | ACK);
            break;
        case 2:
            entry->len = udp_packet(packet, host2, server, 64);
            break;
        case 3:
            entry->origin = IN;
            entry->len = udp_packet(packet, server, nat, 60);
            break;
        case 4:
            entry->origin = IN;
            entry->len = tcp_packet(packet, client, web, 60, SYN);
            break;
        case 5:
            entry->len = tcp_packet(packet, behind, client, 60, SYN | ACK);
            break;
        case 6:
        case 7:
            entry->len = fragment(packet, host2, server, i % 20 < 10 ? 64 : 1, i % 10 == 6);
            break;
        case 8:
            entry->len = ping(packet, host2, server, 64, 0);
            break;
        default:
            /* Nothing at all, and from nowhere. */
            entry->len = udp_packet(packet, host2, server, 64) - (i % 20 < 10 ? 1 : 0);
            if (i % 20 >= 10)
                entry->port.number = 9;
        }
    }
}

static void bursts(void)
{
    const size_t sizes[] = {0, 1, 7, 31, 32, 33, 64, 65, MANY};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        const size_t n = sizes[s];
        uint8_t(*packets)[ROOM] = (uint8_t(*)[ROOM])zeroed(MANY * ROOM);
        uint8_t(*same)[ROOM] = (uint8_t(*)[ROOM])zeroed(MANY * ROOM);
        sekisho_burst burst[MANY], single[MANY];
        struct border b = new_border(16), copy = copied_border(&b);
        TRUE(copy.flows != b.flows);
        for (int round = 0; round < 5; round++) {
            assorted(packets, burst);
            assorted(same, single);
            SAME(sekisho_flows_burst(b.flows, b.region, n == 0 ? NULL : burst, n, b.now), 0);
            for (size_t i = 0; i < n; i++) {
                const sekisho_burst *one = single + i;
                sekisho_outcome outcome = new_outcome();
                const int code = sekisho_flows_packet(copy.flows, copy.region, one->origin, one->port,
                                                      one->bytes, one->len, b.now, &outcome);
                if (code == SEKISHO_ENOENT) {
                    outcome.next = SEKISHO_NEXT_DROP;
                    memset(&outcome.id, 0, sizeof outcome.id);
                    SAME(one->port.number, 9);
                } else {
                    SAME(code, 0);
                }
                SAME(burst[i].next, outcome.next);
                SAME(burst[i].id.kind, outcome.id.kind);
                SAME(burst[i].id.number, outcome.id.number);
                SAME(burst[i].detail,
                     code == 0 ? outcome.drop | outcome.public_address | outcome.appliance : 0);
                SAME(burst[i].len, one->len);
            }
            SAME(memcmp(packets, same, MANY * ROOM), 0);
            SAME(memcmp(b.flows, copy.flows, b.size), 0);
            /* In the last rounds what there is times out. */
            b.now += round < 2 ? 1000 : 10000000;
        }
        free_border(&copy);
        free_border(&b);
        free(packets);
        free(same);
    }
}

/* What comes from a port that does not exist is dropped for no reason, and counted nowhere. */
static void bursts_from_nowhere(void)
{
    struct border b = new_border(16);
    const struct end host = {HOST, 4000}, server = {SERVER, 443};
    const sekisho_id i9 = {SEKISHO_KIND_INSTANCE, 9};
    uint8_t packet[64], before[64];
    sekisho_burst one;
    memset(&one, 0xAA, sizeof one);
    one.bytes = packet;
    one.len = udp_packet(packet, host, server, 64);
    one.origin = OUT;
    one.port = i9;
    memcpy(before, packet, one.len);
    SAME(sekisho_flows_burst(b.flows, b.region, &one, 1, 0), 0);
    SAME(one.next, SEKISHO_NEXT_DROP);
    SAME(one.detail, 0);
    SAME(one.id.kind, 0);
    SAME(one.id.number, 0);
    SAME(memcmp(packet, before, one.len), 0);
    check_counts(&b);
    free_border(&b);
}

/* ---- Steering -------------------------------------------------------------------------------- */

static void steering(void)
{
    enum { INSTANCES = 3 };
    struct border b[INSTANCES];
    sekisho_flows_config config = flows_config(256);
    config.instances = INSTANCES;
    for (uint16_t k = 0; k < INSTANCES; k++) {
        config.instance = k;
        b[k] = border_of(&config);
    }
    const sekisho_region *region = b[0].region;
    config.fragments = 16;
    const size_t size = sekisho_steering_footprint(16);
    TRUE(size > 0 && size % sizeof(uint32_t) == 0);
    sekisho_steering *steering = NULL, *single = NULL;
    SAME(sekisho_steering_init(guarded(size), size, &config, &steering), 0);
    void *memory = zeroed(size);
    config.instances = 1;
    SAME(sekisho_steering_init(memory, size, &config, &single), 0);
    uint8_t packet[64];
    unsigned owned[INSTANCES] = {0, 0, 0};

    for (uint16_t i = 0; i < 60; i++) {
        const struct end host = {HOST, (uint16_t)(4000 + i)}, shown = {EIP, host.port};
        const struct end host2 = {HOST2, host.port}, server = {SERVER, 443};
        /* 1:1, both ways. */
        size_t len = tcp_packet(packet, host, server, 64, SYN);
        SAME(sekisho_steering_owner(single, region, OUT, I1, packet, len, 0), 0);
        int owner = sekisho_steering_owner(steering, region, OUT, I1, packet, len, 0);
        TRUE(owner >= 0 && owner < INSTANCES);
        owned[owner]++;
        len = tcp_packet(packet, server, shown, 64, SYN | ACK);
        SAME(sekisho_steering_owner(steering, region, IN, NOBODY, packet, len, 0), owner);

        /* Port translation: the answer comes to the port that the owner has given. */
        uint8_t before[64];
        len = udp_packet(packet, host2, server, 64);
        memcpy(before, packet, len);
        owner = sekisho_steering_owner(steering, region, OUT, I2, packet, len, 0);
        SAME(memcmp(packet, before, len), 0);
        TRUE(owner >= 0 && owner < INSTANCES);
        const struct end outside = {NAT_EIP, translated(b + owner, I2, host2, server)};
        const uint32_t low = 1024 + 64512u * (unsigned)owner / INSTANCES;
        const uint32_t high = 1024 + 64512u * (unsigned)(owner + 1) / INSTANCES;
        TRUE(outside.port >= low && outside.port < high);
        len = udp_packet(packet, server, outside, 64);
        SAME(sekisho_steering_owner(steering, region, IN, NOBODY, packet, len, 0), owner);
        SAME(pass(b + owner, IN, NOBODY, packet, len), SEKISHO_NEXT_DELIVER);

        /* Later fragments belong where their first one does. */
        len = fragment(packet, host2, server, 64, 1);
        SAME(sekisho_steering_owner(steering, region, OUT, I2, packet, len, i), owner);
        len = fragment(packet, host2, server, 64, 0);
        SAME(sekisho_steering_owner(steering, region, OUT, I2, packet, len, i), owner);
    }
    for (int k = 0; k < INSTANCES; k++)
        TRUE(owned[k] > 5);
    /* Elsewhere it is the same steering. */
    sekisho_steering *copy = NULL;
    void *elsewhere = guarded(size);
    memcpy(elsewhere, steering, size);
    SAME(sekisho_steering_attach(elsewhere, size, &copy), 0);
    TRUE((void *)copy == elsewhere);
    for (uint16_t i = 0; i < 60; i++) {
        const struct end host = {HOST, (uint16_t)(4000 + i)}, server = {SERVER, 443};
        const size_t len = tcp_packet(packet, host, server, 64, SYN);
        SAME(sekisho_steering_owner(copy, region, OUT, I1, packet, len, 0),
             sekisho_steering_owner(steering, region, OUT, I1, packet, len, 0));
    }
    SAME(sekisho_steering_fini(copy), 0);
    /* What is no packet belongs to any. */
    for (size_t len = 0; len < 20; len++) {
        uint8_t *exact = guarded(len);
        SAME(sekisho_steering_owner(steering, region, IN, NOBODY, exact, len, 0), 0);
    }
    SAME(sekisho_steering_fini(single), 0);
    config.instances = 64512;
    SAME(sekisho_steering_init(memory, size, &config, &single), 0);
    SAME(sekisho_steering_fini(single), 0);
    SAME(sekisho_steering_fini(steering), 0);
    free(memory);
    for (int k = 0; k < INSTANCES; k++)
        free_border(b + k);
}

/* ---- Time exceeded --------------------------------------------------------------------------- */

static void time_exceeded(void)
{
    struct border b = new_border(16);
    const struct end host = {HOST, 4000}, server = {SERVER, 443};
    uint8_t packet[64], answer[SEKISHO_MAX_ANSWER];
    const size_t len = udp_packet(packet, host, server, 1);
    SAME(pass(&b, OUT, I1, packet, len), SEKISHO_NEXT_DROP);
    SAME(b.outcome.drop, SEKISHO_DROP_TTL_EXPIRED);
    SAME(stats(&b).flows, 0);

    memset(answer, 0xAA, sizeof answer);
    const int written = sekisho_time_exceeded(packet, len, ROUTER, answer, sizeof answer);
    SAME(written, 28 + (int)len);
    SAME(get16(answer + 2), written);
    SAME(get32(answer + 12), ROUTER);
    SAME(get32(answer + 16), HOST);
    SAME(answer[20], 11);
    SAME(answer[21], 0);
    SAME(memcmp(answer + 28, packet, len), 0);
    SAME(checksum(answer, 20), 0);
    SAME(checksum(answer + 20, (size_t)written - 20), 0);
    for (size_t i = (size_t)written; i < sizeof answer; i++)
        SAME(answer[i], 0xAA);
    /* As much as there is room for, from the headers and 8 bytes on. */
    for (size_t room = 0; room <= (size_t)written; room++) {
        uint8_t *exact = guarded(room);
        const int code = sekisho_time_exceeded(packet, len, ROUTER, exact, room);
        SAME(code, room < 28 + 28 ? SEKISHO_ENOSPC : (int)room);
        if (code > 0)
            SAME(checksum(exact + 20, (size_t)code - 20), 0);
        for (size_t i = 0; code < 0 && i < room; i++)
            SAME(exact[i], 0);
    }
    /* None is due to what is no packet, however it ends, nor to an error. */
    for (size_t size = 0; size < len; size++) {
        uint8_t *exact = guarded(size);
        memcpy(exact, packet, size);
        SAME(sekisho_time_exceeded(exact, size, ROUTER, answer, sizeof answer), 0);
    }
    uint8_t error[64];
    const size_t size = icmp_error(error, ROUTER, SERVER, 1, packet);
    SAME(sekisho_time_exceeded(error, size, ROUTER, answer, sizeof answer), 0);
    const size_t part = fragment(error, host, server, 1, 0);
    SAME(sekisho_time_exceeded(error, part, ROUTER, answer, sizeof answer), 0);

    memset(answer, 0xAA, sizeof answer);
    SAME(sekisho_time_exceeded(NULL, len, ROUTER, answer, sizeof answer), SEKISHO_EINVAL);
    SAME(sekisho_time_exceeded(packet, len, ROUTER, NULL, sizeof answer), SEKISHO_EINVAL);
    SAME(sekisho_time_exceeded(packet, SIZE_MAX, ROUTER, answer, sizeof answer), SEKISHO_EINVAL);
    SAME(sekisho_time_exceeded(packet, len, ROUTER, answer, SIZE_MAX), SEKISHO_EINVAL);
    for (size_t i = 0; i < sizeof answer; i++)
        SAME(answer[i], 0xAA);
    check_counts(&b);
    free_border(&b);
}

int main(void)
{
    one_to_one();
    snat();
    dnat();
    errors();
    fragments();
    time_outs();
    full();
    meters();
    counted_lines();
    bursts();
    bursts_from_nowhere();
    steering();
    time_exceeded();
    puts("flows: ok");
    return 0;
}
