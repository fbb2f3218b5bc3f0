/* sekisho_rte_lpm.h: for a program that uses DPDK's rte_lpm. It includes this instead of <rte_lpm.h>, is
 * compiled with sekisho_rte.c, and keeps its calls: names, arguments and return codes are those of DPDK
 * 22.11. A table takes what its routes take, 64 MiB less than there.
 *
 * rte_lpm_create, _find_existing, _free and _rcu_qsbr_add are in sekisho_rte.c, as they take memory and keep a
 * list of names; everything else is here. Without that file tables are made in memory of one's own by
 * sekisho_rte_lpm_init. DPDK's headers are used where they are found, so that rte_errno is DPDK's and memory
 * comes from rte_zmalloc_socket; without them rte_errno is errno and memory comes from calloc.
 *
 * What is different:
 *
 * struct rte_lpm      has no tbl24 and tbl8: a program that looks into them cannot move.
 * rte_lpm_add         refuses a next hop over 24 bits with -EINVAL. DPDK cuts it off.
 * rte_lpm_lookup      leaves *next_hop alone where no rule matches. Arguments are always checked, as DPDK
 *                     does with RTE_LIBRTE_LPM_DEBUG alone.
 * rte_lpm_lookup_bulk writes 0 where no rule matches and RTE_LPM_LOOKUP_SUCCESS | next hop where one does.
 *                     DPDK leaves a depth and what else it likes in the other bits.
 * rte_lpm_create      answers NULL and EINVAL also for a NULL config, rte_lpm_find_existing for a NULL name.
 * rte_lpm_delete_all  does nothing for NULL.
 * number_tbl8s        counts as it does in DPDK: a rule deeper than 24 in a /24 without such rules takes one of
 *                     them, and where none is left it is refused with -ENOSPC. Nothing here needs that; with
 *                     SEKISHO_RTE_LPM_NO_TBL8_LIMIT defined there is no such limit.
 * max_rules           is held for any rules. Memory for all of them is taken at once; more than can be had is
 *                     ENOMEM.
 * flags               is not looked at, as in DPDK.
 * RCU                 As in DPDK, whatever looks up beside a change may find something wrong for a moment
 *                     unless the table has a QSBR variable, and never leaves the table's memory. What a change
 *                     replaces waits in the table's own memory, however much it is; where that is all waiting
 *                     a change is refused with -ENOSPC in mode DQ, and waits in mode SYNC. dq_size,
 *                     reclaim_thd and reclaim_max are not looked at.
 * processes           A table and its name belong to the process that made it.
 *
 * As in DPDK one thread at a time changes a table, and any number look up. A lookup is a call into the library:
 * the more addresses one call has, the less each takes.
 */
#ifndef SEKISHO_RTE_LPM_H
#define SEKISHO_RTE_LPM_H

#ifdef _RTE_LPM_H_
#error "sekisho_rte_lpm.h has to come before whatever includes rte_lpm.h, which it replaces"
#endif
/* Whatever of DPDK's headers includes rte_lpm.h later gets this one. */
#define _RTE_LPM_H_

#include "sekisho_rte.h"

#if SEKISHO_RTE_DPDK
/* What rte_lpm.h includes. */
#include <rte_branch_prediction.h>
#include <rte_byteorder.h>
#include <rte_common.h>
#include <rte_compat.h>
#include <rte_rcu_qsbr.h>
#include <rte_vect.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
/** Four addresses or next hops. */
typedef __m128i xmm_t;
#elif defined(__ARM_NEON) && !defined(__ARM_BIG_ENDIAN)
#include <arm_neon.h>
/** Four addresses or next hops. */
typedef int32x4_t xmm_t;
#else
/** Four addresses or next hops. */
typedef struct {
    uint32_t u32[4];
} xmm_t;
#endif

#if !SEKISHO_RTE_DPDK
/** Four addresses or next hops, and each of them. */
typedef union {
    xmm_t x;
    uint32_t u32[4];
} rte_xmm_t;
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Room for a name, its NUL included. */
#define RTE_LPM_NAMESIZE 32
/** The longest depth. */
#define RTE_LPM_MAX_DEPTH 32
/** The most tbl8 groups. */
#define RTE_LPM_MAX_TBL8_NUM_GROUPS (1 << 24)
/** Set in what rte_lpm_lookup_bulk writes where a rule matches. */
#define RTE_LPM_LOOKUP_SUCCESS 0x01000000
/* The bits of a next hop. */
#define SEKISHO_RTE_LPM_NEXT_HOP 0x00FFFFFFu

/** What a table is made for. */
struct rte_lpm_config {
    /** The most rules. */
    uint32_t max_rules;
    /** The most /24 that hold rules deeper than 24. */
    uint32_t number_tbl8s;
    /** Not looked at. */
    int flags;
};

/* When a table calls its settle function. */
enum sekisho_rte_lpm_event {
    /* Before a change: frees what no reader looks at any more. */
    SEKISHO_RTE_LPM_BEFORE,
    /* There is no room: answers whether it has freed something. */
    SEKISHO_RTE_LPM_FULL,
    /* After a change. */
    SEKISHO_RTE_LPM_AFTER,
    /* All rules are gone. */
    SEKISHO_RTE_LPM_CLEARED
};

/** A table. Its fields are for this header alone. */
struct rte_lpm {
    struct sekisho_rte_table rules;
    uint32_t number_tbl8s;
    /* tbl8 groups that DPDK would have in use, and those of them that began to wait for readers lately. */
    uint32_t tbl8s;
    uint32_t left_tbl8s;
    /* NULL without a QSBR variable. */
    int (*settle)(struct rte_lpm *lpm, enum sekisho_rte_lpm_event event);
};

/* In sekisho_rte.c. */
struct rte_lpm *sekisho_rte_lpm_create(const char *name, int socket_id, const struct rte_lpm_config *config);
struct rte_lpm *sekisho_rte_lpm_find_existing(const char *name);
void sekisho_rte_lpm_free(struct rte_lpm *lpm);

/** Makes a table of this name. Answers NULL for: EINVAL, no name, rules or config, or a socket_id under -1;
 * EEXIST, there is one of this name; ENOMEM, number_tbl8s is 0 or there is not so much memory. */
static inline struct rte_lpm *rte_lpm_create(const char *name, int socket_id,
                                             const struct rte_lpm_config *config)
{
    return sekisho_rte_lpm_create(name, socket_id, config);
}

/** Answers the table of this name, or NULL and ENOENT. */
static inline struct rte_lpm *rte_lpm_find_existing(const char *name)
{
    return sekisho_rte_lpm_find_existing(name);
}

/** Ends a table. NULL is none. */
static inline void rte_lpm_free(struct rte_lpm *lpm)
{
    sekisho_rte_lpm_free(lpm);
}

/** Answers the bytes that sekisho_rte_lpm_init takes, or 0 if config is none. */
static inline size_t sekisho_rte_lpm_footprint(const struct rte_lpm_config *config)
{
    return config == NULL ? 0 : sekisho_rte_table_footprint(config->max_rules);
}

/** Makes an empty table in len bytes of zeroed memory of one's own, aligned to SEKISHO_ALIGN, which both have
 * to stay where they are. Answers 0, or -EINVAL: an argument is none; -ENOMEM: len is too small. */
static inline int sekisho_rte_lpm_init(struct rte_lpm *lpm, void *memory, size_t len,
                                       const struct rte_lpm_config *config)
{
    int status;
    if (lpm == NULL || config == NULL || config->max_rules == 0 ||
        config->number_tbl8s > RTE_LPM_MAX_TBL8_NUM_GROUPS)
        return -EINVAL;
    memset(lpm, 0, sizeof *lpm);
    status = sekisho_rte_table_init(&lpm->rules, memory, len, config->max_rules);
    if (status != 0)
        return status == SEKISHO_ENOSPC ? -ENOMEM : -EINVAL;
    lpm->number_tbl8s = config->number_tbl8s;
    return 0;
}

/* Whether the /24 of ip holds a rule deeper than 24. */
static inline int sekisho_rte_lpm_is_deep(const struct rte_lpm *lpm, uint32_t ip)
{
    uint32_t within = ip & 0xFFFFFF00u, rule = 0, next_hop = 0;
    uint8_t depth = 255;
    while (sekisho_lpm_covered(lpm->rules.arena, lpm->rules.table, within, 24, &rule, &depth, &next_hop) == 0)
        if (depth > 24)
            return 1;
    return 0;
}

static inline int sekisho_rte_lpm_settle(struct rte_lpm *lpm, enum sekisho_rte_lpm_event event)
{
    return lpm->settle != NULL && lpm->settle(lpm, event);
}

static inline int sekisho_rte_lpm_has_tbl8(struct rte_lpm *lpm)
{
#ifdef SEKISHO_RTE_LPM_NO_TBL8_LIMIT
    (void)lpm;
    return 1;
#else
    return lpm->tbl8s < lpm->number_tbl8s ||
           (sekisho_rte_lpm_settle(lpm, SEKISHO_RTE_LPM_FULL) && lpm->tbl8s < lpm->number_tbl8s);
#endif
}

/** Adds a rule, or gives it another next hop. Answers 0, -EINVAL or -ENOSPC. */
static inline int rte_lpm_add(struct rte_lpm *lpm, uint32_t ip, uint8_t depth, uint32_t next_hop)
{
    int status, takes_tbl8;
    if (lpm == NULL || depth < 1 || depth > RTE_LPM_MAX_DEPTH || next_hop > SEKISHO_RTE_LPM_NEXT_HOP)
        return -EINVAL;
    (void)sekisho_rte_lpm_settle(lpm, SEKISHO_RTE_LPM_BEFORE);
    takes_tbl8 = depth > 24 && !sekisho_rte_lpm_is_deep(lpm, ip);
    if (takes_tbl8 && !sekisho_rte_lpm_has_tbl8(lpm))
        return -ENOSPC;
    status = sekisho_lpm_add(lpm->rules.arena, lpm->rules.table, ip, depth, next_hop);
    if (status == SEKISHO_EBUSY && sekisho_rte_lpm_settle(lpm, SEKISHO_RTE_LPM_FULL))
        status = sekisho_lpm_add(lpm->rules.arena, lpm->rules.table, ip, depth, next_hop);
    if (status != 0)
        return status == SEKISHO_ENOSPC || status == SEKISHO_EBUSY ? -ENOSPC : -EINVAL;
    if (takes_tbl8)
        lpm->tbl8s++;
    (void)sekisho_rte_lpm_settle(lpm, SEKISHO_RTE_LPM_AFTER);
    return 0;
}

/** Answers 1 and writes the next hop if there is exactly this rule, else 0; -EINVAL for no such argument. */
static inline int rte_lpm_is_rule_present(struct rte_lpm *lpm, uint32_t ip, uint8_t depth, uint32_t *next_hop)
{
    if (lpm == NULL || next_hop == NULL || depth < 1 || depth > RTE_LPM_MAX_DEPTH)
        return -EINVAL;
    return sekisho_lpm_get(lpm->rules.arena, lpm->rules.table, ip, depth, next_hop) == 0;
}

/** Takes a rule out. Answers 0, or -EINVAL: there is none, or no such argument; -ENOSPC: readers have to be
 * quiescent first. */
static inline int rte_lpm_delete(struct rte_lpm *lpm, uint32_t ip, uint8_t depth)
{
    int status;
    if (lpm == NULL || depth < 1 || depth > RTE_LPM_MAX_DEPTH)
        return -EINVAL;
    (void)sekisho_rte_lpm_settle(lpm, SEKISHO_RTE_LPM_BEFORE);
    status = sekisho_lpm_delete(lpm->rules.arena, lpm->rules.table, ip, depth);
    if (status == SEKISHO_EBUSY && sekisho_rte_lpm_settle(lpm, SEKISHO_RTE_LPM_FULL))
        status = sekisho_lpm_delete(lpm->rules.arena, lpm->rules.table, ip, depth);
    if (status != 0)
        return status == SEKISHO_EBUSY ? -ENOSPC : -EINVAL;
    if (depth > 24 && !sekisho_rte_lpm_is_deep(lpm, ip)) {
        if (lpm->settle == NULL)
            lpm->tbl8s--;
        else
            lpm->left_tbl8s++;
    }
    (void)sekisho_rte_lpm_settle(lpm, SEKISHO_RTE_LPM_AFTER);
    return 0;
}

/** Takes all rules out. */
static inline void rte_lpm_delete_all(struct rte_lpm *lpm)
{
    if (lpm == NULL)
        return;
    (void)sekisho_lpm_clear(lpm->rules.arena, lpm->rules.table);
    lpm->tbl8s = 0;
    lpm->left_tbl8s = 0;
    (void)sekisho_rte_lpm_settle(lpm, SEKISHO_RTE_LPM_CLEARED);
}

/** Writes the next hop of the deepest rule that holds ip. Answers 0, or -ENOENT: none does; -EINVAL. */
static inline int rte_lpm_lookup(const struct rte_lpm *lpm, uint32_t ip, uint32_t *next_hop)
{
    if (lpm == NULL || next_hop == NULL)
        return -EINVAL;
    return sekisho_lpm_reader_lookup(&lpm->rules.view, lpm->rules.table, ip, next_hop) == 0 ? 0 : -ENOENT;
}

/** Looks n addresses up: for each its next hop | RTE_LPM_LOOKUP_SUCCESS, or 0. Answers 0, or -EINVAL. */
#define rte_lpm_lookup_bulk(lpm, ips, next_hops, n) rte_lpm_lookup_bulk_func(lpm, ips, next_hops, n)

static inline int rte_lpm_lookup_bulk_func(const struct rte_lpm *lpm, const uint32_t *ips,
                                           uint32_t *next_hops, const unsigned n)
{
    unsigned i;
    if (lpm == NULL || ips == NULL || next_hops == NULL ||
        sekisho_lpm_reader_lookup_bulk(&lpm->rules.view, lpm->rules.table, ips, next_hops, n) != 0)
        return -EINVAL;
    for (i = 0; i < n; i++)
        next_hops[i] = next_hops[i] == SEKISHO_LPM_MISS ? 0 : next_hops[i] | RTE_LPM_LOOKUP_SUCCESS;
    return 0;
}

/** Looks four addresses up: for each its next hop, or defv. */
static inline void rte_lpm_lookupx4(const struct rte_lpm *lpm, xmm_t ip, uint32_t hop[4], uint32_t defv)
{
    uint32_t ips[4], hops[4];
    unsigned i;
    memcpy(ips, &ip, sizeof ips);
    for (i = 0; i < 4; i++)
        hops[i] = SEKISHO_LPM_MISS;
    if (lpm != NULL)
        (void)sekisho_lpm_reader_lookup_bulk(&lpm->rules.view, lpm->rules.table, ips, hops, 4);
    for (i = 0; i < 4; i++)
        hop[i] = hops[i] == SEKISHO_LPM_MISS ? defv : hops[i];
}

#if SEKISHO_RTE_DPDK
/** How what a change replaces is freed. */
enum rte_lpm_qsbr_mode {
    /** By a later change, once the readers have been quiescent. */
    RTE_LPM_QSBR_MODE_DQ = 0,
    /** When room is needed, waiting for the readers. */
    RTE_LPM_QSBR_MODE_SYNC
};

/** The default of reclaim_max. */
#define RTE_LPM_RCU_DQ_RECLAIM_MAX 16

/** The readers of a table. */
struct rte_lpm_rcu_config {
    /** The QSBR variable that they report to. */
    struct rte_rcu_qsbr *v;
    /** How what a change replaces is freed. */
    enum rte_lpm_qsbr_mode mode;
    /** Not looked at. */
    uint32_t dq_size;
    /** Not looked at. */
    uint32_t reclaim_thd;
    /** Not looked at. */
    uint32_t reclaim_max;
};

/* In sekisho_rte.c. */
int sekisho_rte_lpm_rcu_qsbr_add(struct rte_lpm *lpm, struct rte_lpm_rcu_config *cfg);

/** Gives a table of rte_lpm_create a QSBR variable, before anything looks up in it. Answers 0, or 1 for:
 * EINVAL, no such argument; EEXIST, it has one. */
static inline int rte_lpm_rcu_qsbr_add(struct rte_lpm *lpm, struct rte_lpm_rcu_config *cfg)
{
    return sekisho_rte_lpm_rcu_qsbr_add(lpm, cfg);
}
#endif

#ifdef __cplusplus
}
#endif

#endif /* SEKISHO_RTE_LPM_H */
