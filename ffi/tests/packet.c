/* Packets from C: the border in both directions, and every odd argument. */
#include "wire.h"

enum { LENGTH = 28 };

/* A UDP packet without data and without a UDP checksum. */
static void udp(uint8_t packet[LENGTH], uint32_t source, uint32_t destination, uint8_t ttl)
{
    ipv4(packet, LENGTH, 17, source, destination, ttl, 0);
    memset(packet + 20, 0, LENGTH - 20);
    packet[25] = 8;
}

static sekisho_region *walkthrough(void)
{
    sekisho_region *region = new_region();
    SAME(apply(region, "create-vpc vpc-1 vtb-1 10.0.0.0/16"), 0);
    SAME(apply(region, "create-vswitch vsw-1 vpc-1 10.0.0.0/24"), 0);
    SAME(apply(region, "create-instance i-1 vsw-1 10.0.0.10"), 0);
    SAME(apply(region, "allocate-eip eip-1 47.0.0.1"), 0);
    SAME(apply(region, "associate-eip eip-1 i-1"), 0);
    return region;
}

/* Packets that have more ahead of them than an address to rewrite: an appliance, a NAT gateway, and
 * the answers of a load balancer. */
static void farther(void)
{
    const sekisho_id i1 = {SEKISHO_KIND_INSTANCE, 1}, none = {0, 0};
    const sekisho_id ep1 = {SEKISHO_KIND_ENDPOINT, 1}, ep9 = {SEKISHO_KIND_ENDPOINT, 9};
    const sekisho_id lb1 = {SEKISHO_KIND_LOAD_BALANCER, 1}, lb9 = {SEKISHO_KIND_LOAD_BALANCER, 9};
    const sekisho_id nat = {SEKISHO_KIND_NAT_GATEWAY, 1};
    const uint32_t host = ip(10, 0, 0, 10), out = ip(8, 8, 8, 8);
    sekisho_region *region = walkthrough();
    static const char *const lines[] = {
        "create-vswitch vsw-2 vpc-1 10.0.1.0/24", "create-nat-gateway ngw-1 vsw-2 10.0.1.20",
        "allocate-eip eip-2 47.0.0.2", "associate-eip eip-2 ngw-1",
        "create-forward-entry ngw-1 eip-2 any 0 10.0.0.10 0",
        "create-load-balancer lb-1 internal vsw-1 10.0.0.30", "allocate-eip eip-3 47.0.0.3",
        "associate-eip eip-3 lb-1", "create-gwlb gwlb-1 fail-open=on",
        "create-gwlb-endpoint ep-1 vsw-2 gwlb-1", "create-route-entry vtb-1 172.16.0.0/12 ep-1",
        "create-route-table vtb-2 vpc-1", "associate-route-table vtb-2 vsw-2",
        "create-route-entry vtb-2 172.16.0.0/12 peer-1",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        SAME(apply(region, lines[i]), 0);
    sekisho_outcome outcome;
    uint8_t packet[LENGTH], before[LENGTH];
    memset(&outcome, 0, sizeof outcome);
    outcome.size = sizeof outcome;

    /* To the appliance of an endpoint, unchanged, and on from there; with none it is passed by. */
    udp(packet, host, ip(172, 16, 0, 1), 64);
    memcpy(before, packet, LENGTH);
    for (int inspected = 0; inspected < 2; inspected++) {
        SAME(sekisho_packet(region, SEKISHO_ORIGIN_INTERFACE, i1, packet, LENGTH,
                            SEKISHO_FLOW_NEW, &outcome), 0);
        SAME(outcome.next, inspected ? SEKISHO_NEXT_INSPECT : SEKISHO_NEXT_HANDOFF);
        SAME(outcome.id.kind, inspected ? SEKISHO_KIND_ENDPOINT : SEKISHO_KIND_PEER);
        SAME(outcome.id.number, 1);
        SAME(outcome.appliance, inspected ? 77 : 0);
        SAME(sekisho_packet(region, SEKISHO_ORIGIN_INTERFACE, ep1, packet, LENGTH,
                            SEKISHO_FLOW_NEW, &outcome), 0);
        SAME(outcome.next, SEKISHO_NEXT_HANDOFF);
        SAME(outcome.appliance, 0);
        SAME(memcmp(packet, before, LENGTH), 0);
        SAME(apply(region, "register-appliance gwlb-1 app-77"),
             inspected ? SEKISHO_ERROR_DUPLICATE_ID : 0);
    }
    SAME(sekisho_packet(region, SEKISHO_ORIGIN_INTERFACE, ep9, packet, LENGTH, SEKISHO_FLOW_NEW,
                        &outcome), SEKISHO_ENOENT);
    SAME(sekisho_packet(region, SEKISHO_ORIGIN_INTERNET_VIA, ep9, packet, LENGTH,
                        SEKISHO_FLOW_NEW, &outcome), SEKISHO_ENOENT);
    SAME(sekisho_packet(region, SEKISHO_ORIGIN_INTERFACE, nat, packet, LENGTH, SEKISHO_FLOW_NEW,
                        &outcome), SEKISHO_EINVAL);

    /* To a forwarded port, unchanged. */
    udp(packet, out, ip(47, 0, 0, 2), 64);
    memcpy(before, packet, LENGTH);
    SAME(sekisho_packet(region, SEKISHO_ORIGIN_INTERNET, none, packet, LENGTH, SEKISHO_FLOW_NEW,
                        &outcome), 0);
    SAME(outcome.next, SEKISHO_NEXT_TRANSLATE);
    SAME(outcome.id.kind, SEKISHO_KIND_NAT_GATEWAY);
    SAME(memcmp(packet, before, LENGTH), 0);

    /* To a load balancer, and its answer. */
    udp(packet, out, ip(47, 0, 0, 3), 64);
    SAME(sekisho_packet(region, SEKISHO_ORIGIN_INTERNET, none, packet, LENGTH, SEKISHO_FLOW_NEW,
                        &outcome), 0);
    SAME(outcome.next, SEKISHO_NEXT_DELIVER);
    SAME(memcmp(&outcome.id, &lb1, sizeof lb1), 0);
    udp(before, out, ip(10, 0, 0, 30), 63);
    SAME(memcmp(packet, before, LENGTH), 0);
    udp(packet, ip(10, 0, 0, 30), out, 64);
    SAME(sekisho_packet(region, SEKISHO_ORIGIN_INTERFACE, lb1, packet, LENGTH, SEKISHO_FLOW_REPLY,
                        &outcome), 0);
    SAME(outcome.next, SEKISHO_NEXT_INTERNET);
    SAME(outcome.public_address, ip(47, 0, 0, 3));
    udp(before, ip(47, 0, 0, 3), out, 63);
    SAME(memcmp(packet, before, LENGTH), 0);
    SAME(sekisho_packet(region, SEKISHO_ORIGIN_INTERFACE, lb9, packet, LENGTH, SEKISHO_FLOW_REPLY,
                        &outcome), SEKISHO_ENOENT);
    free(region);
}

int main(void)
{
    farther();
    const sekisho_id i1 = {SEKISHO_KIND_INSTANCE, 1}, i2 = {SEKISHO_KIND_INSTANCE, 2};
    const sekisho_id none = {0, 0}, vpc = {SEKISHO_KIND_VPC, 1}, odd = {0x105, 1};
    const uint32_t host = ip(10, 0, 0, 10), address = ip(47, 0, 0, 1), out = ip(8, 8, 8, 8);
    sekisho_region *region = walkthrough();
    sekisho_outcome outcome, same;
    uint8_t packet[LENGTH], before[LENGTH];
    memset(&outcome, 0, sizeof outcome);
    outcome.size = sizeof outcome;

    /* Out. */
    udp(packet, host, out, 64);
    SAME(sekisho_packet(region, SEKISHO_ORIGIN_INTERFACE, i1, packet, LENGTH, SEKISHO_FLOW_NEW,
                        &outcome), 0);
    SAME(outcome.size, sizeof outcome);
    SAME(outcome.next, SEKISHO_NEXT_INTERNET);
    SAME(outcome.public_address, address);
    SAME(outcome.drop, 0);
    udp(before, address, out, 63);
    SAME(memcmp(packet, before, LENGTH), 0);

    /* In. */
    udp(packet, out, address, 2);
    SAME(sekisho_packet(region, SEKISHO_ORIGIN_INTERNET, none, packet, LENGTH, SEKISHO_FLOW_REPLY,
                        &outcome), 0);
    SAME(outcome.next, SEKISHO_NEXT_DELIVER);
    SAME(outcome.id.kind, SEKISHO_KIND_INSTANCE);
    SAME(outcome.id.number, 1);
    SAME(outcome.public_address, 0);
    udp(before, out, host, 1);
    SAME(memcmp(packet, before, LENGTH), 0);

    /* Dropped, unchanged. */
    udp(packet, out, address, 1);
    memcpy(before, packet, LENGTH);
    SAME(sekisho_packet(region, SEKISHO_ORIGIN_INTERNET, none, packet, LENGTH, SEKISHO_FLOW_NEW,
                        &outcome), 0);
    SAME(outcome.next, SEKISHO_NEXT_DROP);
    SAME(outcome.drop, SEKISHO_DROP_TTL_EXPIRED);
    SAME(outcome.id.kind, 0);
    SAME(memcmp(packet, before, LENGTH), 0);
    for (size_t len = 0; len < LENGTH; len++) {
        uint8_t *exact = guarded(len);
        memcpy(exact, before, len);
        SAME(sekisho_packet(region, SEKISHO_ORIGIN_INTERNET, none, exact, len, SEKISHO_FLOW_NEW,
                            &outcome), 0);
        SAME(outcome.drop, SEKISHO_DROP_MALFORMED);
        SAME(memcmp(exact, before, len), 0);
    }
    SAME(get32(packet + 16), address);

    /* Odd arguments leave everything as it is. */
    udp(packet, host, out, 64);
    memcpy(before, packet, LENGTH);
    memset(&outcome, 0xAA, sizeof outcome);
    outcome.size = sizeof outcome;
    same = outcome;
    const uint32_t from = SEKISHO_ORIGIN_INTERFACE, fresh = SEKISHO_FLOW_NEW;
    SAME(sekisho_packet(NULL, from, i1, packet, LENGTH, fresh, &outcome), SEKISHO_EINVAL);
    SAME(sekisho_packet(region, from, i1, NULL, LENGTH, fresh, &outcome), SEKISHO_EINVAL);
    SAME(sekisho_packet(region, from, i1, packet, LENGTH, fresh, NULL), SEKISHO_EINVAL);
    SAME(sekisho_packet(region, from, i1, packet, SIZE_MAX, fresh, &outcome), SEKISHO_EINVAL);
    SAME(sekisho_packet(region, 3, i1, packet, LENGTH, fresh, &outcome), SEKISHO_EINVAL);
    SAME(sekisho_packet(region, UINT32_MAX, i1, packet, LENGTH, fresh, &outcome), SEKISHO_EINVAL);
    SAME(sekisho_packet(region, from, i1, packet, LENGTH, 2, &outcome), SEKISHO_EINVAL);
    SAME(sekisho_packet(region, from, none, packet, LENGTH, fresh, &outcome), SEKISHO_EINVAL);
    SAME(sekisho_packet(region, from, vpc, packet, LENGTH, fresh, &outcome), SEKISHO_EINVAL);
    SAME(sekisho_packet(region, from, odd, packet, LENGTH, fresh, &outcome), SEKISHO_EINVAL);
    SAME(sekisho_packet(region, from, i2, packet, LENGTH, fresh, &outcome), SEKISHO_ENOENT);
    SAME(sekisho_packet(region, SEKISHO_ORIGIN_INTERNET_VIA, i2, packet, LENGTH, fresh, &outcome),
         SEKISHO_ENOENT);
    void *const crooked = packet + 1 - ((uintptr_t)packet & 1); /* whatever packet is, an odd place */
    SAME(sekisho_packet(region, from, i1, packet, LENGTH, fresh, (sekisho_outcome *)crooked),
         SEKISHO_EFAULT);
    SAME(sekisho_packet((sekisho_region *)crooked, from, i1, packet, LENGTH, fresh, &outcome),
         SEKISHO_EFAULT);
    SAME(memcmp(&outcome, &same, sizeof same), 0);
    for (uint32_t size = 0; size < 2 * sizeof outcome; size++) {
        if (size == sizeof outcome)
            continue;
        outcome.size = same.size = size;
        SAME(sekisho_packet(region, from, i1, packet, LENGTH, fresh, &outcome),
             size < sizeof outcome ? SEKISHO_EINVAL : SEKISHO_EPROTO);
    }
    SAME(memcmp(&outcome, &same, sizeof same), 0);
    outcome.size = same.size = sizeof outcome;
    SAME(sekisho_region_fini(region), 0);
    SAME(sekisho_packet(region, from, i1, packet, LENGTH, fresh, &outcome), SEKISHO_EPROTO);
    SAME(memcmp(&outcome, &same, sizeof same), 0);
    SAME(memcmp(packet, before, LENGTH), 0);
    free(region);
    puts("packet: ok");
    return 0;
}
