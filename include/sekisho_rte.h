/* What sekisho_rte_lpm.h and sekisho_rte_fib.h share. Programs include one of those. */
#ifndef SEKISHO_RTE_H
#define SEKISHO_RTE_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "sekisho.h"

/* SEKISHO_RTE_DPDK is 1 where DPDK's headers are found. Define SEKISHO_RTE_WITHOUT_DPDK for all files of a
 * program that has them in its path and does not use DPDK. */
#if defined(SEKISHO_RTE_WITHOUT_DPDK) || !defined(__has_include)
#define SEKISHO_RTE_DPDK 0
#elif __has_include(<rte_errno.h>) && __has_include(<rte_rcu_qsbr.h>)
#define SEKISHO_RTE_DPDK 1
#else
#define SEKISHO_RTE_DPDK 0
#endif

#if SEKISHO_RTE_DPDK
/* For DPDK's headers, which ask for it when compiled as strict C. */
#include <sys/types.h>

#include <rte_errno.h>
#else
/** Why a function has answered NULL. */
#define rte_errno errno
#endif

#ifndef SOCKET_ID_ANY
/** Any NUMA node. */
#define SOCKET_ID_ANY -1
#endif

/* The bits of the root of a table, 0, 16 or 24: the more, the fewer steps a lookup takes, and the more memory
 * the table. A definition of one's own has to be that of all files of the program. */
#ifndef SEKISHO_RTE_ROOT_BITS
#define SEKISHO_RTE_ROOT_BITS(max_routes) ((max_routes) >= 4096u ? 16u : 0u)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* A table and what looks up in it: the common part of struct rte_lpm and struct rte_fib. */
struct sekisho_rte_table {
    sekisho_lpm *arena;
    uint32_t table;
    uint32_t max_routes;
    /* Looks up beside whatever changes, and is never written to. */
    sekisho_lpm_reader view;
};

static inline sekisho_lpm_config sekisho_rte_table_config(uint32_t max_routes)
{
    sekisho_lpm_config config;
    memset(&config, 0, sizeof config);
    config.size = (uint32_t)sizeof config;
    config.max_routes = max_routes;
    config.max_tables = 1;
    config.roots16 = SEKISHO_RTE_ROOT_BITS(max_routes) == 16u;
    config.roots24 = SEKISHO_RTE_ROOT_BITS(max_routes) == 24u;
    /* The view, and two for all readers of a QSBR variable. */
    config.readers = 3;
    return config;
}

/* The bytes that sekisho_rte_table_init takes for any max_routes routes; 0 if nobody has as many. */
static inline size_t sekisho_rte_table_footprint(uint32_t max_routes)
{
    sekisho_lpm_config config = sekisho_rte_table_config(max_routes);
    return sekisho_lpm_config_footprint(&config);
}

/* Makes an empty table in len bytes of zeroed memory. Answers 0, or a negative SEKISHO_E... code. */
static inline int sekisho_rte_table_init(struct sekisho_rte_table *table, void *memory, size_t len,
                                         uint32_t max_routes)
{
    sekisho_lpm_config config = sekisho_rte_table_config(max_routes);
    struct sekisho_rte_table made;
    int status;
    memset(&made, 0, sizeof made);
    made.max_routes = max_routes;
    status = sekisho_lpm_init_config(memory, len, &config, &made.arena);
    if (status == 0)
        status = sekisho_lpm_table_create_root(made.arena, SEKISHO_RTE_ROOT_BITS(max_routes), &made.table);
    if (status == 0)
        status = sekisho_lpm_reader_register(made.arena, 0, &made.view);
    /* It is only for looking up: the writer never waits for it. */
    if (status == 0)
        status = sekisho_lpm_reader_pause(&made.view);
    if (status == 0)
        *table = made;
    return status;
}

#ifdef __cplusplus
}
#endif

#endif /* SEKISHO_RTE_H */
