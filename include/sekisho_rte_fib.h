/* sekisho_rte_fib.h: for a program that uses DPDK's rte_fib. It includes this instead of <rte_fib.h>, is
 * compiled with sekisho_rte.c, and keeps its calls: names, arguments and return codes are those of DPDK
 * 22.11. sekisho_rte_lpm.h says more of how that works; both can be used in one program.
 *
 * What is different:
 *
 * next hops           of routes have at most 31 bits, also with RTE_FIB_DIR24_8_8B and RTE_FIB_DUMMY; larger
 *                     ones are -EINVAL. The default next hop may be any that DPDK takes.
 * max_routes          is held for any routes and never exceeded; then rte_fib_add answers -ENOMEM, as DPDK
 *                     does when it has no more nodes, which is somewhere between max_routes and twice as many.
 * num_tbl8            has to be what DPDK takes and limits nothing.
 * rib_ext_sz          is not looked at.
 * type                RTE_FIB_DUMMY and RTE_FIB_DIR24_8 make the same table.
 * rte_fib_get_dp      answers the sekisho_lpm of the table, for the functions of sekisho.h that only read.
 * rte_fib_get_rib     answers NULL: there is no RIB beside the table. sekisho_lpm_next and its kin walk it.
 * rte_fib_select_lookup
 *                     takes each type for RTE_FIB_DIR24_8, and lookups go by the best vectors that the
 *                     processor has anyway.
 * rte_fib_lookup_bulk answers -EINVAL for a NULL argument or an n under 0.
 * Left out            rte_fib_modify_fn_t, rte_fib_lookup_fn_t, enum rte_fib_op: they are inner parts of DPDK's.
 *
 * Lookups beside a change may find something wrong for a moment, as in DPDK 22.11, whose rte_fib knows no QSBR
 * variable, and never leave the table's memory.
 */
#ifndef SEKISHO_RTE_FIB_H
#define SEKISHO_RTE_FIB_H

#ifdef _RTE_FIB_H_
#error "sekisho_rte_fib.h has to come before whatever includes rte_fib.h, which it replaces"
#endif
/* Whatever of DPDK's headers includes rte_fib.h later gets this one. */
#define _RTE_FIB_H_

#include "sekisho_rte.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rte_rib;

/** The longest depth. */
#define RTE_FIB_MAXDEPTH 32

/** The kinds of tables that DPDK has. */
enum rte_fib_type {
    /** Its tree. */
    RTE_FIB_DUMMY,
    /** Its DIR-24-8. */
    RTE_FIB_DIR24_8
};

/** The size of next hops, 1 << it bytes. */
enum rte_fib_dir24_8_nh_sz {
    /** Next hops up to 127. */
    RTE_FIB_DIR24_8_1B,
    /** Next hops up to 32767. */
    RTE_FIB_DIR24_8_2B,
    /** Next hops of 31 bits. */
    RTE_FIB_DIR24_8_4B,
    /** Next hops of 31 bits; a default next hop of 63. */
    RTE_FIB_DIR24_8_8B
};

/** How to look up. All are the same here. */
enum rte_fib_lookup_type {
    /** The best. */
    RTE_FIB_LOOKUP_DEFAULT,
    /** The best. */
    RTE_FIB_LOOKUP_DIR24_8_SCALAR_MACRO,
    /** The best. */
    RTE_FIB_LOOKUP_DIR24_8_SCALAR_INLINE,
    /** The best. */
    RTE_FIB_LOOKUP_DIR24_8_SCALAR_UNI,
    /** The best. */
    RTE_FIB_LOOKUP_DIR24_8_VECTOR_AVX512
};

/** What a table of RTE_FIB_DIR24_8 is made for. */
struct sekisho_rte_fib_dir24_8 {
    /** The size of next hops. */
    enum rte_fib_dir24_8_nh_sz nh_sz;
    /** At least 1. */
    uint32_t num_tbl8;
};

/** What a table is made for. */
struct rte_fib_conf {
    /** The kind of table. */
    enum rte_fib_type type;
    /** The next hop of addresses that no route holds. */
    uint64_t default_nh;
    /** The most routes. */
    int max_routes;
    /** Not looked at. */
    unsigned int rib_ext_sz;
    /** For RTE_FIB_DIR24_8. */
    struct sekisho_rte_fib_dir24_8 dir24_8;
};

/** A table. Its fields are for this header alone. */
struct rte_fib {
    struct sekisho_rte_table routes;
    enum rte_fib_type type;
    uint32_t max_nh;
    uint64_t default_nh;
};

/* In sekisho_rte.c. */
struct rte_fib *sekisho_rte_fib_create(const char *name, int socket_id, struct rte_fib_conf *conf);
struct rte_fib *sekisho_rte_fib_find_existing(const char *name);
void sekisho_rte_fib_free(struct rte_fib *fib);

/** Makes a table of this name. Answers NULL for: EINVAL, an argument is none; EEXIST, there is one of this
 * name; ENOMEM, there is not so much memory. */
static inline struct rte_fib *rte_fib_create(const char *name, int socket_id, struct rte_fib_conf *conf)
{
    return sekisho_rte_fib_create(name, socket_id, conf);
}

/** Answers the table of this name, or NULL and ENOENT. */
static inline struct rte_fib *rte_fib_find_existing(const char *name)
{
    return sekisho_rte_fib_find_existing(name);
}

/** Ends a table. NULL is none. */
static inline void rte_fib_free(struct rte_fib *fib)
{
    sekisho_rte_fib_free(fib);
}

/** Answers the bytes that sekisho_rte_fib_init takes, or 0 if conf is none. */
static inline size_t sekisho_rte_fib_footprint(const struct rte_fib_conf *conf)
{
    return conf == NULL || conf->max_routes <= 0 ? 0 : sekisho_rte_table_footprint((uint32_t)conf->max_routes);
}

/** Makes an empty table in len bytes of zeroed memory of one's own, aligned to SEKISHO_ALIGN, which both have
 * to stay where they are. Answers 0, or -EINVAL: an argument is none; -ENOMEM: len is too small. */
static inline int sekisho_rte_fib_init(struct rte_fib *fib, void *memory, size_t len,
                                       const struct rte_fib_conf *conf)
{
    uint32_t max_nh = SEKISHO_LPM_MAX_NEXT_HOP;
    int status;
    if (fib == NULL || conf == NULL || conf->max_routes <= 0 || (unsigned)conf->type > RTE_FIB_DIR24_8)
        return -EINVAL;
    if (conf->type == RTE_FIB_DIR24_8) {
        /* One bit of a next hop is DPDK's own. */
        unsigned size = (unsigned)conf->dir24_8.nh_sz;
        uint64_t largest;
        if (size > RTE_FIB_DIR24_8_8B)
            return -EINVAL;
        largest = (UINT64_C(1) << ((8u << size) - 1)) - 1;
        if (conf->dir24_8.num_tbl8 == 0 || conf->dir24_8.num_tbl8 > largest || conf->default_nh > largest)
            return -EINVAL;
        if (largest < max_nh)
            max_nh = (uint32_t)largest;
    }
    memset(fib, 0, sizeof *fib);
    status = sekisho_rte_table_init(&fib->routes, memory, len, (uint32_t)conf->max_routes);
    if (status != 0)
        return status == SEKISHO_ENOSPC ? -ENOMEM : -EINVAL;
    fib->type = conf->type;
    fib->max_nh = max_nh;
    fib->default_nh = conf->default_nh;
    return 0;
}

/** Adds a route, or gives it another next hop. Answers 0, -EINVAL or -ENOMEM. */
static inline int rte_fib_add(struct rte_fib *fib, uint32_t ip, uint8_t depth, uint64_t next_hop)
{
    int status;
    if (fib == NULL || depth > RTE_FIB_MAXDEPTH || next_hop > fib->max_nh)
        return -EINVAL;
    status = sekisho_lpm_add(fib->routes.arena, fib->routes.table, ip, depth, (uint32_t)next_hop);
    if (status == SEKISHO_ENOSPC || status == SEKISHO_EBUSY)
        return -ENOMEM;
    return status == 0 ? 0 : -EINVAL;
}

/** Takes a route out. Answers 0, or -ENOENT: there is none; -EINVAL: no such argument. */
static inline int rte_fib_delete(struct rte_fib *fib, uint32_t ip, uint8_t depth)
{
    int status;
    if (fib == NULL || depth > RTE_FIB_MAXDEPTH)
        return -EINVAL;
    status = sekisho_lpm_delete(fib->routes.arena, fib->routes.table, ip, depth);
    if (status == SEKISHO_ENOENT)
        return -ENOENT;
    return status == 0 ? 0 : -EINVAL;
}

/** Looks n addresses up: for each its next hop, or the default one. Answers 0, or -EINVAL. */
static inline int rte_fib_lookup_bulk(struct rte_fib *fib, uint32_t *ips, uint64_t *next_hops, int n)
{
    uint32_t hops[64];
    int done, i;
    if (fib == NULL || ips == NULL || next_hops == NULL || n < 0)
        return -EINVAL;
    for (done = 0; done < n; done += 64) {
        int some = n - done < 64 ? n - done : 64;
        if (sekisho_lpm_reader_lookup_bulk(&fib->routes.view, fib->routes.table, ips + done, hops,
                                           (size_t)some) != 0)
            return -EINVAL;
        for (i = 0; i < some; i++)
            next_hops[done + i] = hops[i] == SEKISHO_LPM_MISS ? fib->default_nh : hops[i];
    }
    return 0;
}

/** Answers the sekisho_lpm of the table; NULL for NULL. */
static inline void *rte_fib_get_dp(struct rte_fib *fib)
{
    return fib == NULL ? NULL : fib->routes.arena;
}

/** Answers NULL: there is no RIB. */
static inline struct rte_rib *rte_fib_get_rib(struct rte_fib *fib)
{
    (void)fib;
    return NULL;
}

/** Answers 0 for a type of RTE_FIB_DIR24_8, else -EINVAL. */
static inline int rte_fib_select_lookup(struct rte_fib *fib, enum rte_fib_lookup_type type)
{
    if (fib == NULL || fib->type != RTE_FIB_DIR24_8 || (unsigned)type > RTE_FIB_LOOKUP_DIR24_8_VECTOR_AVX512)
        return -EINVAL;
    return 0;
}

#ifdef __cplusplus
}
#endif

#endif /* SEKISHO_RTE_FIB_H */
