/* How packets come to a program on Linux, and leave it: by Ethernet interfaces, each with one
 * neighbour behind it, and by UDP to the appliances of a gateway load balancer. Nothing in here
 * knows of VPCs; netns.c does.
 *
 * A packet is read into `buffer`, at `packet`, in front of which there is room for any port's header.
 */
#ifndef PORTS_H
#define PORTS_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sekisho.h"

enum {
    ETHERNET = 14, /* bytes of its header */
    GWLB = 8,      /* bytes of the header in front of a packet to and from an appliance */
    LARGEST = 65535,
};

/* A way in and out. */
struct port {
    const char *name;
    sekisho_id id; /* what it leads to; of kind 0 for the Internet */
    int fd;
    bool is_appliance;
    /* Of an Ethernet port: */
    uint32_t address;   /* ours there; 0 if we have none */
    uint32_t neighbour; /* whose Ethernet address is wanted */
    uint8_t mac[ETH_ALEN], neighbour_mac[ETH_ALEN];
    bool neighbour_known;
    uint64_t received, sent, lost;
};

static uint8_t buffer[ETHERNET + LARGEST];
static uint8_t *const packet = buffer + ETHERNET;

/* Whether the router has this address in the eyes of who is behind the port. The program says so. */
static bool answers_for(const struct port *port, uint32_t address);

static uint32_t address_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void put_address(uint8_t *bytes, uint32_t address)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(address >> (24 - 8 * i));
}

/* ---- Opening: false, and errno says why ------------------------------------------------------ */

/* Makes room, so that bursts fit. Less is no failure. */
static void make_room(int fd)
{
    const int room = 4 << 20;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
}

static bool open_interface(struct port *port, const char *interface)
{
    const int on = 1;
    struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    struct ifreq request = {0};
    at.sll_ifindex = (int)if_nametoindex(interface);
    port->fd = socket(AF_PACKET, SOCK_RAW, 0);
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
    if (at.sll_ifindex == 0 || port->fd < 0 || ioctl(port->fd, SIOCGIFHWADDR, &request) != 0 ||
        setsockopt(port->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0 ||
        setsockopt(port->fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof on) != 0 ||
        bind(port->fd, (struct sockaddr *)&at, sizeof at) != 0)
        return false;
    memcpy(port->mac, request.ifr_hwaddr.sa_data, ETH_ALEN);
    make_room(port->fd);
    return true;
}

static bool open_appliance(struct port *port, uint32_t address, uint16_t number)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(number)};
    at.sin_addr.s_addr = htonl(address);
    port->is_appliance = true;
    port->fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (port->fd < 0 || connect(port->fd, (struct sockaddr *)&at, sizeof at) != 0)
        return false;
    make_room(port->fd);
    return true;
}

/* ---- Sending --------------------------------------------------------------------------------- */

/* Sends bytes as they are; false if an appliance's process is gone. */
static bool transmit(struct port *port, const uint8_t *bytes, size_t length)
{
    if (send(port->fd, bytes, length, MSG_DONTWAIT) == (ssize_t)length) {
        port->sent++;
        return true;
    }
    port->lost++;
    return !port->is_appliance || errno != ECONNREFUSED;
}

static void put_ethernet(const struct port *port, uint8_t *frame, const uint8_t *to, uint16_t type)
{
    memcpy(frame, to, ETH_ALEN);
    memcpy(frame + 6, port->mac, ETH_ALEN);
    frame[12] = (uint8_t)(type >> 8);
    frame[13] = (uint8_t)type;
}

static void send_arp(struct port *port, uint16_t operation, uint32_t sender, const uint8_t *to,
                     uint32_t target)
{
    static const uint8_t kind[] = {0, 1, 8, 0, ETH_ALEN, 4}; /* Ethernet, IPv4 */
    uint8_t frame[ETHERNET + 28] = {0}, *arp = frame + ETHERNET;
    put_ethernet(port, frame, to, ETHERTYPE_ARP);
    memcpy(arp, kind, sizeof kind);
    arp[7] = (uint8_t)operation;
    memcpy(arp + 8, port->mac, ETH_ALEN);
    put_address(arp + 14, sender);
    memcpy(arp + 18, to, ETH_ALEN);
    put_address(arp + 24, target);
    (void)send(port->fd, frame, sizeof frame, MSG_DONTWAIT);
}

/* Asks for the neighbour's Ethernet address; in nobody's name if we have none (RFC 5227). */
static void ask(struct port *port)
{
    static const uint8_t everybody[ETH_ALEN] = {255, 255, 255, 255, 255, 255};
    if (!port->is_appliance && port->neighbour != 0)
        send_arp(port, 1, port->address, everybody, port->neighbour);
}

/* Sends a packet, in front of which there is room, to the neighbour. */
static void send_packet(struct port *port, uint8_t *bytes, size_t length)
{
    if (!port->neighbour_known) {
        port->lost++; /* Whoever wants it to arrive sends it again. */
        ask(port);
        return;
    }
    put_ethernet(port, bytes - ETHERNET, port->neighbour_mac, ETHERTYPE_IP);
    (void)transmit(port, bytes - ETHERNET, ETHERNET + length);
}

/* ---- Receiving ------------------------------------------------------------------------------- */

static void receive_arp(struct port *port, const uint8_t *arp)
{
    const uint32_t sender = address_at(arp + 14), target = address_at(arp + 24);
    if (sender != 0 && sender == port->neighbour) {
        memcpy(port->neighbour_mac, arp + 8, ETH_ALEN);
        port->neighbour_known = true;
    }
    /* Who asks in nobody's name wants the address for itself: only a real one is defended. */
    if (arp[7] == 1 && answers_for(port, target) && (sender != 0 || port->address != 0))
        send_arp(port, 2, target, arp + 8, sender);
}

/* Whether the sender left this frame's checksum to hardware that is not there. */
static bool is_unfinished(struct msghdr *message)
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

/* Reads what has come next. Answers the length of a packet, which is in the buffer then; 0 if it was
 * something else, that is dealt with; -1 if there is nothing more, or, by errno ECONNREFUSED, the
 * appliance's process is gone. */
static ssize_t receive(struct port *port)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
    } control;
    const size_t header = port->is_appliance ? GWLB : ETHERNET;
    struct iovec into = {packet - header, header + LARGEST};
    struct msghdr message = {.msg_iov = &into, .msg_iovlen = 1, .msg_control = &control,
                             .msg_controllen = sizeof control};
    const ssize_t count = recvmsg(port->fd, &message, MSG_DONTWAIT);
    const ssize_t length = count - (ssize_t)header;
    if (count < 0)
        return -1;
    if (length < 0)
        return 0;
    if (!port->is_appliance) {
        const int type = buffer[12] << 8 | buffer[13];
        if (type == ETHERTYPE_ARP && length >= 28)
            receive_arp(port, packet);
        if (type != ETHERTYPE_IP || memcmp(buffer, port->mac, ETH_ALEN) != 0)
            return 0;
        if (is_unfinished(&message)) {
            if (port->lost++ == 0)
                printf("%s sends unfinished checksums: run ethtool -K there\n", port->name);
            return 0;
        }
    }
    port->received++;
    return length;
}

#endif
