/* A router at the border of a VPC, for Linux: real hosts send real packets through it.
 *
 *     netns CONFIG SOCKET PORT...
 *
 * CONFIG is a file of console lines that build the region. SOCKET is where the console goes on, a
 * Unix stream socket: lines in, their answers out, as with `socat - UNIX-CONNECT:SOCKET`. Beside
 * the console's lines it knows `stats`. Each PORT is a way in and out:
 *
 *     i-1=veth-i1                              the host that is i-1; also eni- and lb-
 *     internet=veth-inet,192.0.2.2,192.0.2.1   the Internet: our address there, the next router's
 *     app-1=udp:127.0.0.1:7001                 appliance app-1 of a GWLB, as appliance.c is one
 *
 *     host 10.0.0.10 ------ i-1 +-------+
 *     host 10.0.1.10 ------ i-2 | netns | internet --- 192.0.2.1, a router with
 *     firewall 10.0.3.10 -- i-5 |       |              a route to us for all public addresses
 *     appliance ===== UDP app-1 +-------+
 *
 * A host has a port of its own: where a packet came from has to be known, not believed, as one that
 * passes an appliance keeps the source that it has. Hosts use the first address of their vSwitch as
 * default gateway; every address that they ask for by ARP, of their own vSwitch too, is the router.
 *
 * A Linux host with a virtual interface leaves checksums to hardware that is not there, and sends
 * packets larger than the MTU to be cut by it. So there, on every host and the next router:
 *
 *     ethtool -K eth0 tx off tso off gso off gro off
 *
 * Addresses of interfaces are taken to be unique: where VPCs overlap, run a router for each.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <sys/random.h>

#include "addresses.h"
#include "netns_console.h"
#include "ports.h"
#include "stats.h"

enum {
    PORTS = 64,
    BURST = 64, /* packets of one port before the next one's turn */
    FLOWS = 65536,
};

static struct port ports[PORTS];
static size_t port_count;
static struct port *internet;

/* Everyone who has an address. */
static struct owner *owners;
static size_t owner_count, owner_room;

static sekisho_region *region;
static sekisho_flows *flows;

static _Noreturn void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("netns: ", stderr);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

/* Milliseconds of a clock that never goes back. */
static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

/* ---- The region and the addresses in it ------------------------------------------------------ */

static void learn_address(void *unused, const struct owner *owner)
{
    (void)unused;
    if (owner_count < owner_room)
        owners[owner_count++] = *owner;
}

/* Learns all addresses anew. */
static void learn_addresses(void)
{
    owner_count = 0;
    if (!each_owner(region, learn_address, NULL))
        fail("a list is refused");
    for (struct port *port = ports; port < ports + port_count; port++) {
        for (size_t i = 0; port != internet && i < owner_count; i++) {
            if (same(owners[i].id, port->id))
                port->neighbour = owners[i].address;
        }
    }
}

static const struct owner *owner_of(uint32_t address)
{
    for (size_t i = 0; i < owner_count; i++)
        if (owners[i].address == address)
            return &owners[i];
    return NULL;
}

static bool is_public(uint32_t address)
{
    const struct owner *owner = owner_of(address);
    return owner != NULL && owner->is_public;
}

/* Gives the console a line. */
static int command(const char *line, size_t length)
{
    const int code = sekisho_region_line(region, line, length, answer, sizeof answer, NULL);
    if (code == SEKISHO_ENOSPC)
        snprintf(answer, sizeof answer, "error AnswerTooLong\n");
    if (code == 0)
        learn_addresses();
    return code;
}

/* Memory for a region or flows: zeroed, aligned, and never given back. */
static void *memory(size_t size)
{
    void *bytes = calloc(1, size);
    if (size == 0 || bytes == NULL)
        fail("no memory");
    return bytes;
}

static void configure(const char *path)
{
    sekisho_profile profile = {.size = sizeof profile};
    sekisho_flows_config config = {.size = sizeof config};
    int code = sekisho_profile_large(&profile);
    const size_t size = sekisho_region_footprint(&profile);
    if (code == 0)
        code = sekisho_region_init(memory(size), size, &profile, &region);
    if (code == 0)
        code = sekisho_flows_config_default(&config, FLOWS);
    if (getrandom(&config.seed, sizeof config.seed, 0) != sizeof config.seed)
        fail("no random number");
    const size_t flows_size = sekisho_flows_footprint(&config);
    if (code == 0)
        code = sekisho_flows_init(memory(flows_size), flows_size, &config, &flows);
    if (code != 0)
        fail("no region: %s", sekisho_strerror(code));
    owner_room = (size_t)profile.interfaces + profile.public_addresses + profile.nat_gateways +
                 profile.load_balancers;
    owners = memory(owner_room * sizeof *owners);

    char line[1024];
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail("%s: %s", path, strerror(errno));
    for (int number = 1; fgets(line, sizeof line, file) != NULL; number++) {
        code = command(line, strlen(line));
        if (code != 0)
            fail("%s:%d: %s", path, number, sekisho_strerror(code));
    }
    fclose(file);
}

/* ---- Judging --------------------------------------------------------------------------------- */

static uint64_t nowhere; /* packets for what has no port */

/* Where a packet is. */
struct place {
    struct port *port; /* that it came in by */
    uint32_t origin;   /* a sekisho_origin */
    sekisho_id at;     /* the interface or endpoint that origin speaks of */
};

static struct port *port_of(sekisho_id id)
{
    for (struct port *port = ports; port < ports + port_count; port++)
        if (port != internet && same(port->id, id))
            return port;
    return NULL;
}

/* An appliance whose process is gone is taken out of service; the console brings it back. */
static void out_of_service(struct port *port)
{
    char line[64];
    const int length = snprintf(line, sizeof line, "set-appliance %s unhealthy", port->name);
    const int code = command(line, (size_t)length);
    printf("%s does not listen: %s\n", port->name, code == 0 ? line : sekisho_strerror(code));
}

/* On the Internet the router has its own address and all public ones; in the eyes of a host any but
 * that host's. */
static bool answers_for(const struct port *port, uint32_t address)
{
    return port == internet ? address == port->address || is_public(address)
                            : address != port->neighbour;
}

/* Whose a packet is that a host sends. One from the Internet that was carried to an interface comes
 * back unchanged: for a public address, and from no address of the VPC. Only a host that forwards
 * is believed that: the others' foreign sources are forged. */
static uint32_t origin_of(const struct port *port, size_t length)
{
    if (length < 20 || address_at(packet + 12) == port->neighbour)
        return SEKISHO_ORIGIN_INTERFACE;
    const struct owner *host = owner_of(port->neighbour);
    const struct owner *source = owner_of(address_at(packet + 12));
    return host != NULL && host->forwards && (source == NULL || source->is_public) &&
                   is_public(address_at(packet + 16))
               ? SEKISHO_ORIGIN_INTERNET_VIA
               : SEKISHO_ORIGIN_INTERFACE;
}

/* Tells the sender that its packet's time to live has run out here: what traceroute waits for. */
static void answer_expired(const struct place *place, size_t length)
{
    static uint8_t reply[ETHERNET + SEKISHO_MAX_ANSWER];
    const int size = sekisho_time_exceeded(packet, length, internet->address, reply + ETHERNET,
                                           SEKISHO_MAX_ANSWER);
    if (size <= 0)
        return; /* There is none to errors and later fragments (RFC 1122). */
    struct port *port = internet;
    if (place->origin == SEKISHO_ORIGIN_INTERFACE) {
        const struct owner *sender = owner_of(address_at(packet + 12));
        port = sender != NULL ? port_of(sender->id) : place->port;
    }
    if (port != NULL && !port->is_appliance)
        send_packet(port, reply + ETHERNET, (size_t)size);
}

/* Carries a packet to an appliance, behind a header of 8 bytes that it sends back as it is: "SG",
 * version 1, whether the packet comes from the Internet, the endpoint, the appliance. */
static void inspect(const struct place *place, const sekisho_outcome *outcome, size_t length)
{
    const sekisho_id id = {SEKISHO_KIND_APPLIANCE, (uint16_t)outcome->appliance};
    struct port *port = port_of(id);
    if (port == NULL) {
        nowhere++;
        return;
    }
    const uint8_t header[GWLB] = {
        'S', 'G', 1, place->origin != SEKISHO_ORIGIN_INTERFACE,
        (uint8_t)(outcome->id.number >> 8), (uint8_t)outcome->id.number,
        (uint8_t)(id.number >> 8), (uint8_t)id.number};
    memcpy(packet - GWLB, header, GWLB);
    if (!transmit(port, packet - GWLB, GWLB + length))
        out_of_service(port);
}

/* Judges the packet and sends it where it has to go now. */
static void judge(const struct place *place, size_t length)
{
    sekisho_outcome outcome = {.size = sizeof outcome};
    struct port *to = NULL;
    const int code = sekisho_flows_packet(flows, region, place->origin, place->at, packet, length,
                                          now(), &outcome);
    if (code != 0) { /* A port of an interface that does not exist (now). */
        place->port->lost++;
        return;
    }
    switch (outcome.next) {
    case SEKISHO_NEXT_DROP:
        if (outcome.drop == SEKISHO_DROP_TTL_EXPIRED)
            answer_expired(place, length);
        return;
    case SEKISHO_NEXT_INSPECT:
        inspect(place, &outcome, length);
        return;
    case SEKISHO_NEXT_INTERNET:
        to = internet;
        break;
    case SEKISHO_NEXT_DELIVER:
    case SEKISHO_NEXT_FORWARD: /* It comes back by the same port: origin_of. */
        to = port_of(outcome.id);
        break;
    }
    if (to == NULL)
        nowhere++; /* Peerings and cloud services are not here. */
    else
        send_packet(to, packet, length);
}

/* Takes the packets that have come in by a port. */
static void take(struct port *port)
{
    for (int i = 0; i < BURST; i++) {
        const ssize_t length = receive(port);
        if (length < 0 && errno == ECONNREFUSED)
            out_of_service(port);
        if (length < 0)
            return;
        if (length == 0)
            continue;
        struct place place = {port, SEKISHO_ORIGIN_INTERNET, port->id};
        if (port->is_appliance) { /* The header says where the packet is: see inspect. */
            const uint8_t *header = packet - GWLB;
            if (memcmp(header, "SG\1", 3) != 0)
                continue;
            place.origin =
                header[3] != 0 ? SEKISHO_ORIGIN_INTERNET_VIA : SEKISHO_ORIGIN_INTERFACE;
            place.at.kind = SEKISHO_KIND_ENDPOINT;
            place.at.number = (uint16_t)(header[4] << 8 | header[5]);
        } else if (port != internet) {
            place.origin = origin_of(port, (size_t)length);
        }
        judge(&place, (size_t)length);
    }
}

/* Writes the answer to `stats`. */
static void stats(void)
{
    FILE *out = fmemopen(answer, sizeof answer, "w");
    if (out == NULL)
        fail("no memory");
    fprintf(out, "ok nowhere=%" PRIu64 "\n", nowhere);
    for (const struct port *port = ports; port < ports + port_count; port++)
        fprintf(out, "  port %s received=%" PRIu64 " sent=%" PRIu64 " lost=%" PRIu64 "\n",
                port->name, port->received, port->sent, port->lost);
    print_counts(out, &flows, 1);
    sekisho_flow_stats kept = {.size = sizeof kept};
    if (sekisho_flows_stats(flows, &kept) == 0)
        print_flows(out, &kept);
    fclose(out);
}

/* ---- Ports ----------------------------------------------------------------------------------- */

/* Reads the id of a host or appliance; kind 0 if it is none. */
static sekisho_id parse_id(const char *text)
{
    static const struct {
        const char *format;
        uint16_t kind;
    } kinds[] = {
        {"i-%" SCNu16, SEKISHO_KIND_INSTANCE},
        {"eni-%" SCNu16, SEKISHO_KIND_NETWORK_INTERFACE},
        {"lb-%" SCNu16, SEKISHO_KIND_LOAD_BALANCER},
        {"app-%" SCNu16, SEKISHO_KIND_APPLIANCE},
    };
    uint16_t number;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (sscanf(text, kinds[i].format, &number) == 1)
            return (sekisho_id){kinds[i].kind, number};
    return (sekisho_id){0, 0};
}

/* Opens NAME=WHERE. The text is kept and cut to pieces. */
static void open_port(char *text)
{
    if (port_count == PORTS)
        fail("%d ports are most", PORTS);
    struct port *port = &ports[port_count++];
    char *where = strchr(text, '=');
    if (where == NULL)
        fail("%s: NAME=WHERE is wanted", text);
    *where++ = '\0';
    port->name = text;
    port->id = parse_id(text);
    bool is_open = false;
    if (strcmp(text, "internet") == 0 && internet == NULL) {
        const char *interface = strtok(where, ","), *ours = strtok(NULL, ",");
        const char *next = strtok(NULL, ",");
        if (next == NULL || !parse_address(ours, &port->address) ||
            !parse_address(next, &port->neighbour))
            fail("internet=INTERFACE,ADDRESS,NEXT is wanted");
        internet = port;
        is_open = open_interface(port, interface);
    } else if (port->id.kind == SEKISHO_KIND_APPLIANCE && strncmp(where, "udp:", 4) == 0) {
        const char *address = strtok(where + 4, ":"), *number = strtok(NULL, ":");
        uint32_t at;
        if (number == NULL || !parse_address(address, &at))
            fail("%s=udp:ADDRESS:PORT is wanted", text);
        is_open = open_appliance(port, at, (uint16_t)strtoul(number, NULL, 10));
    } else if (port->id.kind != 0 && port->id.kind != SEKISHO_KIND_APPLIANCE) {
        is_open = open_interface(port, where);
    } else {
        fail("%s is no port", text);
    }
    if (!is_open)
        fail("%s: %s", text, strerror(errno));
}

int main(int argc, char **argv)
{
    struct pollfd polled[PORTS + CONSOLE];
    if (argc < 4)
        fail("usage: netns CONFIG SOCKET PORT...");
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 3; i < argc; i++)
        open_port(argv[i]);
    if (internet == NULL)
        fail("the port internet is wanted");
    configure(argv[1]);
    for (struct port *port = ports; port < ports + port_count; port++)
        ask(port);
    listen_at(argv[2]);
    printf("%zu ports, console at %s\n", port_count, argv[2]);

    for (;;) {
        for (size_t i = 0; i < port_count; i++)
            polled[i] = (struct pollfd){.fd = ports[i].fd, .events = POLLIN};
        watch_console(polled + port_count);
        if (poll(polled, port_count + CONSOLE, 1000) < 0 && errno != EINTR)
            fail("poll: %s", strerror(errno));
        for (size_t i = 0; i < port_count; i++)
            if (polled[i].revents != 0)
                take(&ports[i]);
        run_console(polled + port_count);
        (void)sekisho_flows_expire(flows, now(), BURST);
    }
}
