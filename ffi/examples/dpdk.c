/* A VPC's border on DPDK: every lcore judges bursts of packets with a flow table of its own.
 *
 *     dpdk EAL-OPTIONS -- CONFIG PORT=WHO... [APPLIANCE=udp:ADDRESS:PORT...] [--console PATH]
 *                         [--router ADDRESS] [--flows N] [--nap US] [--null]
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
 * judged again when it comes back; an interface without a port hands it on at once. An endpoint
 * without a port has the appliances of its GWLB: app-1=udp:127.0.0.1:7001 is one, of appliance.c's
 * kind, that packets are carried to by UDP, in the kernel's hands. Whose process is gone is taken out
 * of service; the console brings it back.
 *
 * --console makes a Unix socket that takes lines while packets pass, and `stats` for the numbers of
 * all lcores together. --router is the border's own address on the Internet, and whose ICMP message
 * says that a packet's time to live is over; without it nobody's does. --nap is how long an lcore that
 * has nothing to do sleeps, in microseconds. --null forwards as l3fwd does, for comparison.
 *
 * A port has to bring fragments as they are. DPDK's af_packet driver has Linux put them together, and
 * cuts off what does not fit its frames then: see build_pieces in .ci/dpdk_lib.sh.
 *
 * SIGUSR1 prints what has become of the packets; so does the end, by SIGINT or SIGTERM.
 */
#define _GNU_SOURCE /* accept4 */
#include <ctype.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>

#include <rte_cycles.h>

#include "dpdk_addresses.h"
#include "dpdk_console.h"
#include "dpdk_ports.h"
#include "dpdk_start.h"

static bool null;
static unsigned nap_us;
static volatile sig_atomic_t stopping;

/* In dpdk_bench.c. */
void make_routes(const uint32_t *addresses, uint32_t count, uint32_t rest);
void route(struct rte_mbuf **packets, unsigned n, uint32_t *hops);
void bench(uint64_t packets);

static void region_changed(void) { renew_directory(region, 0); }

/* ---- Judging ------------------------------------------------------------------------------- */

/* Tells the sender that its packet's time to live was over: at most once a millisecond. */
static bool answered(struct worker *w, struct rte_mbuf *m, const sekisho_burst *packet)
{
    uint8_t answer[SEKISHO_MAX_ANSWER];
    const struct whence *whence = rte_mbuf_to_priv(m);
    const struct rte_ipv4_hdr *ip = packet_of(m);
    const uint16_t p = port_to(whence->origin == SEKISHO_ORIGIN_INTERFACE
                                   ? whose(rte_be_to_cpu_32(ip->src_addr))
                                   : internet);
    if (router == 0 || w->told == w->now || p >= dpdk_ports || same(ports[p].who, wire))
        return false;
    int length = sekisho_time_exceeded(packet->bytes, packet->len, router, answer, sizeof answer);
    if (length <= 0 || length > (int)packet->len + rte_pktmbuf_tailroom(m))
        return false;
    memcpy(packet->bytes, answer, (size_t)length);
    set_length(m, (size_t)length);
    w->told = w->now;
    send_to(w, p, m);
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
        w->count.dropped[packet->detail % NOT_IPV4]++;
        if (packet->detail != SEKISHO_DROP_TTL_EXPIRED || !answered(w, m, packet))
            rte_pktmbuf_free(m);
        return true;
    case SEKISHO_NEXT_INSPECT:
        p = port_to(packet->id);
        if (p == PORTS)
            p = port_to((sekisho_id){SEKISHO_KIND_APPLIANCE, (uint16_t)packet->detail});
        break;
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
    else if (p >= dpdk_ports)
        send_to_appliance(w, p, m, packet->id.number);
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
            burst[i].bytes = packet_of(packets[i]);
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

/* Finds out where a packet came from; false if that is none of ours. */
static bool came_from(const struct port *port, struct rte_mbuf *m)
{
    struct whence *whence = rte_mbuf_to_priv(m);
    const struct rte_ipv4_hdr *ip = packet_of(m);
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
                        forwards((uint16_t)(port - ports));
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
    for (unsigned i = 0; i < n; i++)
        rte_prefetch0(rte_pktmbuf_mtod(packets[i], void *));
    for (unsigned i = 0; i < n; i++) {
        struct rte_mbuf *m = packets[i];
        const struct whence *whence = rte_mbuf_to_priv(m);
        if (p < dpdk_ports && !is_packet(w, p, m))
            continue;
        if (p < dpdk_ports && !came_from(&ports[p], m)) {
            drop(w, m, STRANGER);
            continue;
        }
        int owner = w->number;
        if (worker_count > 1)
            owner = sekisho_steering_owner(w->steering, region, whence->origin, whence->port,
                                           packet_of(m), m->data_len - RTE_ETHER_HDR_LEN, w->now);
        /* What cannot be steered is judged here, and dropped for the same reason. */
        if (owner < 0)
            owner = w->number;
        batch[owner][size[owner]++] = m;
        w->count.received[p]++;
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
static void forward(struct worker *w, uint16_t p, struct rte_mbuf **packets, unsigned n)
{
    uint32_t hops[BURST];
    unsigned whole = 0;
    for (unsigned i = 0; i < n; i++)
        if (is_packet(w, p, packets[i]))
            packets[whole++] = packets[i];
    route(packets, whole, hops);
    w->count.received[p] += whole;
    for (unsigned i = 0; i < whole; i++)
        if (hops[i] < dpdk_ports)
            send_to(w, (uint16_t)hops[i], packets[i]);
        else
            drop(w, packets[i], NO_PORT);
}

/* ---- Workers ------------------------------------------------------------------------------- */

static int work(void *argument)
{
    struct worker *w = argument;
    struct rte_mbuf *packets[BURST];
    int code = sekisho_region_reader_register(region, w->number);
    if (code != 0)
        fail("sekisho_region_reader_register: %s\n", sekisho_strerror(code));
    rte_rcu_qsbr_thread_register(directory_users, w->number);
    rte_rcu_qsbr_thread_online(directory_users, w->number);
    /* So that the first packets find their neighbours. */
    for (uint16_t p = 0; p < dpdk_ports && w->number == 0; p++)
        if (!same(ports[p].who, wire))
            ask(w, p, neighbour_for(p, 0));

    while (!stopping) {
        const uint64_t now = rte_rdtsc() / (rte_get_tsc_hz() / 1000);
        unsigned some = 0, n;
        const uint32_t asking = __atomic_load_n(&asked_for, __ATOMIC_RELAXED);
        if (w->number == 0 && now != w->now)
            keep_house();
        if (w->shown_for != asking)
            show(w, asking);
        w->now = now;
        for (uint16_t p = 0; p < port_count; p++)
            for (uint16_t q = 0; q < ports[p].queues; q++) {
                if ((p + q) % worker_count != w->number)
                    continue;
                some += n = p < dpdk_ports ? rte_eth_rx_burst(p, q, packets, BURST)
                                           : receive_from_appliance(w, p, packets);
                if (n > 0 && null)
                    forward(w, p, packets, n);
                else if (n > 0)
                    sort(w, p, packets, n);
            }
        some += n = rte_ring_dequeue_burst(w->ring, (void **)packets, BURST, NULL);
        w->count.from_others += n;
        judge(w, packets, n);
        for (uint16_t p = 0; p < dpdk_ports; p++)
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

static void on_signal(int number)
{
    if (number == SIGUSR1)
        asked = 1;
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
    port_count = dpdk_ports = rte_eth_dev_count_avail();
    worker_count = (uint16_t)rte_lcore_count();
    if (argc - optind < 1 + dpdk_ports || dpdk_ports == 0 || argc - optind > 1 + PORTS ||
        worker_count > WORKERS)
        fail("wanted: CONFIG and who is behind each of the %u ports\n", dpdk_ports);

    configure(argv[optind]);
    while (++optind < argc)
        if (isdigit((unsigned char)*argv[optind]))
            name_port(argv[optind]);
        else
            open_appliance(argv[optind]);
    for (uint16_t p = 0; p < dpdk_ports; p++)
        if (ports[p].name == NULL)
            fail("nobody is behind port %u\n", p);
    directory_users = memory_for(rte_lcore_id(), "users", rte_rcu_qsbr_get_memsize(WORKERS));
    rte_rcu_qsbr_init(directory_users, WORKERS);
    renew_directory(region, RTE_QSBR_THRID_INVALID);
    if (null)
        make_routes(directory->own, dpdk_ports, port_to(internet));

    pool = rte_pktmbuf_pool_create("packets", 32767, 256, sizeof(struct whence),
                                   RTE_MBUF_DEFAULT_BUF_SIZE, (int)rte_socket_id());
    if (pool == NULL)
        fail("no memory for packets: %s\n", rte_strerror(rte_errno));
    for (uint16_t p = 0; p < dpdk_ports; p++)
        start_port(p);

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
        show(workers[i], asked_for);
    print_statistics();
    for (uint16_t p = 0; p < dpdk_ports; p++)
        if (rte_eth_dev_stop(p) == 0)
            rte_eth_dev_close(p);
    if (console != NULL)
        unlink(console);
    rte_eal_cleanup();
    return 0;
}
