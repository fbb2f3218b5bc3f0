#!/usr/bin/env python3
"""Writes border.pcap with scapy (pip install scapy==2.8.0): what pcap.c reads.

Nothing in the build needs this; the file it writes is committed. Run it again after a change here:
    python3 ffi/examples/border.py ffi/examples/border.pcap
"""
import sys

from scapy.all import (DNS, DNSQR, DNSRR, GRE, ICMP, IP, TCP, UDP, Ether, IPOption_NOP, IPOption_RR,
                       Raw, fragment, raw, wrpcap)

HOST, PUBLIC = "10.0.0.10", "47.0.0.1"
HIDDEN, OTHER, NAT = "10.0.5.10", "10.0.5.11", "47.0.0.5"
CLIENT = "203.0.113.9"
DNS_SERVER, WEB_SERVER, ROUTER = "8.8.8.8", "93.184.216.34", "198.51.100.1"


def quoted(packet, length=None):
    """An IP packet as an ICMP error quotes it, cut off after so many bytes."""
    return Raw(raw(packet)[:length])


query = IP(src=HOST, dst=DNS_SERVER, ttl=64, id=1) / UDP(sport=40000, dport=53) / DNS(
    id=7, rd=1, qd=DNSQR(qname="www.example.com"))
answer = IP(src=DNS_SERVER, dst=PUBLIC, ttl=57, id=2) / UDP(sport=53, dport=40000) / DNS(
    id=7, qr=1, rd=1, ra=1, qd=DNSQR(qname="www.example.com"),
    an=DNSRR(rrname="www.example.com", ttl=300, rdata=WEB_SERVER))

out = dict(src=HOST, dst=WEB_SERVER, ttl=64, flags="DF")
back = dict(src=WEB_SERVER, dst=PUBLIC, ttl=52, flags="DF")
client, server = dict(sport=40001, dport=80), dict(sport=80, dport=40001)
request = b"GET / HTTP/1.1\r\nHost: www.example.com\r\nConnection: close\r\n\r\n"
reply = b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\nConnection: close\r\n\r\nHello, world!\n"
options = [("MSS", 1460), ("SAckOK", b""), ("Timestamp", (1000, 0)), ("NOP", None), ("WScale", 7)]
handshake = [
    IP(id=10, **out) / TCP(flags="S", seq=100, options=options, **client),
    IP(id=0, **back) / TCP(flags="SA", seq=900, ack=101, options=options, **server),
    IP(id=11, **out) / TCP(flags="A", seq=101, ack=901, **client),
    IP(id=12, **out) / TCP(flags="PA", seq=101, ack=901, **client) / request,
    IP(id=3, **back) / TCP(flags="PA", seq=901, ack=101 + len(request), **server) / reply,
    IP(id=13, **out) / TCP(flags="FA", seq=101 + len(request), ack=901 + len(reply), **client),
]

# What the network saw of a probe whose time to live ran out, at the public address.
probe = IP(src=PUBLIC, dst=DNS_SERVER, ttl=1, id=20) / UDP(sport=40002, dport=33434) / (b"\0" * 12)
segment = IP(src=PUBLIC, dst=WEB_SERVER, ttl=1, id=21) / TCP(flags="S", seq=5, **client)
# What the host saw of a packet to a port that nobody listens on, at its private address.
unwanted = IP(src=DNS_SERVER, dst=HOST, ttl=55, id=22) / UDP(sport=53, dport=9) / b"odd"

packets = [query, answer, *handshake]
packets += [
    IP(src=HOST, dst=DNS_SERVER, id=30) / ICMP(id=77, seq=1) / b"ping, of an odd length",
    IP(src=DNS_SERVER, dst=PUBLIC, id=31) / ICMP(type=0, id=77, seq=1) / b"ping, of an odd length",
    IP(src=ROUTER, dst=PUBLIC, id=32) / ICMP(type=11) / quoted(probe, 28),
    IP(src=ROUTER, dst=PUBLIC, id=33) / ICMP(type=11) / quoted(segment),
    IP(src=HOST, dst=DNS_SERVER, id=34) / ICMP(type=3, code=3) / quoted(unwanted),
]
large = IP(src=HOST, dst=DNS_SERVER, id=40) / UDP(sport=40003, dport=5000) / (bytes(range(256)) * 8)
packets += fragment(large, fragsize=1000)
packets += [
    IP(src=HOST, dst=DNS_SERVER, id=41) / UDP(sport=40004, dport=5001, chksum=0) / b"no checksum",
    IP(src=HOST, dst=DNS_SERVER, id=42, options=[IPOption_RR(routers=["0.0.0.0"] * 3),
                                                 IPOption_NOP()]) / ICMP(id=78, seq=1) / b"options",
    # To hosts behind the gateway table: i-2, whom nobody reaches, and i-3, by way of i-9.
    IP(src=ROUTER, dst="47.0.0.2", id=50) / TCP(sport=50000, dport=22, flags="S"),
    IP(src=ROUTER, dst="47.0.0.3", id=51) / TCP(sport=50001, dport=443, flags="S"),
    # A public address that is bound to nothing; a source that is not on the Internet; a time to
    # live that ends here; a header checksum that is wrong; a packet that stays inside.
    IP(src=ROUTER, dst="47.0.0.4", id=52) / TCP(sport=50002, dport=443, flags="S"),
    IP(src="192.168.1.1", dst=PUBLIC, id=53) / UDP(sport=1, dport=2) / b"martian",
    IP(src=HOST, dst=DNS_SERVER, id=54, ttl=1) / UDP(sport=40005, dport=33434) / b"traceroute",
    IP(src=DNS_SERVER, dst=PUBLIC, id=55, chksum=0x1234) / UDP(sport=53, dport=40000) / b"damaged",
    IP(src=HOST, dst="10.0.1.10", id=56) / TCP(sport=40006, dport=22, flags="S"),
    # A protocol with neither ports nor a checksum over addresses.
    IP(src=HOST, dst=DNS_SERVER, id=57, proto=253) / Raw(b"an experiment"),
]

# By the NAT gateway: hosts that are hidden behind its public address keep their ports where they are free.
hidden = dict(sport=41000, dport=53)
query = DNS(id=8, rd=1, qd=DNSQR(qname="www.example.com"))
asked = IP(src=NAT, dst=DNS_SERVER, ttl=1, id=60) / UDP(**hidden) / query
out, back = dict(src=OTHER, dst=WEB_SERVER), dict(src=WEB_SERVER, dst=NAT)
client, server = dict(sport=41002, dport=80), dict(sport=80, dport=41002)
visitor, visited = dict(src=CLIENT, dst=NAT), dict(src=HIDDEN, dst=CLIENT)
packets += [
    IP(src=HIDDEN, dst=DNS_SERVER, id=60) / UDP(**hidden) / query,
    IP(src=DNS_SERVER, dst=NAT, id=61) / UDP(sport=53, dport=41000) / query,
    # A router cannot pass the query on, and quotes it as it has seen it.
    IP(src=ROUTER, dst=NAT, id=62) / ICMP(type=11) / quoted(asked),
    # Another host has the same port: outside it is another one. A DNS server that was not asked.
    IP(src=OTHER, dst=DNS_SERVER, id=63) / UDP(**hidden) / query,
    IP(src="9.9.9.9", dst=NAT, id=64) / UDP(sport=53, dport=41000) / query,
    IP(id=65, **out) / TCP(flags="S", seq=100, options=options, **client),
    IP(id=66, **back) / TCP(flags="SA", seq=900, ack=101, options=options, **server),
    IP(id=67, **out) / TCP(flags="A", seq=101, ack=901, **client),
    IP(id=68, **back) / TCP(flags="PA", seq=901, ack=101, **server) / reply,
    IP(src=OTHER, dst=DNS_SERVER, id=69) / ICMP(id=4001, seq=1) / b"ping, of an odd length",
    IP(src=DNS_SERVER, dst=NAT, id=70) / ICMP(type=0, id=4001, seq=1) / b"ping, of an odd length",
]
# Later parts have no ports, but those of the first one that came; without it there is nowhere to go.
large = IP(src=HIDDEN, dst=DNS_SERVER, id=71) / UDP(sport=41004, dport=5000) / (bytes(range(256)) * 8)
first, second, third = fragment(large, fragsize=1000)
packets += [second, first, third]
packets += [
    # A visitor of the port that is forwarded, and the answer; another port.
    IP(id=72, **visitor) / TCP(flags="S", seq=7, sport=50010, dport=80),
    IP(id=73, **visited) / TCP(flags="SA", seq=70, ack=8, sport=8080, dport=50010),
    IP(id=74, **visitor) / TCP(flags="S", seq=7, sport=50011, dport=81),
    IP(src=HIDDEN, dst=CLIENT, id=75) / GRE() / Raw(b"a tunnel"),
]
# An answer that comes when nobody waits for it any more.
late = IP(src=DNS_SERVER, dst=NAT, id=76) / UDP(sport=53, dport=41000) / query
packets += [late]

frames = []
for number, packet in enumerate(packets):
    frame = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / packet
    frame = Ether(raw(frame))
    frame.time = 1700000000 + number / 1000 + (600 if packet is late else 0)
    frames.append(frame)
wrpcap(sys.argv[1], frames)
