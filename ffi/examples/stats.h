/* What the flow tables of a border have counted, in lines for a console: those of netns.c and dpdk.c. */
#ifndef STATS_H
#define STATS_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

#include "sekisho.h"

static void add_count(sekisho_count *sum, const sekisho_count *count)
{
    sum->packets += count->packets;
    sum->bytes += count->bytes;
}

/* A line of packets and bytes, if there were any. */
static void print_count(FILE *out, const char *what, const char *name, const sekisho_count *count)
{
    if (count->packets != 0)
        fprintf(out, "  %s %s packets=%" PRIu64 " bytes=%" PRIu64 "\n", what, name,
                count->packets, count->bytes);
}

/* Prints the traffic of each public address that the i-th table, and none before it, has a meter for. */
static void print_meters(FILE *out, sekisho_flows *const *tables, unsigned n, unsigned i)
{
    sekisho_meter sum = {.size = sizeof sum}, other = {.size = sizeof other};
    for (uint32_t cursor = 0; sekisho_flows_meters(tables[i], &cursor, &sum) == 0;) {
        unsigned known = 0;
        while (known < i && sekisho_flows_meter(tables[known], sum.address, &other) != 0)
            known++;
        if (known < i)
            continue;
        for (unsigned j = i + 1; j < n; j++) {
            if (sekisho_flows_meter(tables[j], sum.address, &other) == 0) {
                add_count(&sum.out, &other.out);
                add_count(&sum.inward, &other.inward);
            }
        }
        char address[16];
        snprintf(address, sizeof address, "%u.%u.%u.%u", sum.address >> 24,
                 sum.address >> 16 & 255, sum.address >> 8 & 255, sum.address & 255);
        print_count(out, "out", address, &sum.out);
        print_count(out, "in", address, &sum.inward);
    }
}

/* Prints the sums over all tables, of which any thread may ask while packets pass. */
static void print_counts(FILE *out, sekisho_flows *const *tables, unsigned n)
{
    static const char *const nexts[] = {"internet", "deliver",   "handoff", "service",
                                        "forward",  "translate", "drop",    "inspect"};
    sekisho_count count;
    for (uint32_t next = 0; next < sizeof nexts / sizeof *nexts; next++) {
        sekisho_count sum = {0, 0};
        for (unsigned i = 0; i < n && sekisho_flows_next_count(tables[i], next, &count) == 0; i++)
            add_count(&sum, &count);
        print_count(out, "next", nexts[next], &sum);
    }
    for (uint32_t reason = 1; sekisho_flows_drop_count(tables[0], reason, &count) == 0;
         reason++) {
        sekisho_count sum = count;
        for (unsigned i = 1; i < n && sekisho_flows_drop_count(tables[i], reason, &count) == 0; i++)
            add_count(&sum, &count);
        print_count(out, "drop", sekisho_drop_reason_name(reason), &sum);
    }
    for (unsigned i = 0; i < n; i++)
        print_meters(out, tables, n, i);
}

/* Prints how full a table is. */
static void print_flows(FILE *out, const sekisho_flow_stats *kept)
{
    fprintf(out,
            "  flows now=%" PRIu32 " most=%" PRIu32 " established=%" PRIu32 " translations=%" PRIu32
            " opened=%" PRIu64 " expired=%" PRIu64 " evicted=%" PRIu64 "\n",
            kept->flows, kept->flows_high, kept->established, kept->mappings, kept->opened,
            kept->expired, kept->evicted);
}

#endif
