/* Packets as bytes: made, taken apart, and their checksums. */
#ifndef WIRE_H
#define WIRE_H

#include "check.h"

static inline void put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)(value & 0xFF);
}

static inline void put32(uint8_t *at, uint32_t value)
{
    put16(at, (uint16_t)(value >> 16));
    put16(at + 2, (uint16_t)(value & 0xFFFF));
}

static inline uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t get32(const uint8_t *at)
{
    return ip(at[0], at[1], at[2], at[3]);
}

/* The Internet checksum of bytes, begun with a sum of 16-bit words. */
static inline uint16_t checksum_from(uint32_t sum, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
    while (sum > 0xFFFF)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint16_t)(0xFFFF - sum);
}

static inline uint16_t checksum(const uint8_t *bytes, size_t len)
{
    return checksum_from(0, bytes, len);
}

/* The checksum of a TCP or UDP packet of 20 bytes of IPv4 header, as it lies there. */
static inline uint16_t transport_checksum(const uint8_t *packet, size_t len)
{
    uint32_t sum = packet[9] + (uint32_t)(len - 20);
    for (size_t i = 12; i < 20; i += 2)
        sum += get16(packet + i);
    return checksum_from(sum, packet + 20, len - 20);
}

/* One side of a packet: its address, and its port or ICMP identifier. */
struct end {
    uint32_t address;
    uint16_t port;
};

enum { UDP_LEN = 34, TCP_LEN = 46, PING_LEN = 34, ERROR_LEN = 28 + 28, SYN = 2, ACK = 16 };

/* The IPv4 header of a packet of len bytes; fragment is its word of flags and offset. */
static inline void ipv4(uint8_t *packet, size_t len, uint8_t protocol, uint32_t source,
                        uint32_t destination, uint8_t ttl, uint16_t fragment)
{
    memset(packet, 0, 20);
    packet[0] = 0x45;
    put16(packet + 2, (uint16_t)len);
    put16(packet + 4, 77);
    put16(packet + 6, fragment);
    packet[8] = ttl;
    packet[9] = protocol;
    put32(packet + 12, source);
    put32(packet + 16, destination);
    put16(packet + 10, checksum(packet, 20));
}

/* UDP with 6 bytes of data. */
static inline size_t udp_packet(uint8_t *packet, struct end from, struct end to, uint8_t ttl)
{
    ipv4(packet, UDP_LEN, 17, from.address, to.address, ttl, 0);
    put16(packet + 20, from.port);
    put16(packet + 22, to.port);
    put16(packet + 24, 14);
    put16(packet + 26, 0);
    memcpy(packet + 28, "sekish", 6);
    put16(packet + 26, transport_checksum(packet, UDP_LEN));
    return UDP_LEN;
}

/* A TCP segment with 6 bytes of data. */
static inline size_t tcp_packet(uint8_t *packet, struct end from, struct end to, uint8_t ttl,
                                uint8_t flags)
{
    ipv4(packet, TCP_LEN, 6, from.address, to.address, ttl, 0x4000);
    memset(packet + 20, 0, 20);
    put16(packet + 20, from.port);
    put16(packet + 22, to.port);
    packet[32] = 0x50;
    packet[33] = flags;
    memcpy(packet + 40, "sekish", 6);
    put16(packet + 36, transport_checksum(packet, TCP_LEN));
    return TCP_LEN;
}

/* An ICMP echo request, or the answer to it; the identifier is the requester's port. */
static inline size_t ping(uint8_t *packet, struct end from, struct end to, uint8_t ttl, int is_reply)
{
    ipv4(packet, PING_LEN, 1, from.address, to.address, ttl, 0);
    memset(packet + 20, 0, 14);
    packet[20] = is_reply ? 0 : 8;
    put16(packet + 24, is_reply ? to.port : from.port);
    memcpy(packet + 28, "sekish", 6);
    put16(packet + 22, checksum(packet + 20, PING_LEN - 20));
    return PING_LEN;
}

/* A router's message that a packet's time to live has run out, with the packet's first 28 bytes. */
static inline size_t icmp_error(uint8_t *packet, uint32_t router, uint32_t to, uint8_t ttl,
                                const uint8_t *about)
{
    ipv4(packet, ERROR_LEN, 1, router, to, ttl, 0);
    memset(packet + 20, 0, 8);
    packet[20] = 11;
    memcpy(packet + 28, about, 28);
    put16(packet + 22, checksum(packet + 20, ERROR_LEN - 20));
    return ERROR_LEN;
}

/* A part of a UDP packet without a checksum: the first one has the ports and 8 bytes of data, the other
 * one the 8 bytes behind them. */
static inline size_t fragment(uint8_t *packet, struct end from, struct end to, uint8_t ttl,
                              int is_first)
{
    const size_t len = is_first ? 36 : 28;
    ipv4(packet, len, 17, from.address, to.address, ttl, is_first ? 0x2000 : 2);
    memset(packet + 20, 0xDA, len - 20);
    if (is_first) {
        put16(packet + 20, from.port);
        put16(packet + 22, to.port);
        put16(packet + 24, 24);
        put16(packet + 26, 0);
    }
    return len;
}

#endif
