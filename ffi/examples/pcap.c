/* Passes a packet capture through a VPC's border.
 *
 *     pcap CONFIG IN.pcap OUT.pcap
 *
 * CONFIG is a file of console lines that build the region. Each IPv4 packet of IN that an interface
 * of the region sent (its source is the interface's private address) goes out through the border,
 * each one for a public address comes in. A flow table knows which ones are answers, and translates
 * ports; its clock is that of the capture. What leaves the border, on either side, is written to OUT as
 * it is now; one line for each packet says what became of it. Exits with 0 if all went well: dropped
 * packets are no trouble, unreadable files and refused lines are.
 *
 * It reads classic captures of Ethernet or raw IP, of either byte order.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sekisho.h"

enum { FLOWS = 4096 };

/* The memory of the region, and more than enough of it for the flows: static, as everything here.
 * Nothing is allocated. */
static uint32_t memory[SEKISHO_REGION_FOOTPRINT_LARGE / sizeof(uint32_t)];
static _Alignas(64) uint32_t flow_memory[64 * FLOWS];

/* Who owns an address: an interface (private) or a public address. */
struct owner {
    uint32_t address;
    sekisho_id id;
};
static struct owner interfaces[1024], publics[1024];
static size_t interface_count, public_count;

static void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static FILE *opened(const char *path, const char *mode)
{
    FILE *file = fopen(path, mode);
    if (file == NULL)
        fail("%s cannot be opened", path);
    return file;
}

/* ---- The region ---------------------------------------------------------------------------- */

/* Makes a region and applies every line of the file to it. */
static sekisho_region *configured(const char *path)
{
    sekisho_profile profile = {.size = sizeof profile};
    sekisho_region *region = NULL;
    char line[1024], answer[SEKISHO_ANSWER_MIN];

    int code = sekisho_profile_large(&profile);
    if (code == 0)
        code = sekisho_region_init(memory, sizeof memory, &profile, &region);
    if (code != 0)
        fail("no region: %s", sekisho_strerror(code));

    FILE *file = opened(path, "r");
    for (int number = 1; fgets(line, sizeof line, file) != NULL; number++) {
        code = sekisho_region_line(region, line, strlen(line), answer, sizeof answer, NULL);
        if (code != 0)
            fail("%s:%d: %s", path, number, sekisho_strerror(code));
    }
    fclose(file);
    return region;
}

/* Makes a table of so many flows. The seed should be random where strangers' packets come in; here the
 * same ports are given out each time. */
static sekisho_flows *flow_table(uint32_t flow_count)
{
    sekisho_flows_config config = {.size = sizeof config};
    sekisho_flows *flows = NULL;

    int code = sekisho_flows_config_default(&config, flow_count);
    if (code == 0)
        code = sekisho_flows_init(flow_memory, sizeof flow_memory, &config, &flows);
    if (code != 0)
        fail("no flow table: %s", sekisho_strerror(code));
    return flows;
}

/* Collects the owners that a list answers: body lines "  <id> ... address=<address> ...". */
static size_t owners(sekisho_region *region, const char *list, uint16_t kind, struct owner *owner,
                     size_t room)
{
    static char answer[1 << 16];
    size_t count = 0;
    int code = sekisho_region_line(region, list, strlen(list), answer, sizeof answer, NULL);
    if (code != 0)
        fail("%s: %s", list, sekisho_strerror(code));
    for (char *line = strtok(answer, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        unsigned number, a, b, c, d;
        const char *address = strstr(line, " address=");
        if (sscanf(line, "  %*[a-z]-%u", &number) != 1 || address == NULL ||
            sscanf(address, " address=%u.%u.%u.%u", &a, &b, &c, &d) != 4 || count == room)
            continue;
        owner[count].address = a << 24 | b << 16 | c << 8 | d;
        owner[count].id = (sekisho_id){.kind = kind, .number = (uint16_t)number};
        count++;
    }
    return count;
}

static const struct owner *owner_of(const struct owner *owner, size_t count, uint32_t address)
{
    for (size_t i = 0; i < count; i++)
        if (owner[i].address == address)
            return &owner[i];
    return NULL;
}

/* ---- Packets ------------------------------------------------------------------------------- */

static uint32_t address_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void print_address(uint32_t address)
{
    printf("%" PRIu32 ".%" PRIu32 ".%" PRIu32 ".%" PRIu32, address >> 24, address >> 16 & 255,
           address >> 8 & 255, address & 255);
}

/* What packets pass through, and the time, in milliseconds. */
struct border {
    const sekisho_region *region;
    sekisho_flows *flows;
    uint64_t now;
};

/* Takes a packet through the border and says what became of it. A packet that has to visit an
 * interface or appliance first is carried there: here that hands it on as it is. */
static sekisho_outcome judge(const struct border *border, uint32_t origin, sekisho_id port,
                             uint8_t *bytes, size_t length)
{
    sekisho_outcome outcome = {.size = sizeof outcome};
    for (;;) {
        int code = sekisho_flows_packet(border->flows, border->region, origin, port, bytes, length,
                                        border->now, &outcome);
        if (code != 0)
            fail("sekisho_flows_packet: %s", sekisho_strerror(code));
        if (outcome.next == SEKISHO_NEXT_FORWARD)
            printf(" by interface %u,", outcome.id.number);
        else if (outcome.next == SEKISHO_NEXT_INSPECT)
            printf(" by appliance %u,", outcome.appliance);
        else
            return outcome;
        port = outcome.id;
        if (origin == SEKISHO_ORIGIN_INTERNET)
            origin = SEKISHO_ORIGIN_INTERNET_VIA;
    }
}

/* Prints what became of the packet; answers whether it goes on. */
static int print_outcome(const sekisho_outcome *outcome)
{
    switch (outcome->next) {
    case SEKISHO_NEXT_INTERNET:
        printf(" to the Internet as ");
        print_address(outcome->public_address);
        return 1;
    case SEKISHO_NEXT_DELIVER:
        printf(" delivered to interface %u", outcome->id.number);
        return 1;
    case SEKISHO_NEXT_HANDOFF:
        printf(" to next hop %u", outcome->id.number);
        return 1;
    case SEKISHO_NEXT_SERVICE:
        printf(" to the cloud's services");
        return 1;
    default:
        printf(" dropped, %s", sekisho_drop_reason_name(outcome->drop));
        return 0;
    }
}

/* Passes one packet; answers whether it goes on. */
static int pass(const struct border *border, uint8_t *bytes, size_t length)
{
    const sekisho_id nobody = {0, 0};
    sekisho_outcome outcome;
    if (length < 20) {
        printf(" not IPv4");
        return 0;
    }
    const uint32_t source = address_at(bytes + 12), destination = address_at(bytes + 16);
    const struct owner *sender = owner_of(interfaces, interface_count, source);
    printf(" ");
    print_address(source);
    printf(" > ");
    print_address(destination);
    printf(" protocol %u:", bytes[9]);
    if (sender != NULL) {
        outcome = judge(border, SEKISHO_ORIGIN_INTERFACE, sender->id, bytes, length);
    } else if (owner_of(publics, public_count, destination) != NULL) {
        outcome = judge(border, SEKISHO_ORIGIN_INTERNET, nobody, bytes, length);
    } else {
        printf(" of no concern here");
        return 0;
    }
    return print_outcome(&outcome);
}

/* ---- Captures ------------------------------------------------------------------------------ */

enum { ETHERNET = 1, RAW_IP = 101, LARGEST = 262144 };

static uint32_t word(const uint8_t *bytes, int swapped)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return swapped ? value >> 24 | (value >> 8 & 0xFF00) | (value & 0xFF00) << 8 | value << 24 : value;
}

/* Where IPv4 starts in a frame of this link type; SIZE_MAX if it is something else. */
static size_t ipv4_at(uint32_t link, const uint8_t *frame, size_t length)
{
    if (link == RAW_IP)
        return length > 0 && frame[0] >> 4 == 4 ? 0 : SIZE_MAX;
    return length >= 14 && frame[12] == 0x08 && frame[13] == 0x00 ? 14 : SIZE_MAX;
}

int main(int argc, char **argv)
{
    static uint8_t header[24], record[16], frame[LARGEST];
    unsigned packets = 0, passed = 0;
    if (argc != 4)
        fail("usage: pcap CONFIG IN.pcap OUT.pcap");

    sekisho_region *region = configured(argv[1]);
    interface_count = owners(region, "list i", SEKISHO_KIND_INSTANCE, interfaces, 1024);
    interface_count += owners(region, "list eni", SEKISHO_KIND_NETWORK_INTERFACE,
                              interfaces + interface_count, 1024 - interface_count);
    public_count = owners(region, "list eip", SEKISHO_KIND_PUBLIC_ADDRESS, publics, 1024);
    struct border border = {.region = region, .flows = flow_table(FLOWS), .now = 0};

    FILE *in = opened(argv[2], "rb"), *out = opened(argv[3], "wb");
    if (fread(header, sizeof header, 1, in) != 1)
        fail("%s is no capture", argv[2]);
    const uint32_t first = word(header, 0);
    const int swapped = first == 0xd4c3b2a1 || first == 0x4d3cb2a1;
    const uint32_t magic = word(header, swapped), link = word(header + 20, swapped) & 0xFFFF;
    if (magic != 0xa1b2c3d4 && magic != 0xa1b23c4d)
        fail("%s is no classic capture", argv[2]);
    /* Times are seconds, and microseconds or nanoseconds. */
    const uint32_t per_millisecond = magic == 0xa1b2c3d4 ? 1000 : 1000000;
    if (link != ETHERNET && link != RAW_IP)
        fail("%s has link type %" PRIu32 ", not Ethernet or raw IP", argv[2], link);
    fwrite(header, sizeof header, 1, out);

    for (size_t read; (read = fread(record, 1, sizeof record, in)) != 0;) {
        const size_t length = word(record + 8, swapped);
        if (read < sizeof record || length > LARGEST || fread(frame, 1, length, in) != length)
            fail("%s is cut off or damaged", argv[2]);
        printf("%u", ++packets);
        border.now = word(record, swapped) * UINT64_C(1000) +
                     word(record + 4, swapped) / per_millisecond;
        const size_t at = ipv4_at(link, frame, length);
        if (at == SIZE_MAX) {
            printf(" not IPv4");
        } else if (pass(&border, frame + at, length - at)) {
            passed++;
            fwrite(record, sizeof record, 1, out);
            fwrite(frame, 1, length, out);
        }
        printf("\n");
    }
    if (!feof(in))
        fail("%s cannot be read", argv[2]);
    if (ferror(out) || fclose(out) != 0)
        fail("%s cannot be written", argv[3]);
    fclose(in);
    printf("%u packets, %u went on, %u did not\n", packets, passed, packets - passed);
    return 0;
}
