/* What dpdk.c's main lcore does beside packets: it takes console lines, tells what has become of the
 * packets, and takes appliances out of service that are gone.
 */
#ifndef DPDK_CONSOLE_H
#define DPDK_CONSOLE_H

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "dpdk_ports.h"
#include "stats.h"

static sekisho_region *region;
static struct worker *workers[WORKERS];
static int listener = -1;
static uint32_t asked_for;      /* how many times workers have been asked for their numbers */
static volatile sig_atomic_t asked; /* by a signal */

/* What else there is to do when a line has changed something. The program says so. */
static void region_changed(void);

/* ---- Numbers ------------------------------------------------------------------------------- */

/* By the worker itself, or when it has ended. */
static void show(struct worker *w, uint32_t asking)
{
    w->count.flows.size = sizeof w->count.flows;
    sekisho_flows_stats(w->flows, &w->count.flows);
    w->shown = w->count;
    __atomic_store_n(&w->shown_for, asking, __ATOMIC_RELEASE);
}

/* Whether all workers have shown their numbers since the first of the calls that ask for it. */
static bool all_have_shown(void)
{
    static bool waiting;
    if (!waiting)
        __atomic_add_fetch(&asked_for, 1, __ATOMIC_RELAXED);
    waiting = false;
    for (unsigned i = 0; i < worker_count; i++)
        waiting |= __atomic_load_n(&workers[i]->shown_for, __ATOMIC_ACQUIRE) != asked_for;
    return !waiting;
}

/* Prints what has been shown, each worker's on lines of its own. */
static void print_statistics(void)
{
    for (unsigned i = 0; i < worker_count; i++) {
        const struct counters *count = &workers[i]->shown;
        uint64_t received = 0, sent = 0;
        for (uint16_t p = 0; p < port_count; p++) {
            received += count->received[p];
            sent += count->sent[p];
        }
        printf("worker %u: received %" PRIu64 " from-others %" PRIu64 " sent %" PRIu64
               " flows %" PRIu32 " opened %" PRIu64 " established %" PRIu32 "\n",
               i, received, count->from_others, sent, count->flows.flows, count->flows.opened,
               count->flows.established);
        for (uint32_t reason = 0; reason < REASONS; reason++)
            if (count->dropped[reason] != 0)
                printf("worker %u: dropped %" PRIu64 " %s\n", i, count->dropped[reason],
                       reasons[reason] ? reasons[reason] : sekisho_drop_reason_name(reason));
    }
    fflush(stdout);
}

/* Writes the answer to `stats`, sums over all workers as netns.c would print them, if they have shown
 * their numbers. */
static bool write_stats(char *answer, size_t size)
{
    if (!all_have_shown())
        return false;
    sekisho_flows *tables[WORKERS];
    struct counters sum = {0};
    for (unsigned i = 0; i < worker_count; i++) {
        const struct counters *shown = &workers[i]->shown;
        tables[i] = workers[i]->flows;
        for (uint16_t p = 0; p < port_count; p++) {
            sum.received[p] += shown->received[p];
            sum.sent[p] += shown->sent[p];
        }
        for (unsigned reason = NOT_IPV4; reason < REASONS; reason++)
            sum.dropped[reason] += shown->dropped[reason];
        sum.flows.flows += shown->flows.flows;
        sum.flows.flows_high += shown->flows.flows_high; /* not all at once, perhaps */
        sum.flows.established += shown->flows.established;
        sum.flows.mappings += shown->flows.mappings;
        sum.flows.opened += shown->flows.opened;
        sum.flows.expired += shown->flows.expired;
        sum.flows.evicted += shown->flows.evicted;
    }
    answer[size - 1] = '\0';
    FILE *out = fmemopen(answer, size - 1, "w");
    if (out == NULL)
        fail("no memory\n");
    fprintf(out, "ok workers=%u\n", worker_count);
    for (uint16_t p = 0; p < port_count; p++)
        fprintf(out, "  port %s received=%" PRIu64 " sent=%" PRIu64 "\n", ports[p].name,
                sum.received[p], sum.sent[p]);
    for (unsigned reason = NOT_IPV4; reason < REASONS; reason++)
        if (sum.dropped[reason] != 0)
            fprintf(out, "  lost, %s: packets=%" PRIu64 "\n", reasons[reason],
                    sum.dropped[reason]);
    print_counts(out, tables, worker_count);
    print_flows(out, &sum.flows);
    fclose(out);
    return true;
}

/* ---- Lines --------------------------------------------------------------------------------- */

/* Gives the console a line; false if it has to be given again, when every reader has been
 * quiescent. */
static bool command(const char *line, size_t length, char *answer, size_t size)
{
    const int code = sekisho_region_line(region, line, length, answer, size, NULL);
    if (code == SEKISHO_ENOSPC)
        strcpy(answer, "error: the answer is too long\n");
    if (code == 0)
        region_changed();
    return code != SEKISHO_ERROR_BUSY;
}

/* Takes appliances out of service whose processes are gone. */
static void look_after_appliances(void)
{
    char line[64], answer[SEKISHO_ANSWER_MIN];
    for (uint16_t p = dpdk_ports; p < port_count; p++) {
        if (!__atomic_load_n(&ports[p].gone, __ATOMIC_RELAXED))
            continue;
        const int length = snprintf(line, sizeof line, "set-appliance %s unhealthy", ports[p].name);
        if (!command(line, (size_t)length, answer, sizeof answer))
            continue;
        __atomic_store_n(&ports[p].gone, false, __ATOMIC_RELAXED);
        printf("%s does not listen: %s\n", ports[p].name, line);
        fflush(stdout);
    }
}

/* Reads console lines from one program at a time, while the other workers go on. */
static void serve(void)
{
    static int client = -1;
    static char line[1024], answer[1 << 18];
    static size_t used;
    ssize_t got = 1;
    if (client < 0 && (client = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) < 0)
        return;
    if (used < sizeof line && (got = recv(client, line + used, sizeof line - used, 0)) > 0)
        used += (size_t)got;
    for (char *end; (end = memchr(line, '\n', used)) != NULL;) {
        const size_t length = (size_t)(end - line);
        const bool stats = length == 5 && memcmp(line, "stats", 5) == 0;
        if (stats ? !write_stats(answer, sizeof answer)
                  : !command(line, length, answer, sizeof answer))
            return; /* The line is still there the next time. */
        const size_t whole = strlen(answer);
        if (send(client, answer, whole, MSG_NOSIGNAL) != (ssize_t)whole)
            got = 0;
        used -= length + 1;
        memmove(line, end + 1, used);
    }
    if (got == 0 || (got < 0 && errno != EAGAIN) || used == sizeof line) {
        close(client);
        client = -1;
        used = 0;
    }
}

/* By the main lcore, each millisecond. */
static void keep_house(void)
{
    look_after_appliances();
    if (listener >= 0)
        serve();
    if (asked && all_have_shown()) {
        asked = 0;
        print_statistics();
    }
}

static void listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        fail("%s is too long\n", path);
    strcpy(address.sun_path, path);
    unlink(path);
    umask(077);                 /* for nobody else */
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 1) != 0)
        fail("%s: %s\n", path, strerror(errno));
}

#endif
