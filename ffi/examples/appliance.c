/* An appliance behind a gateway load balancer, as netns.c carries packets to it.
 *
 *     appliance ADDRESS PORT
 *
 * Takes packets in UDP on that address and port, says in a line what each is, and sends it back
 * where it came from: an inspector that finds nothing wrong. In front of the packet are 8 bytes,
 * sent back as they are; numbers are in network order:
 *
 *     0  "SG"
 *     2  1, the version
 *     3  1: the packet comes from the Internet, 0: from inside
 *     4  the number of the endpoint that it is at, 2 bytes
 *     6  the number of the appliance, 2 bytes
 *
 * A real one would look into the packet here and send back only what it lets through.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <sys/socket.h>

enum { HEADER = 8, LARGEST = HEADER + 65535 };

static int number(const uint8_t *bytes)
{
    return bytes[0] << 8 | bytes[1];
}

/* Prints, say, "ep-1 in 198.51.100.10:40000 > 203.0.113.1:80 protocol 6". */
static void say(const uint8_t *bytes, size_t length)
{
    const uint8_t *packet = bytes + HEADER, *ports = packet + (packet[0] & 15) * 4;
    const int with_ports = (packet[9] == 6 || packet[9] == 17) &&
                           (number(packet + 6) & 0x1fff) == 0 && ports + 4 <= bytes + length;
    char source[INET_ADDRSTRLEN], destination[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, packet + 12, source, sizeof source);
    inet_ntop(AF_INET, packet + 16, destination, sizeof destination);
    printf("ep-%d %s ", number(bytes + 4), bytes[3] != 0 ? "in" : "out");
    if (with_ports)
        printf("%s:%d > %s:%d", source, number(ports), destination, number(ports + 2));
    else
        printf("%s > %s", source, destination);
    printf(" protocol %d\n", packet[9]);
}

int main(int argc, char **argv)
{
    static uint8_t bytes[LARGEST];
    struct sockaddr_in at = {.sin_family = AF_INET}, from;
    const int room = 4 << 20, fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (argc != 3 || inet_pton(AF_INET, argv[1], &at.sin_addr) != 1) {
        fputs("usage: appliance ADDRESS PORT\n", stderr);
        return 1;
    }
    at.sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10));
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0) {
        fprintf(stderr, "appliance: %s %s: %s\n", argv[1], argv[2], strerror(errno));
        return 1;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    setvbuf(stdout, NULL, _IOLBF, 0);

    for (;;) {
        socklen_t size = sizeof from;
        const ssize_t length =
            recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &size);
        if (length < HEADER + 20 || memcmp(bytes, "SG\1", 3) != 0)
            continue;
        say(bytes, (size_t)length);
        (void)sendto(fd, bytes, (size_t)length, 0, (struct sockaddr *)&from, size);
    }
}
