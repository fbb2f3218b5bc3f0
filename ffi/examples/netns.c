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
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "sekisho.h"

enum {
    PORTS = 64,
    CLIENTS = 8,
    ETHERNET = 14, /* bytes of its header */
    GWLB = 8,      /* bytes of the header in front of a packet to and from an appliance */
    LARGEST = 65535,
    BURST = 64, /* packets of one port before the next one's turn */
    FLOWS = 65536,
};

/* A way in and out. What it leads to has an id; that of the Internet's is of kind 0. */
struct port {
    const char *name;
    sekisho_id id;
    int fd;
    uint32_t address;   /* on the Internet's: ours */
    uint32_t neighbour; /* whose Ethernet address is wanted: the host, or the next router */
    uint8_t mac[ETH_ALEN], neighbour_mac[ETH_ALEN];
    bool neighbour_known;
    uint64_t received, sent, lost;
};
static struct port ports[PORTS];
static size_t port_count;
static struct port *internet;

/* Who has an address, as the console lists them. */
struct owner {
    uint32_t address;
    sekisho_id id;
    bool public, forwards;
};
static struct owner *owners;
static size_t owner_count, owner_room;

static sekisho_region *region;
static sekisho_flows *flows;

static void fail(const char *format, ...)
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

static uint32_t address_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void put_address(uint8_t *bytes, uint32_t address)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(address >> (24 - 8 * i));
}

static bool parse_address(const char *text, uint32_t *address)
{
    struct in_addr parsed;
    const bool ok = inet_pton(AF_INET, text, &parsed) == 1;
    if (ok)
        *address = ntohl(parsed.s_addr);
    return ok;
}

/* ---- The region and the addresses in it ------------------------------------------------------ */

static bool same(sekisho_id a, sekisho_id b)
{
    return a.kind == b.kind && a.number == b.number;
}

/* Reads an id of the kinds that have addresses or ports; kind 0 if it is none. */
static sekisho_id parse_id(const char *text)
{
    static const struct {
        const char *prefix;
        uint16_t kind;
    } kinds[] = {
        {"i-", SEKISHO_KIND_INSTANCE},       {"eni-", SEKISHO_KIND_NETWORK_INTERFACE},
        {"lb-", SEKISHO_KIND_LOAD_BALANCER}, {"ngw-", SEKISHO_KIND_NAT_GATEWAY},
        {"app-", SEKISHO_KIND_APPLIANCE},    {"eip-", SEKISHO_KIND_PUBLIC_ADDRESS},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const size_t length = strlen(kinds[i].prefix);
        if (strncmp(text, kinds[i].prefix, length) == 0)
            return (sekisho_id){kinds[i].kind, (uint16_t)strtoul(text + length, NULL, 10)};
    }
    return (sekisho_id){0, 0};
}

/* Learns all addresses anew, from lists like "  i-1 vswitch=vsw-1 address=10.0.0.10 forward=on". */
static void learn_addresses(void)
{
    static const char *const lists[] = {"list i", "list eni", "list lb", "list ngw", "list eip"};
    static char list[1 << 20];
    owner_count = 0;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        if (sekisho_region_line(region, lists[i], strlen(lists[i]), list, sizeof list, NULL) != 0)
            fail("%s is refused", lists[i]);
        for (char *line = strtok(list, "\n"); line != NULL; line = strtok(NULL, "\n")) {
            struct owner owner = {.id = parse_id(line + strspn(line, " "))};
            char text[16];
            const char *value = strstr(line, " address=");
            if (value == NULL || sscanf(value, " address=%15[0-9.]", text) != 1 ||
                !parse_address(text, &owner.address) || owner_count == owner_room)
                continue;
            owner.public = owner.id.kind == SEKISHO_KIND_PUBLIC_ADDRESS ||
                           strstr(line, " type=internet ") != NULL;
            owner.forwards = strstr(line, " forward=on") != NULL;
            owners[owner_count++] = owner;
        }
    }
    for (struct port *port = ports; port < ports + port_count; port++) {
        for (size_t i = 0; port != internet && i < owner_count; i++) {
            if (same(owners[i].id, port->id))
                port->address = port->neighbour = owners[i].address;
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
    return owner != NULL && owner->public;
}

static char answer[1 << 20]; /* to the last line */

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

/* ---- Sending --------------------------------------------------------------------------------- */

/* A packet is in a buffer that has room in front of it for the headers of any port. */
static uint8_t buffer[ETHERNET + LARGEST], reply[ETHERNET + LARGEST];
static uint8_t *const packet = buffer + ETHERNET;

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
    printf("%s does not listen: %s", port->name, code == 0 ? line : sekisho_strerror(code));
    putchar('\n');
}

static void transmit(struct port *port, const uint8_t *bytes, size_t length)
{
    if (send(port->fd, bytes, length, MSG_DONTWAIT) == (ssize_t)length) {
        port->sent++;
    } else {
        port->lost++;
        if (errno == ECONNREFUSED)
            out_of_service(port);
    }
}

static void send_arp(struct port *port, uint16_t operation, uint32_t sender, const uint8_t *to_mac,
                     uint32_t target)
{
    static const uint8_t kind[] = {0, 1, 8, 0, ETH_ALEN, 4}; /* Ethernet, IPv4 */
    uint8_t frame[ETHERNET + 28] = {0}, *arp = frame + ETHERNET;
    memcpy(frame, to_mac, ETH_ALEN);
    memcpy(frame + 6, port->mac, ETH_ALEN);
    frame[12] = ETHERTYPE_ARP >> 8;
    frame[13] = ETHERTYPE_ARP & 255;
    memcpy(arp, kind, sizeof kind);
    arp[7] = (uint8_t)operation;
    memcpy(arp + 8, port->mac, ETH_ALEN);
    put_address(arp + 14, sender);
    memcpy(arp + 18, to_mac, ETH_ALEN);
    put_address(arp + 24, target);
    (void)send(port->fd, frame, sizeof frame, MSG_DONTWAIT);
}

/* Asks for the neighbour's Ethernet address; of a host in nobody's name (RFC 5227). */
static void ask(struct port *port)
{
    static const uint8_t everybody[ETH_ALEN] = {255, 255, 255, 255, 255, 255};
    if (port->neighbour != 0)
        send_arp(port, 1, port == internet ? port->address : 0, everybody, port->neighbour);
}

/* Sends a packet, in front of which there is room, to the Internet or a host. */
static void send_packet(struct port *port, uint8_t *bytes, size_t length)
{
    if (!port->neighbour_known) {
        port->lost++; /* Whoever wants it to arrive sends it again. */
        ask(port);
        return;
    }
    uint8_t *frame = bytes - ETHERNET;
    memcpy(frame, port->neighbour_mac, ETH_ALEN);
    memcpy(frame + 6, port->mac, ETH_ALEN);
    frame[12] = ETHERTYPE_IP >> 8;
    frame[13] = ETHERTYPE_IP & 255;
    transmit(port, frame, ETHERNET + length);
}

/* ---- Judging --------------------------------------------------------------------------------- */

static uint64_t nowhere; /* packets for what has no port */

/* Where a packet is. */
struct place {
    struct port *port; /* that it came in by */
    uint32_t origin;   /* a sekisho_origin */
    sekisho_id at;     /* the interface or endpoint that origin speaks of */
};

/* Whose a packet is that a host sends. One from the Internet that was carried to an interface comes
 * back unchanged: for a public address, and from no address of the VPC. Only a host that forwards
 * is believed that: the others' foreign sources are forged. */
static uint32_t origin_of(const struct port *port, const uint8_t *bytes, size_t length)
{
    if (length < 20 || address_at(bytes + 12) == port->address)
        return SEKISHO_ORIGIN_INTERFACE;
    const struct owner *host = owner_of(port->address), *source = owner_of(address_at(bytes + 12));
    return host != NULL && host->forwards && (source == NULL || source->public) &&
                   is_public(address_at(bytes + 16))
               ? SEKISHO_ORIGIN_INTERNET_VIA
               : SEKISHO_ORIGIN_INTERFACE;
}

/* Tells the sender that its packet's time to live has run out here: what traceroute waits for. */
static void answer_expired(const struct place *place, size_t length)
{
    const int size =
        sekisho_time_exceeded(packet, length, internet->address, reply + ETHERNET, LARGEST);
    if (size <= 0)
        return; /* There is none to errors and later fragments (RFC 1122). */
    struct port *port = internet;
    if (place->origin == SEKISHO_ORIGIN_INTERFACE) {
        const struct owner *sender = owner_of(address_at(packet + 12));
        port = sender != NULL ? port_of(sender->id) : place->port;
    }
    if (port != NULL && port->id.kind != SEKISHO_KIND_APPLIANCE)
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
    transmit(port, packet - GWLB, GWLB + length);
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

/* ---- Receiving ------------------------------------------------------------------------------- */

static void receive_arp(struct port *port, const uint8_t *arp)
{
    const uint32_t sender = address_at(arp + 14), target = address_at(arp + 24);
    if (sender != 0 && sender == port->neighbour) {
        memcpy(port->neighbour_mac, arp + 8, ETH_ALEN);
        port->neighbour_known = true;
    }
    /* A host asks in nobody's name whether an address is free: its own is. */
    const bool ours = port == internet ? target == port->address || is_public(target)
                                       : target != port->address && sender != 0;
    if (arp[7] == 1 && ours)
        send_arp(port, 2, target, arp + 8, sender);
}

/* A frame from the Internet or a host, in the buffer. */
static void receive_frame(struct port *port, size_t length)
{
    const int type = length < ETHERNET ? 0 : buffer[12] << 8 | buffer[13];
    if (type == ETHERTYPE_ARP && length >= ETHERNET + 28) {
        receive_arp(port, packet);
    } else if (type == ETHERTYPE_IP && memcmp(buffer, port->mac, ETH_ALEN) == 0) {
        struct place place = {port, SEKISHO_ORIGIN_INTERNET, port->id};
        port->received++;
        if (port != internet)
            place.origin = origin_of(port, packet, length - ETHERNET);
        judge(&place, length - ETHERNET);
    }
}

/* A packet that an appliance sends back. */
static void receive_inspected(struct port *port, size_t length)
{
    const uint8_t *header = packet - GWLB;
    if (length < GWLB || memcmp(header, "SG\1", 3) != 0)
        return;
    const struct place place = {
        port, header[3] != 0 ? SEKISHO_ORIGIN_INTERNET_VIA : SEKISHO_ORIGIN_INTERFACE,
        {SEKISHO_KIND_ENDPOINT, (uint16_t)(header[4] << 8 | header[5])}};
    port->received++;
    judge(&place, length - GWLB);
}

/* Whether the sender left this frame's checksum to hardware that is not there. */
static bool unfinished(struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        struct tpacket_auxdata aux;
        if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
            continue;
        memcpy(&aux, CMSG_DATA(c), sizeof aux);
        return (aux.tp_status & TP_STATUS_CSUMNOTREADY) != 0;
    }
    return false;
}

static void receive(struct port *port)
{
    const bool appliance = port->id.kind == SEKISHO_KIND_APPLIANCE;
    uint8_t *start = appliance ? packet - GWLB : buffer;
    for (int i = 0; i < BURST; i++) {
        union {
            struct cmsghdr header;
            char bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
        } control;
        struct iovec into = {start, (size_t)(buffer + sizeof buffer - start)};
        struct msghdr message = {.msg_iov = &into, .msg_iovlen = 1, .msg_control = &control,
                                 .msg_controllen = sizeof control};
        const ssize_t length = recvmsg(port->fd, &message, MSG_DONTWAIT);
        if (length < 0) {
            if (errno == ECONNREFUSED)
                out_of_service(port);
            return;
        }
        if (appliance) {
            receive_inspected(port, (size_t)length);
        } else if (unfinished(&message) && memcmp(buffer, port->mac, ETH_ALEN) == 0) {
            if (port->lost++ == 0)
                printf("%s sends unfinished checksums: run ethtool -K there\n", port->name);
        } else {
            receive_frame(port, (size_t)length);
        }
    }
}

/* ---- The console ----------------------------------------------------------------------------- */

static void stats(void)
{
    static const char *const nexts[] = {"egress",  "deliver",   "handoff", "service",
                                        "forward", "translate", "drop",    "inspect"};
    FILE *out = fmemopen(answer, sizeof answer, "w");
    sekisho_count count;
    fprintf(out, "ok nowhere=%" PRIu64 "\n", nowhere);
    for (const struct port *port = ports; port < ports + port_count; port++)
        fprintf(out, "  %s received=%" PRIu64 " sent=%" PRIu64 " lost=%" PRIu64 "\n", port->name,
                port->received, port->sent, port->lost);
    for (uint32_t i = 0; i < sizeof nexts / sizeof *nexts; i++)
        if (sekisho_flows_next_count(flows, i, &count) == 0 && count.packets != 0)
            fprintf(out, "  %s packets=%" PRIu64 " bytes=%" PRIu64 "\n", nexts[i], count.packets,
                    count.bytes);
    for (uint32_t i = 1; sekisho_flows_drop_count(flows, i, &count) == 0; i++)
        if (count.packets != 0)
            fprintf(out, "  drop %s packets=%" PRIu64 " bytes=%" PRIu64 "\n",
                    sekisho_drop_reason_name(i), count.packets, count.bytes);
    fclose(out);
}

struct client {
    int fd;
    size_t length;
    char line[1024];
};
static struct client clients[CLIENTS];

/* Reads from a client and answers each whole line; false when it is to be let go. */
static bool serve(struct client *client)
{
    const ssize_t count = recv(client->fd, client->line + client->length,
                               sizeof client->line - client->length, MSG_DONTWAIT);
    if (count <= 0)
        return count < 0 && errno == EAGAIN;
    client->length += (size_t)count;
    for (char *end; (end = memchr(client->line, '\n', client->length)) != NULL;) {
        const size_t length = (size_t)(end - client->line);
        if (length == 5 && memcmp(client->line, "stats", 5) == 0)
            stats();
        else
            (void)command(client->line, length);
        client->length -= length + 1;
        const size_t size = strlen(answer);
        if (send(client->fd, answer, size, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)size)
            return false;
        memmove(client->line, end + 1, client->length);
    }
    return client->length < sizeof client->line;
}

static void admit(int listener)
{
    const int fd = accept(listener, NULL, NULL);
    for (struct client *client = clients; fd >= 0 && client < clients + CLIENTS; client++) {
        if (client->fd < 0) {
            client->fd = fd;
            client->length = 0;
            return;
        }
    }
    if (fd >= 0)
        close(fd);
}

static int listen_at(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (strlen(path) >= sizeof at.sun_path)
        fail("%s is too long", path);
    strcpy(at.sun_path, path);
    unlink(path);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, CLIENTS) != 0)
        fail("%s: %s", path, strerror(errno));
    return fd;
}

/* ---- Ports ----------------------------------------------------------------------------------- */

static void open_interface(struct port *port, const char *interface)
{
    const int on = 1, room = 4 << 20;
    struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    struct ifreq request = {0};
    at.sll_ifindex = (int)if_nametoindex(interface);
    port->fd = socket(AF_PACKET, SOCK_RAW, 0);
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
    if (at.sll_ifindex == 0 || port->fd < 0 || ioctl(port->fd, SIOCGIFHWADDR, &request) != 0 ||
        setsockopt(port->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0 ||
        setsockopt(port->fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof on) != 0 ||
        bind(port->fd, (struct sockaddr *)&at, sizeof at) != 0)
        fail("%s: %s", interface, strerror(errno));
    memcpy(port->mac, request.ifr_hwaddr.sa_data, ETH_ALEN);
    /* So that bursts fit. Less is no failure. */
    (void)setsockopt(port->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    (void)setsockopt(port->fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
}

static void open_appliance(struct port *port, char *address)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    char *number = strchr(address, ':');
    if (number != NULL)
        *number++ = '\0';
    if (number == NULL || inet_pton(AF_INET, address, &at.sin_addr) != 1)
        fail("%s: an address and a port is wanted", port->name);
    at.sin_port = htons((uint16_t)strtoul(number, NULL, 10));
    port->fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (port->fd < 0 || connect(port->fd, (struct sockaddr *)&at, sizeof at) != 0)
        fail("%s: %s", port->name, strerror(errno));
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
    if (strcmp(text, "internet") == 0 && internet == NULL) {
        const char *interface = strtok(where, ","), *ours = strtok(NULL, ",");
        const char *next = strtok(NULL, ",");
        if (next == NULL || !parse_address(ours, &port->address) ||
            !parse_address(next, &port->neighbour))
            fail("internet=INTERFACE,ADDRESS,NEXT is wanted");
        internet = port;
        open_interface(port, interface);
    } else if (port->id.kind == SEKISHO_KIND_APPLIANCE && strncmp(where, "udp:", 4) == 0) {
        open_appliance(port, where + 4);
    } else if (port->id.kind != 0 && port->id.kind != SEKISHO_KIND_APPLIANCE) {
        open_interface(port, where);
    } else {
        fail("%s is no port", text);
    }
}

int main(int argc, char **argv)
{
    struct pollfd polled[PORTS + 1 + CLIENTS];
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
    const int listener = listen_at(argv[2]);
    for (size_t i = 0; i < CLIENTS; i++)
        clients[i].fd = -1;
    printf("%zu ports, console at %s\n", port_count, argv[2]);

    for (;;) {
        nfds_t count = 0; /* A descriptor of -1 is passed over. */
        for (size_t i = 0; i < port_count; i++)
            polled[count++] = (struct pollfd){.fd = ports[i].fd, .events = POLLIN};
        polled[count++] = (struct pollfd){.fd = listener, .events = POLLIN};
        for (size_t i = 0; i < CLIENTS; i++)
            polled[count++] = (struct pollfd){.fd = clients[i].fd, .events = POLLIN};
        if (poll(polled, count, 1000) < 0 && errno != EINTR)
            fail("poll: %s", strerror(errno));

        for (size_t i = 0; i < port_count; i++)
            if (polled[i].revents != 0)
                receive(&ports[i]);
        for (size_t i = 0; i < CLIENTS; i++) {
            if (polled[port_count + 1 + i].revents != 0 && !serve(&clients[i])) {
                close(clients[i].fd);
                clients[i].fd = -1;
            }
        }
        if (polled[port_count].revents != 0)
            admit(listener);
        (void)sekisho_flows_expire(flows, now(), BURST);
    }
}
