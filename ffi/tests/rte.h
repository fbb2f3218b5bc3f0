/* What rte_lpm.c and rte_fib.c share: numbers that are the same everywhere, and DPDK's start where it is there.
 * With PEER defined a program is one of DPDK's own tables, which the others have to answer like. */
#ifndef RTE_TEST_H
#define RTE_TEST_H

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(PEER) || SEKISHO_RTE_DPDK
#include <rte_eal.h>
#include <rte_errno.h>
#endif
#ifndef SOCKET_ID_ANY
#define SOCKET_ID_ANY -1
#endif

static uint64_t numbers = 1;

/* A number below `below`, of a sequence that the seed decides. */
static uint32_t number(uint32_t below)
{
    numbers = numbers * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((numbers >> 33) % below);
}

/* An address in a few places that lie close together, and at the ends but for the last one, so that routes meet. */
static inline uint32_t address_before(uint32_t last)
{
    const uint32_t places[] = {0x00000000, 0x0A010200, 0x0A010300, 0x0A020000, 0x80000000, last};
    uint32_t at = places[number(6)];
    switch (number(8)) {
    case 0: return number(0x10000) << 16 | number(0x10000);
    case 1: return at ^ number(0x10000);
    default: return at ^ number(0x100) ^ number(2) << 8;
    }
}

/* Starts DPDK and reads what the command line has behind its options. */
static void start(int argc, char **argv, uint64_t *seed, unsigned *steps)
{
#if defined(PEER) || SEKISHO_RTE_DPDK
    int used = rte_eal_init(argc, argv);
    if (used < 0) {
        fprintf(stderr, "DPDK does not start: %s\n", rte_strerror(rte_errno));
        exit(2);
    }
    argc -= used;
    argv += used;
#endif
    if (argc != 3) {
        fprintf(stderr, "usage: %s SEED STEPS\n", argv[0]);
        exit(2);
    }
    *seed = strtoull(argv[1], NULL, 0);
    *steps = (unsigned)strtoul(argv[2], NULL, 0);
}

#endif
