/* The console on a board's UART: a line in, its answer out, as the host's program answers.
 *
 * Each change is on the storage before it is answered, and there after a reset. The byte 0x04, which is
 * Ctrl-D on a terminal, ends the input and the run. About each line the log tells how deep the stack was
 * and how many ticks of the clock it took, its answer sent, without waiting for the storage.
 */
#include <string.h>

#include "board.h"
#include "kept.h"
#include "sekisho.h"

enum {
    MAX_LINE = 512,
    /* As much of a line as it takes to see that it is too long. */
    KEPT = MAX_LINE + 2,
    /* More than the longest answer of a region of the firmware profile. */
    ANSWER = 4096,
    /* The smallest flow table. */
    FLOWS = 16,
    /* Ends the input. */
    END = 0x04,
    /* How long a line may stay unfinished without a byte coming, in milliseconds. */
    PATIENCE = 10000,
};

#ifdef LARGE
/* In the board's external memory, which is not zeroed at a reset. */
static uint32_t region_memory[SEKISHO_REGION_FOOTPRINT_LARGE / sizeof(uint32_t)]
    __attribute__((section(".psram")));
#define PROFILE sekisho_profile_large
#else
static uint32_t region_memory[SEKISHO_REGION_FOOTPRINT_FIRMWARE / sizeof(uint32_t)];
#define PROFILE sekisho_profile_firmware
#endif
static uint32_t flow_memory[SEKISHO_FLOWS_FOOTPRINT(FLOWS) / sizeof(uint32_t)];

static sekisho_region *region;
static sekisho_flows *flows;
static char answer[ANSWER];

static struct {
    char bytes[KEPT];
    uint32_t length, dropped;
} line;

/* An empty region and flow table. */
static bool open_region(void)
{
    sekisho_profile profile = {.size = sizeof profile};
    sekisho_flows_config config = {.size = sizeof config};
    memset(region_memory, 0, sizeof region_memory);
    memset(flow_memory, 0, sizeof flow_memory);
    return PROFILE(&profile) == 0 &&
           sekisho_region_init(region_memory, sizeof region_memory, &profile, &region) == 0 &&
           sekisho_flows_config_default(&config, FLOWS) == 0 &&
           sekisho_flows_init(flow_memory, sizeof flow_memory, &config, &flows) == 0;
}

/* ---- What the image asks itself at its start ------------------------------------------------- */

/* A host behind a NAT gateway, and its packet on the way out; what is not as it should be, or NULL. */
static const char *check(void)
{
    static const char *const network[] = {
        "create-vpc vpc-1 vtb-1 10.0.0.0/16",        "create-vswitch vsw-1 vpc-1 10.0.0.0/24",
        "create-instance i-1 vsw-1 10.0.0.10",       "create-nat-gateway ngw-1 vsw-1 10.0.0.20",
        "allocate-eip eip-1 47.0.0.1",               "associate-eip eip-1 ngw-1",
        "create-snat-entry ngw-1 10.0.0.0/24 eip-1", "create-route-entry vtb-1 0.0.0.0/0 ngw-1",
    };
    /* UDP from 10.0.0.10, port 5000, to 8.8.8.8, port 53. */
    uint8_t packet[] = {0x45, 0x00, 0x00, 0x1c, 0x00, 0x01, 0x00, 0x00, 0x40, 0x11, 0x60, 0xb7, 0x0a, 0x00,
                        0x00, 0x0a, 0x08, 0x08, 0x08, 0x08, 0x13, 0x88, 0x00, 0x35, 0x00, 0x08, 0x00, 0x00};
    static const uint8_t public_address[] = {47, 0, 0, 1};
    sekisho_outcome outcome = {.size = sizeof outcome};
    const sekisho_id host = {SEKISHO_KIND_INSTANCE, 1};
    if (!open_region())
        return "the memory";
    for (size_t i = 0; i < sizeof network / sizeof *network; i++)
        if (sekisho_region_line(region, network[i], strlen(network[i]), NULL, 0, NULL) != 0)
            return network[i];
    if (sekisho_flows_packet(flows, region, SEKISHO_ORIGIN_INTERFACE, host, packet, sizeof packet, 0,
                             &outcome) != 0 ||
        outcome.next != SEKISHO_NEXT_INTERNET || memcmp(packet + 12, public_address, 4) != 0)
        return "a packet's way";
    log_text("check: a host's packet leaves by its NAT gateway\n");
    return NULL;
}

/* ---- Lines ------------------------------------------------------------------------------------- */

/* Writes the length of the first word of the line and where it begins. */
static uint32_t word(uint32_t *begin)
{
    while (*begin < line.length && strchr(" \t", line.bytes[*begin]) != NULL)
        ++*begin;
    uint32_t end = *begin;
    while (end < line.length && strchr(" \t\r\n#", line.bytes[end]) == NULL)
        end++;
    return end - *begin;
}

/* The verb, and of dry-run and its like the second word too. */
static void log_verb(void)
{
    uint32_t begin = 0, length = word(&begin);
    for (int words = 0; words < 2; words++) {
        char text[64] = {0};
        memcpy(text, line.bytes + begin, length < sizeof text ? length : sizeof text - 1);
        for (char *letter = text; *letter != '\0'; letter++)
            if (*letter < '!' || *letter > '~')
                *letter = '?';
        log_text(text);
        if (strcmp(text, "dry-run") != 0 && strcmp(text, "begin") != 0 && strcmp(text, "explain") != 0)
            break;
        begin += length;
        length = word(&begin);
        log_text(" ");
    }
}

static void log_line(uint32_t deepest, uint32_t ticks, int code)
{
    log_text("line: ");
    log_verb();
    log_text(" stack=");
    log_number(deepest);
    log_text(" ticks=");
    log_number(ticks);
    log_text(code == 0 ? " Done\n" : " Refused(");
    if (code != 0) {
        log_text(sekisho_strerror(code));
        log_text(")\n");
    }
}

/* The line is over, and not done. */
static void refuse(int code)
{
    console_text("error ");
    console_text(code == KEPT_NOT_STORED ? "NotStored" : sekisho_strerror(code));
    console_text("\n");
}

static void next_line(void)
{
    line.length = line.dropped = 0;
}

/* Does what the line says and answers it. */
static int run_line(void)
{
    const sekisho_flows *const counted[] = {flows};
    int code = kept_apply(region, line.bytes, line.length);
    strcpy(answer, code == 0 ? "ok\n" : "");
    if (code == SEKISHO_EINVAL)
        code = sekisho_region_line_counted(region, counted, 1, line.bytes, line.length, answer, sizeof answer,
                                           NULL);
    if (code == SEKISHO_ENOSPC)
        refuse(SEKISHO_ERROR_CAPACITY_EXCEEDED);
    else if (code != 0 && answer[0] == '\0')
        refuse(code);
    else
        console_text(answer);
    return code;
}

/* Answers the line, tells the log about it, and begins the next. */
static void answer_line(void)
{
    if (line.dropped > 0) {
        log_text("warning: a line is ");
        log_number(line.dropped);
        log_text(" bytes longer than room is kept for\n");
    }
    stack_paint();
    const uint32_t start = board_ticks() - kept_waited();
    const int code = run_line();
    const uint32_t ticks = board_ticks() - kept_waited() - start;
    const uint32_t deepest = stack_deepest();
    if (code == SEKISHO_ENOSPC)
        log_text("warning: there is no room for an answer\n");
    else if (code != 0 || answer[0] != '\0')
        log_line(deepest, ticks, code);
    next_line();
}

/* Refuses what has come of a line whose end does not come: it could be half of another command. */
static void give_up(void)
{
    log_text("warning: a line has not ended in time and is refused\n");
    refuse(SEKISHO_ERROR_INVALID_COMMAND);
    next_line();
}

/* Answers lines until the input ends. */
static void serve(void)
{
    uint32_t last = board_milliseconds();
    for (;;) {
        char byte;
        if (console_has_lost())
            log_text("warning: bytes have come too fast; their line will be refused\n");
        if (console_take(&byte)) {
            last = board_milliseconds();
            if (byte == END) {
                if (line.length == 0)
                    return;
                log_text("warning: the input ends within a line, which counts\n");
                answer_line();
                return;
            }
            if (line.length < KEPT)
                line.bytes[line.length++] = byte;
            else
                line.dropped++;
            if (byte == '\n')
                answer_line();
        } else if (line.length == 0 || board_milliseconds() - last < PATIENCE) {
            console_wait();
        } else {
            give_up();
        }
    }
}

int main(void)
{
    board_start();
    const char *trouble = check();
    /* The check's network is gone: its memory is made anew. */
    if (trouble == NULL && !open_region())
        trouble = "the memory";
    if (trouble != NULL) {
        log_text(trouble);
        log_text(" is not as it should be\n");
        return 1;
    }
    kept_open(region);
    log_text("ready: region=");
    log_number(sizeof region_memory);
    log_text(" flows=");
    log_number(sizeof flow_memory);
    log_text(" used=");
    log_number(stack_used());
    log_text("\n");
    serve();
    log_text("end of input\n");
    return 0;
}
