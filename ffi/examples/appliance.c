/* An appliance behind a gateway load balancer, as netns.c carries packets to it.
 *
 *     appliance ADDRESS PORT
 *
 * Takes packets in UDP on that address and port, says in a line what each is, and sends it back where
 * it came from: an inspector that finds nothing wrong. In front of the packet are 8 bytes, sent back
 * as they are:
 *
 *     0  "SG"         2  1, the version     3  1: the packet comes from the Internet, 0: from inside
 *     4  the number of the endpoint that it is at      6  the number of the appliance
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

    for (unsigned long number = 1;; number++) {
        socklen_t size = sizeof from;
        const ssize_t length = recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &size);
        const uint8_t *packet = bytes + HEADER;
        char source[INET_ADDRSTRLEN], destination[INET_ADDRSTRLEN];
        if (length < HEADER + 20 || memcmp(bytes, "SG\1", 3) != 0)
            continue;
        printf("%lu ep-%d %s %s > %s protocol %d, %zd bytes\n", number, bytes[4] << 8 | bytes[5],
               bytes[3] != 0 ? "in" : "out",
               inet_ntop(AF_INET, packet + 12, source, sizeof source),
               inet_ntop(AF_INET, packet + 16, destination, sizeof destination), packet[9],
               length - HEADER);
        (void)sendto(fd, bytes, (size_t)length, 0, (struct sockaddr *)&from, size);
    }
}
