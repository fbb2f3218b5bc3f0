/* How packets come to a DPDK program, and leave it: by DPDK's ports, each with one neighbour behind
 * it, and by UDP to the appliances of a gateway load balancer. Nothing in here knows of VPCs; dpdk.c
 * does.
 *
 * A packet lies in an mbuf behind an Ethernet header, or behind the room of one.
 */
#ifndef DPDK_PORTS_H
#define DPDK_PORTS_H

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>
#include <sys/socket.h>

#include <rte_arp.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_ring.h>
#include <rte_spinlock.h>

#include "addresses.h"
#include "sekisho.h"

enum {
    BURST = 32,
    WORKERS = 16,
    PORTS = 32,
    DESCRIPTORS = 512,
    GWLB = 8,                   /* bytes in front of a packet to and from an appliance */
    HEADERS = RTE_ETHER_HDR_LEN + 20,
};

/* Why packets are dropped here; smaller numbers are the region's reasons. */
enum { NOT_IPV4 = 32, NOT_WHOLE, STRANGER, NO_PORT, NO_NEIGHBOUR, RING_FULL, NOT_SENT, REASONS };
static const char *const reasons[REASONS] = {
    [0] = "no such interface",
    [NOT_IPV4] = "not IPv4",
    [NOT_WHOLE] = "not whole, or in pieces too long for one",
    [STRANGER] = "of no concern here",
    [NO_PORT] = "no port leads there",
    [NO_NEIGHBOUR] = "its MAC address is asked for first",
    [RING_FULL] = "its worker is too busy",
    [NOT_SENT] = "its port is too busy",
};

/* DPDK's come first, by its numbers; appliances' are behind them. */
struct port {
    const char *name;
    sekisho_id who;
    uint16_t queues;
    uint32_t ask;               /* whom to ask for a MAC address, or 0 */
    struct rte_ether_addr mac;
    uint64_t neighbour;         /* the other side's MAC address, or 0; any worker learns it */
    rte_spinlock_t lock[WORKERS]; /* of each queue: there may be fewer than workers */
    int fd;                     /* an appliance's */
    bool gone;                  /* its process does not listen */
};

/* Packets, by port or reason. */
struct counters {
    uint64_t received[PORTS], sent[PORTS], dropped[REASONS], from_others;
    sekisho_flow_stats flows;
};

/* One for each lcore; only that one writes to it. */
struct worker {
    uint16_t number;
    uint64_t now;               /* milliseconds */
    sekisho_flows *flows;
    sekisho_steering *steering;
    struct rte_ring *ring;      /* packets that other workers have received and this one owns */
    struct rte_mbuf *out[PORTS][BURST];
    unsigned outs[PORTS];
    uint64_t told;              /* when the last ICMP message was sent */
    struct counters count;
    struct counters shown;      /* as they were when they were last asked for */
    uint32_t shown_for;         /* which time that was */
} __rte_cache_aligned;

/* Lies behind each mbuf: where the packet is. */
struct whence {
    uint32_t origin;
    sekisho_id port;
};

static struct port ports[PORTS];
static uint16_t dpdk_ports, port_count, worker_count;
static struct rte_mempool *pool;

/* Who is behind a port and is no object of the region: an id of kind 0. To everyone at once, on the wire,
 * frames go as they came. */
static const sekisho_id wire = {0, 0}, internet = {0, 1}, service = {0, 2};

/* Whether ARP is answered for an address, and whom to ask by it before this destination is sent to.
 * The program says so. */
static bool answers_for(uint16_t p, uint32_t address);
static uint32_t neighbour_for(uint16_t p, uint32_t destination);

#define fail(...) rte_exit(EXIT_FAILURE, __VA_ARGS__)

/* The port that leads to someone, or PORTS. */
static uint16_t port_to(sekisho_id who)
{
    for (uint16_t p = 0; p < port_count; p++)
        if (same(ports[p].who, who))
            return p;
    return PORTS;
}

static void *packet_of(struct rte_mbuf *m)
{
    return rte_pktmbuf_mtod_offset(m, void *, RTE_ETHER_HDR_LEN);
}

static void set_length(struct rte_mbuf *m, size_t of_packet)
{
    m->data_len = (uint16_t)(RTE_ETHER_HDR_LEN + of_packet);
    m->pkt_len = m->data_len;
}

/* ---- Sending ------------------------------------------------------------------------------- */

static void drop(struct worker *w, struct rte_mbuf *m, unsigned reason)
{
    w->count.dropped[reason]++;
    rte_pktmbuf_free(m);
}

/* Sends frames, of which the port may take fewer; answers how many. */
static unsigned transmit(struct worker *w, uint16_t p, struct rte_mbuf **frames, unsigned n)
{
    const uint16_t queue = w->number % ports[p].queues;
    rte_spinlock_lock(&ports[p].lock[queue]);
    const unsigned sent = rte_eth_tx_burst(p, queue, frames, (uint16_t)n);
    rte_spinlock_unlock(&ports[p].lock[queue]);
    for (unsigned i = sent; i < n; i++)
        drop(w, frames[i], NOT_SENT);
    return sent;
}

static void flush(struct worker *w, uint16_t p)
{
    if (w->outs[p] > 0)
        w->count.sent[p] += transmit(w, p, w->out[p], w->outs[p]);
    w->outs[p] = 0;
}

/* Asks for the target's MAC address, in nobody's name. */
static void ask(struct worker *w, uint16_t p, uint32_t target)
{
    struct rte_mbuf *m = target != 0 ? rte_pktmbuf_alloc(pool) : NULL;
    if (m == NULL)
        return;
    struct rte_ether_hdr *ethernet = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
    struct rte_arp_hdr *arp = packet_of(m);
    set_length(m, sizeof *arp);
    memset(&ethernet->dst_addr, 0xFF, RTE_ETHER_ADDR_LEN);
    ethernet->src_addr = ports[p].mac;
    ethernet->ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_ARP);
    *arp = (struct rte_arp_hdr){.arp_hardware = rte_cpu_to_be_16(RTE_ARP_HRD_ETHER),
                                .arp_protocol = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4),
                                .arp_hlen = RTE_ETHER_ADDR_LEN,
                                .arp_plen = sizeof target,
                                .arp_opcode = rte_cpu_to_be_16(RTE_ARP_OP_REQUEST)};
    arp->arp_data.arp_sha = ports[p].mac;
    arp->arp_data.arp_tip = rte_cpu_to_be_32(target);
    transmit(w, p, &m, 1);
}

/* Sends an IPv4 packet to whoever is behind a port of DPDK's. Its checksums are right as they are. */
static void send_to(struct worker *w, uint16_t p, struct rte_mbuf *m)
{
    struct rte_ether_hdr *ethernet = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
    const struct rte_ipv4_hdr *ip = packet_of(m);
    m->ol_flags = 0;
    if (!same(ports[p].who, wire)) {
        const uint64_t neighbour = __atomic_load_n(&ports[p].neighbour, __ATOMIC_RELAXED);
        if (neighbour == 0) {
            ask(w, p, neighbour_for(p, rte_be_to_cpu_32(ip->dst_addr)));
            drop(w, m, NO_NEIGHBOUR);
            return;
        }
        memcpy(&ethernet->dst_addr, &neighbour, RTE_ETHER_ADDR_LEN);
        ethernet->src_addr = ports[p].mac;
        ethernet->ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4);
    }
    w->out[p][w->outs[p]++] = m;
    if (w->outs[p] == BURST)
        flush(w, p);
}

/* Carries a packet to an appliance, behind a header of 8 bytes that it sends back as it is: "SG",
 * version 1, whether the packet comes from the Internet, the endpoint, the appliance. */
static void send_to_appliance(struct worker *w, uint16_t p, struct rte_mbuf *m, uint16_t endpoint)
{
    const struct whence *whence = rte_mbuf_to_priv(m);
    const uint16_t number = ports[p].who.number;
    const uint8_t header[GWLB] = {
        'S', 'G', 1, whence->origin != SEKISHO_ORIGIN_INTERFACE, (uint8_t)(endpoint >> 8),
        (uint8_t)endpoint, (uint8_t)(number >> 8), (uint8_t)number};
    void *bytes = rte_pktmbuf_adj(m, RTE_ETHER_HDR_LEN - GWLB);
    memcpy(bytes, header, GWLB);
    if (send(ports[p].fd, bytes, m->data_len, MSG_DONTWAIT) < 0) {
        if (errno == ECONNREFUSED)
            __atomic_store_n(&ports[p].gone, true, __ATOMIC_RELAXED);
        drop(w, m, NOT_SENT);
        return;
    }
    w->count.sent[p]++;
    rte_pktmbuf_free(m);
}

/* ---- Receiving ----------------------------------------------------------------------------- */

/* Answers who asks for an address of ours. Is silent where someone asks whether an address is taken:
 * the asker's own, or from nobody's. */
static void answer_arp(struct worker *w, uint16_t p, struct rte_mbuf *m)
{
    struct rte_ether_hdr *ethernet = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
    struct rte_arp_hdr *arp = packet_of(m);
    const uint32_t asker = arp->arp_data.arp_sip, target = arp->arp_data.arp_tip;
    if (m->data_len < sizeof *ethernet + sizeof *arp || same(ports[p].who, wire) ||
        arp->arp_opcode != rte_cpu_to_be_16(RTE_ARP_OP_REQUEST) || asker == 0 || asker == target ||
        !answers_for(p, rte_be_to_cpu_32(target))) {
        rte_pktmbuf_free(m);
        return;
    }
    ethernet->dst_addr = arp->arp_data.arp_tha = arp->arp_data.arp_sha;
    ethernet->src_addr = arp->arp_data.arp_sha = ports[p].mac;
    arp->arp_data.arp_tip = asker;
    arp->arp_data.arp_sip = target;
    arp->arp_opcode = rte_cpu_to_be_16(RTE_ARP_OP_REPLY);
    transmit(w, p, &m, 1);
}

/* Whether a frame is an IPv4 packet; what is not is dealt with. */
static bool is_packet(struct worker *w, uint16_t p, struct rte_mbuf *m)
{
    if (m->data_len < RTE_ETHER_HDR_LEN || (m->nb_segs > 1 && rte_pktmbuf_linearize(m) != 0)) {
        drop(w, m, NOT_WHOLE);
        return false;
    }
    const struct rte_ether_hdr *ethernet = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
    uint64_t sender = 0;
    memcpy(&sender, &ethernet->src_addr, RTE_ETHER_ADDR_LEN);
    if (__atomic_load_n(&ports[p].neighbour, __ATOMIC_RELAXED) != sender)
        __atomic_store_n(&ports[p].neighbour, sender, __ATOMIC_RELAXED);
    const bool is_ipv4 = ethernet->ether_type == rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4);
    if (is_ipv4 && m->data_len >= HEADERS)
        return true;
    if (ethernet->ether_type == rte_cpu_to_be_16(RTE_ETHER_TYPE_ARP))
        answer_arp(w, p, m);
    else
        drop(w, m, NOT_IPV4);
    return false;
}

/* Takes what an appliance has sent back; answers how many packets. Their headers say where they are:
 * see send_to_appliance. */
static uint16_t receive_from_appliance(struct worker *w, uint16_t p, struct rte_mbuf **packets)
{
    uint16_t n = 0;
    while (n < BURST) {
        struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
        if (m == NULL)
            break;
        uint8_t *header = (uint8_t *)packet_of(m) - GWLB;
        const size_t room = rte_pktmbuf_tailroom(m) - RTE_ETHER_HDR_LEN + GWLB;
        const ssize_t length = recv(ports[p].fd, header, room, MSG_DONTWAIT | MSG_TRUNC);
        if (length < 0) {
            if (errno == ECONNREFUSED)
                __atomic_store_n(&ports[p].gone, true, __ATOMIC_RELAXED);
            rte_pktmbuf_free(m);
            break;
        }
        if (length < GWLB + 20 || (size_t)length > room || memcmp(header, "SG\1", 3) != 0) {
            drop(w, m, NOT_WHOLE);
            continue;
        }
        struct whence *whence = rte_mbuf_to_priv(m);
        whence->origin = header[3] != 0 ? SEKISHO_ORIGIN_INTERNET_VIA : SEKISHO_ORIGIN_INTERFACE;
        whence->port.kind = SEKISHO_KIND_ENDPOINT;
        whence->port.number = (uint16_t)(header[4] << 8 | header[5]);
        set_length(m, (size_t)length - GWLB);
        packets[n++] = m;
    }
    return n;
}

/* ---- Opening ------------------------------------------------------------------------------- */

/* As many queues as there are workers, if the port has them; nothing is offloaded. */
static void start_port(uint16_t p)
{
    struct port *port = &ports[p];
    struct rte_eth_dev_info info;
    const struct rte_eth_conf conf = {0};
    const unsigned socket = (unsigned)rte_eth_dev_socket_id(p);
    uint16_t rx = DESCRIPTORS, tx = DESCRIPTORS;
    int code = rte_eth_dev_info_get(p, &info);
    port->queues = RTE_MIN(worker_count, RTE_MIN(info.max_rx_queues, info.max_tx_queues));
    if (code == 0 && (code = rte_eth_dev_configure(p, port->queues, port->queues, &conf)) == 0)
        code = rte_eth_dev_adjust_nb_rx_tx_desc(p, &rx, &tx);
    for (uint16_t q = 0; q < port->queues && code == 0; q++) {
        rte_spinlock_init(&port->lock[q]);
        if ((code = rte_eth_rx_queue_setup(p, q, rx, socket, NULL, pool)) == 0)
            code = rte_eth_tx_queue_setup(p, q, tx, socket, NULL);
    }
    if (code != 0 || (code = rte_eth_macaddr_get(p, &port->mac)) != 0 ||
        (code = rte_eth_dev_start(p)) != 0)
        fail("port %u: %s\n", p, rte_strerror(-code));
}

/* Opens "app-1=udp:127.0.0.1:7001". The text is kept and cut. */
static void open_appliance(char *text)
{
    struct port *port = &ports[port_count++];
    struct sockaddr_in at = {.sin_family = AF_INET};
    const int room = 4 << 20;
    char address[16];
    uint16_t number;
    if (sscanf(text, "app-%" SCNu16 "=udp:%15[0-9.]:%" SCNu16, &port->who.number, address,
               &number) != 3 || inet_pton(AF_INET, address, &at.sin_addr) != 1)
        fail("%s is not as app-1=udp:127.0.0.1:7001\n", text);
    at.sin_port = htons(number);
    port->who.kind = SEKISHO_KIND_APPLIANCE;
    port->queues = 1;
    port->fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (port->fd < 0 || connect(port->fd, (struct sockaddr *)&at, sizeof at) != 0)
        fail("%s: %s\n", text, strerror(errno));
    setsockopt(port->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room); /* Less is no failure. */
    port->name = strtok(text, "=");
}

#endif
