/* A VPC's border on DPDK: every lcore judges bursts of packets with a flow table of its own.
 *
 *     dpdk EAL-OPTIONS -- CONFIG PORT=WHO... [--console PATH] [--router ADDRESS] [--flows N]
 *                         [--nap US] [--null]
 *     dpdk EAL-OPTIONS -- --bench N
 *
 * CONFIG is a file of console lines that build the region. PORT is DPDK's number of a port, WHO is
 * behind it:
 *     i-1 eni-1 lb-1    that interface: a machine whose gateway and neighbours are answered for
 *     internet          the Internet: its router, or one host
 *     ep-1              the appliance of that GWLB endpoint
 *     peer-1 tr-1 vpn-1 ri-1 ecr-1 havip-1 service    where packets are handed off to, for sending
 *     wire              everyone who has no port: a packet's source says who sent it
 * and WHO@ADDRESS whom to ask there for the MAC address. Else that is the interface itself, and on
 * the Internet the destination. A MAC address is learnt from whatever comes in by its port.
 *
 * A packet to be forwarded by an interface or inspected by an appliance is sent there as it is, and
 * judged again when it comes back; an interface without a port hands it on at once. Nothing is
 * encapsulated, so an endpoint's port has one appliance; without a port the packet is dropped.
 *
 * --console makes a Unix socket that takes lines while packets pass. --router is whose ICMP message
 * says that a packet's time to live is over; without it nobody's does. --nap is how long an lcore
 * that has nothing to do sleeps, in microseconds. --null forwards as l3fwd does, for comparison.
 *
 * SIGUSR1 prints what has become of the packets; so does the end, by SIGINT or SIGTERM.
 */
#define _GNU_SOURCE /* accept4 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_arp.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_memzone.h>
#include <rte_rcu_qsbr.h>
#include <rte_ring.h>
#include <rte_spinlock.h>

#include "sekisho.h"

enum { BURST = 32, WORKERS = 16, PORTS = 32, DESCRIPTORS = 512, SLOTS = 8192, HEADERS = 14 + 20 };

/* Who is behind a port and is no object of the region: ids of kind 0. */
static const sekisho_id wire = {0, 0}, internet = {0, 1}, service = {0, 2};

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

struct port {
    sekisho_id who;
    uint16_t queues;
    uint32_t ask;               /* whom to ask for a MAC address, or 0 */
    struct rte_ether_addr mac;
    uint64_t neighbour;         /* the other side's MAC address, or 0; any worker learns it */
    rte_spinlock_t lock[WORKERS]; /* of each queue: there may be fewer than workers */
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
    int reported;               /* the last question for numbers that was answered */
    uint64_t received, from_others, sent, dropped[REASONS];
} __rte_cache_aligned;

/* Lies behind each mbuf: where the packet came from. */
struct whence {
    uint32_t origin;
    sekisho_id port;
};

/* Whose an address is: an interface's, or a public one. */
struct slot {
    uint32_t address;
    sekisho_id who;
};

/* The region's addresses. A change makes a new one of these in the other's place. */
struct directory {
    struct slot slots[SLOTS];
    uint32_t own[PORTS]; /* addresses of the ports' interfaces */
    bool forwards[PORTS];
};

static sekisho_region *region;
static struct directory directories[2], *directory = &directories[0];
static struct rte_rcu_qsbr *directory_users;
static struct port ports[PORTS];
static struct worker *workers[WORKERS];
static uint16_t port_count, worker_count;
static bool null;
static uint32_t router;
static unsigned nap_us;
static int listener = -1;
static volatile sig_atomic_t stopping, asked;

/* In dpdk_bench.c. */
void make_routes(const uint32_t *addresses, uint32_t count, uint32_t rest);
void route(struct rte_mbuf **packets, unsigned n, uint32_t *hops);
void bench(uint64_t packets);

#define fail(...) rte_exit(EXIT_FAILURE, __VA_ARGS__)

static bool same(sekisho_id a, sekisho_id b) { return a.kind == b.kind && a.number == b.number; }

/* The port that leads to someone, or PORTS. */
static uint16_t port_to(sekisho_id who)
{
    for (uint16_t p = 0; p < port_count; p++)
        if (same(ports[p].who, who))
            return p;
    return PORTS;
}

/* ---- The region's addresses ---------------------------------------------------------------- */

static uint32_t address_of(const char *text)
{
    uint8_t a, b, c, d;
    if (sscanf(text, "%" SCNu8 ".%" SCNu8 ".%" SCNu8 ".%" SCNu8, &a, &b, &c, &d) != 4)
        fail("%s is no address\n", text);
    return RTE_IPV4(a, b, c, d);
}

static struct slot *slot_of(struct directory *d, uint32_t address)
{
    uint32_t at = address * 2654435761u >> 19;
    while (d->slots[at % SLOTS].address != 0 && d->slots[at % SLOTS].address != address)
        at++;
    return &d->slots[at % SLOTS];
}

/* Adds what a list answers: body lines "  <id> ... address=<address> ...". */
static void enter(struct directory *d, const char *list, uint16_t kind)
{
    static char answer[1 << 18];
    unsigned entries = 0;
    int code = sekisho_region_line(region, list, strlen(list), answer, sizeof answer, NULL);
    if (code != 0)
        fail("%s: %s\n", list, sekisho_strerror(code));
    for (char *line = strtok(answer, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        sekisho_id who = {.kind = kind};
        char text[16];
        const char *at = strstr(line, " address=");
        if (sscanf(line, "  %*[a-z]-%" SCNu16, &who.number) != 1 || at == NULL ||
            sscanf(at, " address=%15[0-9.]", text) != 1 || ++entries > SLOTS / 8)
            continue;
        struct slot *slot = slot_of(d, address_of(text));
        slot->address = address_of(text);
        slot->who = who;
        if (strstr(line, "type=internet ") != NULL)
            slot->who.kind = SEKISHO_KIND_PUBLIC_ADDRESS;
        const uint16_t p = port_to(who);
        if (p != PORTS) {
            d->own[p] = slot->address;
            d->forwards[p] = strstr(line, " forward=on ") != NULL;
        }
    }
}

/* By the main lcore, between bursts: shows the other workers the addresses as they are now. */
static void renew_directory(uint32_t user)
{
    struct directory *d = &directories[directory == &directories[0]];
    memset(d, 0, sizeof *d);
    enter(d, "list i", SEKISHO_KIND_INSTANCE);
    enter(d, "list eni", SEKISHO_KIND_NETWORK_INTERFACE);
    enter(d, "list lb", SEKISHO_KIND_LOAD_BALANCER);
    enter(d, "list eip", SEKISHO_KIND_PUBLIC_ADDRESS);
    __atomic_store_n(&directory, d, __ATOMIC_RELEASE);
    /* The old one is written to the next time, so nobody may look at it then. */
    rte_rcu_qsbr_synchronize(directory_users, user);
}

static sekisho_id whose(uint32_t address)
{
    return slot_of(__atomic_load_n(&directory, __ATOMIC_ACQUIRE), address)->who;
}

static bool is_public(uint32_t address)
{
    return whose(address).kind == SEKISHO_KIND_PUBLIC_ADDRESS;
}

static bool inside(uint32_t address)
{
    return address >> 24 == 10 || address >> 20 == 0xAC1 || address >> 16 == 0xC0A8 ||
           address >> 22 == 0x191 || (whose(address).kind != 0 && !is_public(address));
}

/* ---- Sending ------------------------------------------------------------------------------- */

static void drop(struct worker *w, struct rte_mbuf *m, unsigned reason)
{
    w->dropped[reason]++;
    rte_pktmbuf_free(m);
}

static void flush(struct worker *w, uint16_t p)
{
    struct port *port = &ports[p];
    const unsigned n = w->outs[p];
    const uint16_t queue = w->number % port->queues;
    rte_spinlock_lock(&port->lock[queue]);
    unsigned sent = rte_eth_tx_burst(p, queue, w->out[p], (uint16_t)n);
    rte_spinlock_unlock(&port->lock[queue]);
    w->sent += sent;
    w->outs[p] = 0;
    for (; sent < n; sent++)
        drop(w, w->out[p][sent], NOT_SENT);
}

static void put(struct worker *w, uint16_t p, struct rte_mbuf *m)
{
    w->out[p][w->outs[p]++] = m;
    if (w->outs[p] == BURST)
        flush(w, p);
}

/* Makes the frame a question for the target's MAC address, in nobody's name. */
static void make_arp_probe(struct rte_mbuf *m, uint32_t target)
{
    struct rte_ether_hdr *ethernet = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
    struct rte_arp_hdr *arp = (struct rte_arp_hdr *)(ethernet + 1);
    m->data_len = m->pkt_len = sizeof *ethernet + sizeof *arp;
    ethernet->ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_ARP);
    *arp = (struct rte_arp_hdr){.arp_hardware = rte_cpu_to_be_16(RTE_ARP_HRD_ETHER),
                                .arp_protocol = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4),
                                .arp_hlen = RTE_ETHER_ADDR_LEN,
                                .arp_plen = sizeof target,
                                .arp_opcode = rte_cpu_to_be_16(RTE_ARP_OP_REQUEST)};
    arp->arp_data.arp_sha = ethernet->src_addr;
    arp->arp_data.arp_tip = rte_cpu_to_be_32(target);
}

/* Sends an IPv4 packet to whoever is behind the port. Its checksums are right as they are. */
static void send_to(struct worker *w, uint16_t p, struct rte_mbuf *m)
{
    struct rte_ether_hdr *ethernet = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
    const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)(ethernet + 1);
    struct port *port = &ports[p];
    uint64_t neighbour = __atomic_load_n(&port->neighbour, __ATOMIC_RELAXED);
    m->ol_flags = 0;
    if (!same(port->who, wire)) {
        ethernet->src_addr = port->mac;
        if (neighbour == 0) {
            const uint32_t own = __atomic_load_n(&directory, __ATOMIC_ACQUIRE)->own[p];
            const uint32_t ask = port->ask != 0 ? port->ask : own;
            make_arp_probe(m, ask != 0 ? ask : rte_be_to_cpu_32(ip->dst_addr));
            w->dropped[NO_NEIGHBOUR]++;
            neighbour = UINT64_MAX;
        }
        memcpy(&ethernet->dst_addr, &neighbour, RTE_ETHER_ADDR_LEN);
    }
    put(w, p, m);
}

/* ---- Judging ------------------------------------------------------------------------------- */

/* Tells the sender that its packet's time to live was over: at most once a millisecond. */
static bool answered(struct worker *w, struct rte_mbuf *m, const sekisho_burst *packet)
{
    uint8_t answer[576];
    if (router == 0 || w->told == w->now || same(ports[m->port].who, wire))
        return false;
    int length = sekisho_time_exceeded(packet->bytes, packet->len, router, answer, sizeof answer);
    if (length <= 0 || length > (int)packet->len + rte_pktmbuf_tailroom(m))
        return false;
    memcpy(packet->bytes, answer, (size_t)length);
    m->data_len = (uint16_t)(RTE_ETHER_HDR_LEN + length);
    m->pkt_len = m->data_len;
    w->told = w->now;
    send_to(w, m->port, m);
    return true;
}

/* Does what became of a packet; false if it is to be judged again at once. */
static bool settled(struct worker *w, struct rte_mbuf *m, const sekisho_burst *packet)
{
    struct whence *whence = rte_mbuf_to_priv(m);
    uint16_t p = PORTS;
    switch (packet->next) {
    case SEKISHO_NEXT_INTERNET:
        p = port_to(internet);
        break;
    case SEKISHO_NEXT_SERVICE:
        p = port_to(service);
        break;
    case SEKISHO_NEXT_DROP:
        w->dropped[packet->detail % NOT_IPV4]++;
        if (packet->detail != SEKISHO_DROP_TTL_EXPIRED || !answered(w, m, packet))
            rte_pktmbuf_free(m);
        return true;
    default:
        p = port_to(packet->id);
    }
    if (p == PORTS && packet->next == SEKISHO_NEXT_FORWARD) {
        whence->port = packet->id;
        if (whence->origin == SEKISHO_ORIGIN_INTERNET)
            whence->origin = SEKISHO_ORIGIN_INTERNET_VIA;
        return false;
    }
    if (p == PORTS && packet->next != SEKISHO_NEXT_INSPECT)
        p = port_to(wire);
    if (p == PORTS)
        drop(w, m, NO_PORT);
    else
        send_to(w, p, m);
    return true;
}

/* Passes packets that this worker owns. */
static void judge(struct worker *w, struct rte_mbuf **packets, unsigned n)
{
    sekisho_burst burst[BURST];
    while (n > 0) {
        for (unsigned i = 0; i < n; i++) {
            const struct whence *whence = rte_mbuf_to_priv(packets[i]);
            burst[i].bytes = rte_pktmbuf_mtod_offset(packets[i], uint8_t *, RTE_ETHER_HDR_LEN);
            burst[i].len = packets[i]->data_len - RTE_ETHER_HDR_LEN;
            burst[i].origin = whence->origin;
            burst[i].port = whence->port;
        }
        int code = sekisho_flows_burst(w->flows, region, burst, n, w->now);
        if (code != 0)
            fail("sekisho_flows_burst: %s\n", sekisho_strerror(code));
        unsigned again = 0;
        for (unsigned i = 0; i < n; i++)
            if (!settled(w, packets[i], &burst[i]))
                packets[again++] = packets[i];
        n = again;
    }
}

/* ---- Receiving ----------------------------------------------------------------------------- */

/* Answers for gateways and neighbours of an interface, for public addresses on the Internet. Is
 * silent where someone asks whether an address is taken: the asker's own, or from nobody's. */
static void answer_arp(struct worker *w, uint16_t p, struct rte_mbuf *m)
{
    struct rte_ether_hdr *ethernet = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
    struct rte_arp_hdr *arp = (struct rte_arp_hdr *)(ethernet + 1);
    const uint32_t asker = arp->arp_data.arp_sip, target = arp->arp_data.arp_tip;
    if (m->data_len < sizeof *ethernet + sizeof *arp || same(ports[p].who, wire) ||
        arp->arp_opcode != rte_cpu_to_be_16(RTE_ARP_OP_REQUEST) || asker == 0 || asker == target ||
        (same(ports[p].who, internet) && !is_public(rte_be_to_cpu_32(target)))) {
        rte_pktmbuf_free(m);
        return;
    }
    ethernet->dst_addr = arp->arp_data.arp_tha = arp->arp_data.arp_sha;
    ethernet->src_addr = arp->arp_data.arp_sha = ports[p].mac;
    arp->arp_data.arp_tip = asker;
    arp->arp_data.arp_sip = target;
    arp->arp_opcode = rte_cpu_to_be_16(RTE_ARP_OP_REPLY);
    put(w, p, m);
}

/* Finds out where a packet came from; false if that is none of ours. */
static bool came_from(const struct port *port, struct rte_mbuf *m)
{
    struct whence *whence = rte_mbuf_to_priv(m);
    const struct rte_ipv4_hdr *ip =
        rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, RTE_ETHER_HDR_LEN);
    const uint32_t source = rte_be_to_cpu_32(ip->src_addr);
    const uint32_t destination = rte_be_to_cpu_32(ip->dst_addr);
    whence->port = port->who;
    whence->origin = SEKISHO_ORIGIN_INTERNET;
    if (same(port->who, internet))
        return true;
    if (same(port->who, wire) && (whose(source).kind == 0 || is_public(source)))
        return is_public(destination);
    if (same(port->who, wire))
        whence->port = whose(source);
    /* What comes back from a detour on its way in still has the public address. */
    const bool detour = port->who.kind == SEKISHO_KIND_ENDPOINT ||
                        __atomic_load_n(&directory, __ATOMIC_ACQUIRE)->forwards[port - ports];
    whence->origin = detour && is_public(destination) && !inside(source)
                         ? SEKISHO_ORIGIN_INTERNET_VIA
                         : SEKISHO_ORIGIN_INTERFACE;
    return whence->port.kind != 0 && whence->port.kind < SEKISHO_KIND_PEER;
}

/* Sorts what came in by a port: this worker's own is judged here, the rest by its owners. */
static void sort(struct worker *w, uint16_t p, struct rte_mbuf **packets, unsigned n)
{
    struct rte_mbuf *batch[WORKERS][BURST];
    unsigned size[WORKERS] = {0};
    struct port *port = &ports[p];
    for (unsigned i = 0; i < n; i++)
        rte_prefetch0(rte_pktmbuf_mtod(packets[i], void *));
    for (unsigned i = 0; i < n; i++) {
        struct rte_mbuf *m = packets[i];
        if (m->data_len < RTE_ETHER_HDR_LEN || (m->nb_segs > 1 && rte_pktmbuf_linearize(m) != 0)) {
            drop(w, m, NOT_WHOLE);
            continue;
        }
        const struct rte_ether_hdr *ethernet = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
        uint64_t sender = 0;
        memcpy(&sender, &ethernet->src_addr, RTE_ETHER_ADDR_LEN);
        if (__atomic_load_n(&port->neighbour, __ATOMIC_RELAXED) != sender)
            __atomic_store_n(&port->neighbour, sender, __ATOMIC_RELAXED);
        if (ethernet->ether_type == rte_cpu_to_be_16(RTE_ETHER_TYPE_ARP)) {
            answer_arp(w, p, m);
        } else if (ethernet->ether_type != rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4) ||
                   m->data_len < HEADERS) {
            drop(w, m, NOT_IPV4);
        } else if (!came_from(port, m)) {
            drop(w, m, STRANGER);
        } else {
            const struct whence *whence = rte_mbuf_to_priv(m);
            int owner = w->number;
            if (worker_count > 1)
                owner = sekisho_steering_owner(
                    w->steering, region, whence->origin, whence->port,
                    rte_pktmbuf_mtod_offset(m, const uint8_t *, RTE_ETHER_HDR_LEN),
                    m->data_len - RTE_ETHER_HDR_LEN, w->now);
            /* What cannot be steered is judged here, and dropped for the same reason. */
            if (owner < 0)
                owner = w->number;
            batch[owner][size[owner]++] = m;
        }
    }
    judge(w, batch[w->number], size[w->number]);
    for (uint16_t owner = 0; owner < worker_count; owner++) {
        if (owner == w->number || size[owner] == 0)
            continue;
        void **others = (void **)batch[owner];
        unsigned queued = rte_ring_enqueue_burst(workers[owner]->ring, others, size[owner], NULL);
        for (; queued < size[owner]; queued++)
            drop(w, batch[owner][queued], RING_FULL);
    }
}

/* For comparison: no border, only routes. */
static void forward(struct worker *w, struct rte_mbuf **packets, unsigned n)
{
    uint32_t hops[BURST];
    route(packets, n, hops);
    for (unsigned i = 0; i < n; i++)
        if (hops[i] < port_count)
            send_to(w, (uint16_t)hops[i], packets[i]);
        else
            drop(w, packets[i], NO_PORT);
}

/* ---- Workers ------------------------------------------------------------------------------- */

/* By the worker itself, or when it has ended. */
static void print_statistics(const struct worker *w)
{
    sekisho_flow_stats flows = {.size = sizeof flows};
    sekisho_flows_stats(w->flows, &flows);
    printf("worker %u: received %" PRIu64 " from-others %" PRIu64 " sent %" PRIu64
           " flows %" PRIu32 " opened %" PRIu64 " established %" PRIu32 "\n",
           w->number, w->received, w->from_others, w->sent, flows.flows, flows.opened,
           flows.established);
    for (uint32_t reason = 0; reason < REASONS; reason++)
        if (w->dropped[reason] != 0)
            printf("worker %u: dropped %" PRIu64 " %s\n", w->number, w->dropped[reason],
                   reasons[reason] ? reasons[reason] : sekisho_drop_reason_name(reason));
    fflush(stdout);
}

/* Reads console lines from one program at a time, while the other workers go on. */
static void serve(void)
{
    static int client = -1;
    static char line[1024], answer[1 << 16];
    static size_t used;
    ssize_t got = 1;
    if (client < 0 && (client = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) < 0)
        return;
    if (used < sizeof line && (got = recv(client, line + used, sizeof line - used, 0)) > 0)
        used += (size_t)got;
    for (char *end; (end = memchr(line, '\n', used)) != NULL;) {
        const size_t length = (size_t)(end - line);
        int code = sekisho_region_line(region, line, length, answer, sizeof answer, NULL);
        if (code == SEKISHO_ERROR_BUSY)
            return; /* again, when every reader has been quiescent */
        if (code == SEKISHO_ENOSPC)
            strcpy(answer, "error: the answer is too long\n");
        if (code == 0)
            renew_directory(0);
        if (send(client, answer, strlen(answer), MSG_NOSIGNAL) < 0)
            got = 0;
        used -= length + 1;
        memmove(line, end + 1, used);
    }
    if (got == 0 || (got < 0 && errno != EAGAIN) || used == sizeof line) {
        close(client);
        client = -1;
        used = 0;
    }
}

static int work(void *argument)
{
    struct worker *w = argument;
    struct rte_mbuf *packets[BURST];
    int code = sekisho_region_reader_register(region, w->number);
    if (code != 0)
        fail("sekisho_region_reader_register: %s\n", sekisho_strerror(code));
    rte_rcu_qsbr_thread_register(directory_users, w->number);
    rte_rcu_qsbr_thread_online(directory_users, w->number);

    while (!stopping) {
        const uint64_t now = rte_rdtsc() / (rte_get_tsc_hz() / 1000);
        unsigned some = 0, n;
        if (w->number == 0 && now != w->now && listener >= 0)
            serve();
        if (w->reported != asked) {
            w->reported = asked;
            print_statistics(w);
        }
        w->now = now;
        for (uint16_t p = 0; p < port_count; p++)
            for (uint16_t q = 0; q < ports[p].queues; q++) {
                if ((p + q) % worker_count != w->number)
                    continue;
                some += n = rte_eth_rx_burst(p, q, packets, BURST);
                w->received += n;
                if (n > 0 && null)
                    forward(w, packets, n);
                else if (n > 0)
                    sort(w, p, packets, n);
            }
        some += n = rte_ring_dequeue_burst(w->ring, (void **)packets, BURST, NULL);
        w->from_others += n;
        judge(w, packets, n);
        for (uint16_t p = 0; p < port_count; p++)
            if (w->outs[p] > 0)
                flush(w, p);
        /* Nothing of the region is looked at here. */
        sekisho_region_reader_quiescent(region, w->number);
        rte_rcu_qsbr_quiescent(directory_users, w->number);
        if (some == 0) {
            sekisho_flows_expire(w->flows, w->now, BURST);
            if (nap_us != 0)
                rte_delay_us_sleep(nap_us);
        }
    }
    rte_rcu_qsbr_thread_offline(directory_users, w->number);
    sekisho_region_reader_unregister(region, w->number);
    return 0;
}

/* ---- Start --------------------------------------------------------------------------------- */

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

/* Reads "2=internet@198.51.100.1". */
static void name_port(const char *text)
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
    if (words < 2 || p >= port_count || i == RTE_DIM(names) || (whos[i].kind != 0) != (words == 3))
        fail("%s does not say who is behind which port\n", text);
    ports[p].who = whos[i];
    if (words == 3)
        ports[p].who.number = number;
    if (strchr(text, '@') != NULL)
        ports[p].ask = address_of(strchr(text, '@') + 1);
}

/* As many queues as there are workers, if the port has them; nothing is offloaded. */
static void start_port(uint16_t p, struct rte_mempool *pool)
{
    struct port *port = &ports[p];
    struct rte_eth_dev_info info;
    const struct rte_eth_conf conf = {0};
    const unsigned socket = (unsigned)rte_eth_dev_socket_id(p);
    uint16_t receive = DESCRIPTORS, transmit = DESCRIPTORS;
    int code = rte_eth_dev_info_get(p, &info);
    port->queues = RTE_MIN(worker_count, RTE_MIN(info.max_rx_queues, info.max_tx_queues));
    if (code == 0 && (code = rte_eth_dev_configure(p, port->queues, port->queues, &conf)) == 0)
        code = rte_eth_dev_adjust_nb_rx_tx_desc(p, &receive, &transmit);
    for (uint16_t q = 0; q < port->queues && code == 0; q++) {
        rte_spinlock_init(&port->lock[q]);
        if ((code = rte_eth_rx_queue_setup(p, q, receive, socket, NULL, pool)) == 0)
            code = rte_eth_tx_queue_setup(p, q, transmit, socket, NULL);
    }
    if (code != 0 || (code = rte_eth_macaddr_get(p, &port->mac)) != 0 ||
        (code = rte_eth_dev_start(p)) != 0)
        fail("port %u: %s\n", p, rte_strerror(-code));
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
    size = sekisho_steering_footprint(1024);
    if (code == 0)
        code = sekisho_steering_init(memory_for(lcore, "steering", size), size, worker_count, 1024,
                                     &w->steering);
    snprintf(name, sizeof name, "sekisho_%u", number);
    w->ring = rte_ring_create(name, 1024, (int)rte_lcore_to_socket_id(lcore), RING_F_SC_DEQ);
    if (code != 0 || w->ring == NULL)
        fail("no worker: %s\n", code != 0 ? sekisho_strerror(code) : rte_strerror(rte_errno));
}

static void listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        fail("%s is too long\n", path);
    strcpy(address.sun_path, path);
    unlink(path);
    umask(077);                 /* for nobody else */
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 1) != 0)
        fail("%s: %s\n", path, strerror(errno));
}

static void on_signal(int number)
{
    if (number == SIGUSR1)
        asked++;
    else
        stopping = 1;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"console", required_argument, NULL, 'c'}, {"router", required_argument, NULL, 'r'},
        {"flows", required_argument, NULL, 'f'},   {"nap", required_argument, NULL, 'p'},
        {"null", no_argument, NULL, 'n'},          {"bench", required_argument, NULL, 'b'},
        {NULL, 0, NULL, 0}};
    const char *console = NULL;
    uint32_t flows = 65536;
    uint32_t seed[2];
    int used = rte_eal_init(argc, argv);
    if (used < 0)
        fail("DPDK does not start: %s\n", rte_strerror(rte_errno));
    argc -= used;
    argv += used;
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        switch (option) {
        case 'c': console = optarg; break;
        case 'r': router = address_of(optarg); break;
        case 'f': flows = (uint32_t)strtoul(optarg, NULL, 10); break;
        case 'p': nap_us = (unsigned)strtoul(optarg, NULL, 10); break;
        case 'n': null = true; break;
        case 'b': bench(strtoull(optarg, NULL, 10)); return 0;
        default: fail("see the top of dpdk.c\n");
        }
    port_count = rte_eth_dev_count_avail();
    worker_count = (uint16_t)rte_lcore_count();
    if (argc - optind != 1 + port_count || port_count == 0 || port_count > PORTS ||
        worker_count > WORKERS)
        fail("wanted: CONFIG and who is behind each of the %u ports\n", port_count);

    configure(argv[optind]);
    while (++optind < argc)
        name_port(argv[optind]);
    directory_users = memory_for(rte_lcore_id(), "users", rte_rcu_qsbr_get_memsize(WORKERS));
    rte_rcu_qsbr_init(directory_users, WORKERS);
    renew_directory(RTE_QSBR_THRID_INVALID);
    if (null)
        make_routes(directory->own, port_count, port_to(internet));

    struct rte_mempool *pool =
        rte_pktmbuf_pool_create("packets", 32767, 256, sizeof(struct whence),
                                RTE_MBUF_DEFAULT_BUF_SIZE, (int)rte_socket_id());
    if (pool == NULL)
        fail("no memory for packets: %s\n", rte_strerror(rte_errno));
    for (uint16_t p = 0; p < port_count; p++)
        start_port(p, pool);

    unsigned lcore;
    uint16_t number = 0;
    if (getrandom(seed, sizeof seed, 0) != sizeof seed)
        fail("no random number\n");
    make_worker(rte_lcore_id(), 0, flows, seed);
    RTE_LCORE_FOREACH_WORKER(lcore)
        make_worker(lcore, ++number, flows, seed);
    if (console != NULL)
        listen_at(console);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    signal(SIGUSR1, on_signal);

    printf("%u ports, %u workers\n", port_count, worker_count);
    fflush(stdout);
    number = 0;
    RTE_LCORE_FOREACH_WORKER(lcore)
        rte_eal_remote_launch(work, workers[++number], lcore);
    work(workers[0]);
    rte_eal_mp_wait_lcore();
    for (unsigned i = 0; i < worker_count; i++)
        print_statistics(workers[i]);
    for (uint16_t p = 0; p < port_count; p++)
        if (rte_eth_dev_stop(p) == 0)
            rte_eth_dev_close(p);
    if (console != NULL)
        unlink(console);
    rte_eal_cleanup();
    return 0;
}
