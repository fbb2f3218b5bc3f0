/* Packets through lwIP, a router of four interfaces whose routes are in a table of sekisho: each leaves by the
 * interface that a slow search names, before and after changes, and on an Ethernet to the right gateway. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lwip/etharp.h"
#include "lwip/init.h"
#include "lwip/inet_chksum.h"
#include "lwip/netif.h"
#include "lwip/prot/ip4.h"
#include "lwip/timeouts.h"
#include "lwip/udp.h"
#include "netif/ethernet.h"
#include "sekisho.h"
#include "sekisho_lwip.h"

#define TRUE(condition)                                                         \
    do {                                                                        \
        if (!(condition)) {                                                     \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);     \
            exit(1);                                                            \
        }                                                                       \
    } while (0)

enum { LAN, EAST, WEST, ETHER, INTERFACES };
static struct netif netifs[INTERFACES];

/* What has left last, and by which interface. */
static struct {
    int by;
    u16_t len;
    u8_t bytes[1600];
} left;

u32_t sys_now(void)
{
    return 0;
}

static void leaves(const struct netif *netif, struct pbuf *packet)
{
    TRUE(left.by < 0 && packet->tot_len <= sizeof left.bytes);
    left.by = (int)(netif - netifs);
    left.len = pbuf_copy_partial(packet, left.bytes, packet->tot_len, 0);
}

/* An interface to one other router: no addresses of a link. */
static err_t output(struct netif *netif, struct pbuf *packet, const ip4_addr_t *to)
{
    LWIP_UNUSED_ARG(to);
    leaves(netif, packet);
    return ERR_OK;
}

static err_t link_output(struct netif *netif, struct pbuf *frame)
{
    leaves(netif, frame);
    return ERR_OK;
}

static err_t point_to_point(struct netif *netif)
{
    netif->output = output;
    netif->mtu = 1500;
    return ERR_OK;
}

static err_t ethernet(struct netif *netif)
{
    static const u8_t own[ETH_HWADDR_LEN] = {2, 0, 0, 0, 0, 1};
    netif->output = etharp_output;
    netif->linkoutput = link_output;
    netif->mtu = 1500;
    netif->hwaddr_len = ETH_HWADDR_LEN;
    memcpy(netif->hwaddr, own, sizeof own);
    netif->flags |= NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
    return ERR_OK;
}

static ip4_addr_t address(u32_t number)
{
    ip4_addr_t made;
    ip4_addr_set_u32(&made, lwip_htonl(number));
    return made;
}

static void interface(int number, u32_t own, netif_init_fn init, netif_input_fn input)
{
    ip4_addr_t ip = address(own), mask = address(0xFFFFFF00), none = address(0);
    TRUE(netif_add(&netifs[number], &ip, &mask, &none, NULL, init, input) != NULL);
    netif_set_up(&netifs[number]);
    netif_set_link_up(&netifs[number]);
}

/* Passes a packet from the LAN to `to` through lwIP, and answers by which interface it left, or -1. */
static int forward(u32_t to)
{
    struct ip_hdr header;
    struct pbuf *packet = pbuf_alloc(PBUF_LINK, sizeof header + 8, PBUF_RAM);
    TRUE(packet != NULL);
    memset(&header, 0, sizeof header);
    IPH_VHL_SET(&header, 4, 5);
    IPH_LEN_SET(&header, lwip_htons(sizeof header + 8));
    IPH_TTL_SET(&header, 9);
    IPH_PROTO_SET(&header, IP_PROTO_UDP);
    header.src.addr = lwip_htonl(0xC0A80002);
    header.dest.addr = lwip_htonl(to);
    IPH_CHKSUM_SET(&header, inet_chksum(&header, sizeof header));
    memset(packet->payload, 0, packet->len);
    TRUE(pbuf_take(packet, &header, sizeof header) == ERR_OK);
    left.by = -1;
    TRUE(netifs[LAN].input(packet, &netifs[LAN]) == ERR_OK);
    if (left.by >= 0 && left.by != ETHER) {
        memcpy(&header, left.bytes, sizeof header);
        TRUE(left.len == sizeof header + 8 && header.dest.addr == lwip_htonl(to));
        TRUE(IPH_TTL(&header) == 8 && inet_chksum(&header, sizeof header) == 0);
    }
    return left.by;
}

/* The slow search, over routes as they were added. */
static struct {
    u32_t prefix;
    u8_t depth, hop, is_there;
} routes[SEKISHO_LWIP_ROUTES];

static u32_t mask(u8_t depth)
{
    return depth == 0 ? 0 : 0xFFFFFFFF << (32 - depth);
}

/* Next hops 0 to 2 are LAN, EAST, WEST; lwIP does not send back where a packet came from. */
static int wanted(u32_t to)
{
    int best = -1, i;
    for (i = 0; i < SEKISHO_LWIP_ROUTES; i++)
        if (routes[i].is_there && ((to ^ routes[i].prefix) & mask(routes[i].depth)) == 0 &&
            (best < 0 || routes[i].depth > routes[best].depth))
            best = i;
    return best < 0 || routes[best].hop == LAN ? -1 : routes[best].hop;
}

static u32_t number(u32_t below)
{
    static u32_t state = 1;
    state = state * 1664525 + 1013904223;
    return (u32_t)(((u64_t)state * below) >> 32);
}

/* Addresses near each other, in 20.0.0.0/8. */
static u32_t near(void)
{
    return 0x14000000 | number(4) << 16 | number(4) << 8 | number(256);
}

static unsigned many(void)
{
    unsigned step, sent = 0, dropped = 0;
    for (step = 0; step < 3000; step++) {
        unsigned slot = number(SEKISHO_LWIP_ROUTES), i;
        u8_t depth = (u8_t)(8 + number(25)), hop = (u8_t)number(3);
        ip4_addr_t prefix;
        if (routes[slot].is_there) {
            prefix = address(routes[slot].prefix);
            TRUE(sekisho_lwip_delete(&prefix, routes[slot].depth) == 0);
            routes[slot].is_there = 0;
        } else {
            u32_t at = near() & mask(depth);
            for (i = 0; i < SEKISHO_LWIP_ROUTES; i++)
                if (routes[i].is_there && routes[i].prefix == at && routes[i].depth == depth)
                    routes[i].is_there = 0;
            prefix = address(at);
            TRUE(sekisho_lwip_add(&prefix, depth, hop) == 0);
            routes[slot].prefix = at;
            routes[slot].depth = depth;
            routes[slot].hop = hop;
            routes[slot].is_there = 1;
        }
        for (i = 0; i < 8; i++) {
            u32_t to = near();
            int by = forward(to);
            TRUE(by == wanted(to));
            sent += by >= 0;
            dropped += by < 0;
        }
    }
    TRUE(sent > 1000 && dropped > 1000);
    return sent;
}

static const u8_t gateways[2][ETH_HWADDR_LEN] = {{2, 0, 0, 0, 1, 1}, {2, 0, 0, 0, 1, 2}};

/* The last frame that left asks for `ip`, and is answered that `hardware` has it. */
static void resolve(u32_t ip, const u8_t *hardware)
{
    struct etharp_hdr question, answer;
    u8_t frame[SIZEOF_ETH_HDR + SIZEOF_ETHARP_HDR];
    struct pbuf *packet;
    u32_t asked, own = lwip_htonl(0xC0000201);
    TRUE(left.by == ETHER && left.len >= sizeof frame && left.bytes[12] == 8 && left.bytes[13] == 6);
    memcpy(&question, left.bytes + SIZEOF_ETH_HDR, sizeof question);
    memcpy(&asked, &question.dipaddr, sizeof asked);
    TRUE(question.opcode == PP_HTONS(ARP_REQUEST) && asked == lwip_htonl(ip));

    answer = question;
    answer.opcode = PP_HTONS(ARP_REPLY);
    memcpy(&answer.shwaddr, hardware, ETH_HWADDR_LEN);
    memcpy(&answer.sipaddr, &asked, sizeof asked);
    memcpy(&answer.dhwaddr, netifs[ETHER].hwaddr, ETH_HWADDR_LEN);
    memcpy(&answer.dipaddr, &own, sizeof own);
    memcpy(frame, netifs[ETHER].hwaddr, ETH_HWADDR_LEN);
    memcpy(frame + ETH_HWADDR_LEN, hardware, ETH_HWADDR_LEN);
    frame[12] = 8;
    frame[13] = 6;
    memcpy(frame + SIZEOF_ETH_HDR, &answer, SIZEOF_ETHARP_HDR);
    packet = pbuf_alloc(PBUF_RAW, sizeof frame, PBUF_RAM);
    TRUE(packet != NULL && pbuf_take(packet, frame, sizeof frame) == ERR_OK);
    left.by = -1;
    TRUE(netifs[ETHER].input(packet, &netifs[ETHER]) == ERR_OK);
}

static void gateway(void)
{
    ip4_addr_t first = address(0xC00002FE), second = address(0xC00002FD), prefix = address(0x32000000);
    TRUE(sekisho_lwip_hop(4, &netifs[ETHER], &first) == 0 && sekisho_lwip_hop(5, &netifs[ETHER], &second) == 0);
    TRUE(sekisho_lwip_add(&prefix, 8, 4) == 0);

    /* lwIP asks for the gateway, not for the destination, and sends what has waited for the answer. */
    forward(0x32010203);
    resolve(0xC00002FE, gateways[0]);
    TRUE(left.by == ETHER && memcmp(left.bytes, gateways[0], ETH_HWADDR_LEN) == 0);
    TRUE(memcmp(left.bytes + SIZEOF_ETH_HDR + 16, "\x32\x01\x02\x03", 4) == 0);
    /* A longer route has another gateway on the same link. */
    prefix = address(0x32010000);
    TRUE(sekisho_lwip_add(&prefix, 16, 5) == 0);
    forward(0x32010203);
    resolve(0xC00002FD, gateways[1]);
    TRUE(left.by == ETHER && memcmp(left.bytes, gateways[1], ETH_HWADDR_LEN) == 0);
    forward(0x32020203);
    TRUE(left.by == ETHER && memcmp(left.bytes, gateways[0], ETH_HWADDR_LEN) == 0);
    /* The next hop moves, and with it its routes. */
    TRUE(sekisho_lwip_hop(5, &netifs[WEST], NULL) == 0);
    TRUE(forward(0x32010203) == WEST && forward(0x32020203) == ETHER);
}

/* What the router itself sends, and where no route is or an interface is down. */
static void own(void)
{
    ip4_addr_t prefix = address(0x28000000), to = address(0x28000001);
    struct udp_pcb *udp = udp_new();
    struct pbuf *data = pbuf_alloc(PBUF_TRANSPORT, 4, PBUF_RAM);
    TRUE(udp != NULL && data != NULL);
    left.by = -1;
    TRUE(udp_sendto(udp, data, &to, 9) == ERR_RTE && left.by < 0);
    TRUE(sekisho_lwip_add(&prefix, 8, EAST) == 0);
    TRUE(udp_sendto(udp, data, &to, 9) == ERR_OK && left.by == EAST);
    TRUE(forward(0x28000001) == EAST);
    TRUE(sekisho_lwip_add(&prefix, 8, WEST) == 0 && forward(0x28000001) == WEST);
    netif_set_link_down(&netifs[WEST]);
    TRUE(forward(0x28000001) == -1);
    netif_set_default(&netifs[EAST]);
    TRUE(forward(0x28000001) == EAST);
    netif_set_default(NULL);
    netif_set_link_up(&netifs[WEST]);
    TRUE(sekisho_lwip_delete(&prefix, 8) == 0 && forward(0x28000001) == -1);
    TRUE(sekisho_lwip_delete(&prefix, 8) == SEKISHO_ENOENT);
    TRUE(sekisho_lwip_add(&prefix, 8, SEKISHO_LWIP_HOPS) == SEKISHO_ERANGE);
    TRUE(sekisho_lwip_add(&prefix, 33, 0) == SEKISHO_EINVAL);
    /* A link of the router is found by lwIP itself. */
    TRUE(forward(0x0A0000C8) == EAST);
    pbuf_free(data);
    udp_remove(udp);
}

int main(void)
{
    u8_t i;
    lwip_init();
    TRUE(sekisho_lwip_init() == 0);
    interface(LAN, 0xC0A80001, point_to_point, ip4_input);
    interface(EAST, 0x0A000001, point_to_point, ip4_input);
    interface(WEST, 0x0A000101, point_to_point, ip4_input);
    left.by = -1;
    interface(ETHER, 0xC0000201, ethernet, ethernet_input);
    for (i = 0; i < ETHER; i++)
        TRUE(sekisho_lwip_hop(i, &netifs[i], NULL) == 0);
    TRUE(sekisho_lwip_hop(SEKISHO_LWIP_HOPS, NULL, NULL) == SEKISHO_ERANGE);
    own();
    gateway();
    printf("lwip: %u packets left by the interface of their longest route\n", many());
    return 0;
}
