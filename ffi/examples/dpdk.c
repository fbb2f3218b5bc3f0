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
#include <rte_malloc.h>
#include <rte_memzone.h>
#include <rte_rcu_qsbr.h>

#include "dpdk_console.h"
#include "dpdk_ports.h"

enum { SLOTS = 8192 };

static const sekisho_id internet = {0, 1}, service = {0, 2};

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

static struct directory directories[2], *directory = &directories[0];
static struct rte_rcu_qsbr *directory_users;
static bool null;
static uint32_t router;
static unsigned nap_us;
static volatile sig_atomic_t stopping;

/* In dpdk_bench.c. */
void make_routes(const uint32_t *addresses, uint32_t count, uint32_t rest);
void route(struct rte_mbuf **packets, unsigned n, uint32_t *hops);
void bench(uint64_t packets);

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

static void region_changed(void) { renew_directory(0); }

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

/* For the Internet the border has its own address and the public ones; for a machine its gateway's and
 * all its neighbours'. */
static bool answers_for(uint16_t p, uint32_t address)
{
    return !same(ports[p].who, internet) || (address == router && router != 0) || is_public(address);
}

static uint32_t neighbour_for(uint16_t p, uint32_t destination)
{
    const uint32_t own = __atomic_load_n(&directory, __ATOMIC_ACQUIRE)->own[p];
    return ports[p].ask != 0 ? ports[p].ask : own != 0 ? own : destination;
}

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
    renew_directory(RTE_QSBR_THRID_INVALID);
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
