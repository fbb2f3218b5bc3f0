/* What sekisho_rte_lpm.h and sekisho_rte_fib.h need beyond the library: tables with memory and names, and
 * readers that report to a QSBR variable of DPDK. Compile it with the program that includes one of them. */
#include "sekisho_rte_fib.h"
#include "sekisho_rte_lpm.h"

#include <stdlib.h>

#if SEKISHO_RTE_DPDK
#include <rte_malloc.h>
#endif

/* The list of names is for several threads, but where a definition of one's own says otherwise. */
#ifndef SEKISHO_RTE_LOCK
#include <stdatomic.h>
static atomic_flag list_lock = ATOMIC_FLAG_INIT;
#define SEKISHO_RTE_LOCK()                                                       \
    while (atomic_flag_test_and_set_explicit(&list_lock, memory_order_acquire)) \
        continue
#define SEKISHO_RTE_UNLOCK() atomic_flag_clear_explicit(&list_lock, memory_order_release)
#endif

/* As long as DPDK's memory is aligned, and as a cache line is. */
#define ALIGNMENT 64u

/* A table in the list of its kind. */
struct named {
    struct named *next;
    /* What was taken, to be given back. */
    void *taken;
    /* The table, as the program knows it. */
    const void *table;
    char name[64];
};

struct named_lpm {
    struct named named;
    struct rte_lpm lpm;
#if SEKISHO_RTE_DPDK
    struct rte_rcu_qsbr *v;
    enum rte_lpm_qsbr_mode mode;
    /* Two that take turns to stand for all readers of the variable, for the arena. `old` holds what was replaced
     * before `token`, until all readers have been quiescent since; the other one holds what is replaced later. */
    sekisho_lpm_reader readers[2];
    unsigned old;
    uint64_t token;
    /* Whether readers are waited for, and whether something was replaced since that began. */
    int is_waiting, is_changed;
    /* tbl8 groups that this wait frees. */
    uint32_t tbl8s;
#endif
};

struct named_fib {
    struct named named;
    struct rte_fib fib;
};

static struct named *lpms, *fibs;

/* Zeroed memory, aligned; *taken is what to give back. */
static void *take(size_t size, int socket_id, void **taken)
{
#if SEKISHO_RTE_DPDK
    *taken = rte_zmalloc_socket("SEKISHO", size, ALIGNMENT, socket_id);
    return *taken;
#else
    unsigned char *bytes = size > SIZE_MAX - ALIGNMENT ? NULL : calloc(1, size + ALIGNMENT);
    (void)socket_id;
    *taken = bytes;
    return bytes == NULL ? NULL : bytes + (ALIGNMENT - (uintptr_t)bytes % ALIGNMENT);
#endif
}

static void give_back(void *taken)
{
#if SEKISHO_RTE_DPDK
    rte_free(taken);
#else
    free(taken);
#endif
}

/* The one of this name, of which as much is compared as DPDK does. */
static struct named *find(struct named *list, const char *name, size_t size)
{
    while (list != NULL && strncmp(name, list->name, size) != 0)
        list = list->next;
    return list;
}

/* Takes memory for `head` bytes that begin with a struct named, and a table behind them, and puts it into the
 * list. Answers NULL, and rte_errno is set, if there is one of this name or no memory. */
static struct named *add(struct named **list, const char *name, size_t size, size_t head, size_t table,
                         int socket_id, int (*init)(struct named *made, void *memory, const void *config),
                         const void *config)
{
    struct named *made = NULL;
    void *taken;
    int status = 0;
    head = (head + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    SEKISHO_RTE_LOCK();
    if (find(*list, name, size) != NULL) {
        status = EEXIST;
    } else if (table == 0 || table > SIZE_MAX - head || (made = take(head + table, socket_id, &taken)) == NULL) {
        status = ENOMEM;
    } else {
        made->taken = taken;
        /* As in DPDK, a longer name is cut off, and not found by its whole length. */
        strncpy(made->name, name, size - 1);
        status = -init(made, (unsigned char *)made + head, config);
        if (status == 0) {
            made->next = *list;
            *list = made;
        } else {
            give_back(taken);
            made = NULL;
        }
    }
    SEKISHO_RTE_UNLOCK();
    if (made == NULL)
        rte_errno = status;
    return made;
}

static struct named *find_existing(struct named **list, const char *name, size_t size)
{
    struct named *found;
    if (name == NULL) {
        rte_errno = EINVAL;
        return NULL;
    }
    SEKISHO_RTE_LOCK();
    found = find(*list, name, size);
    SEKISHO_RTE_UNLOCK();
    if (found == NULL)
        rte_errno = ENOENT;
    return found;
}

/* The entry of this table, taken out of the list or left there; NULL if it is of another maker. */
static struct named *entry(struct named **list, const void *table, int is_taken_out)
{
    struct named **at = list, *found;
    SEKISHO_RTE_LOCK();
    while (*at != NULL && (*at)->table != table)
        at = &(*at)->next;
    found = *at;
    if (found != NULL && is_taken_out)
        *at = found->next;
    SEKISHO_RTE_UNLOCK();
    return found;
}

static void end(struct named **list, const void *table)
{
    struct named *gone = table == NULL ? NULL : entry(list, table, 1);
    if (gone != NULL)
        give_back(gone->taken);
}

static int init_lpm(struct named *made, void *memory, const void *config)
{
    const struct rte_lpm_config *lpm_config = config;
    struct rte_lpm *lpm = &((struct named_lpm *)(void *)made)->lpm;
    made->table = lpm;
    return sekisho_rte_lpm_init(lpm, memory, sekisho_rte_lpm_footprint(lpm_config), lpm_config);
}

struct rte_lpm *sekisho_rte_lpm_create(const char *name, int socket_id, const struct rte_lpm_config *config)
{
    struct named *made;
    if (name == NULL || socket_id < SOCKET_ID_ANY || config == NULL || config->max_rules == 0 ||
        config->number_tbl8s > RTE_LPM_MAX_TBL8_NUM_GROUPS) {
        rte_errno = EINVAL;
        return NULL;
    }
    made = add(&lpms, name, RTE_LPM_NAMESIZE, sizeof(struct named_lpm),
               /* DPDK gets no memory for 0 groups. */
               config->number_tbl8s == 0 ? 0 : sekisho_rte_lpm_footprint(config), socket_id, init_lpm, config);
    return made == NULL ? NULL : &((struct named_lpm *)(void *)made)->lpm;
}

struct rte_lpm *sekisho_rte_lpm_find_existing(const char *name)
{
    struct named *found = find_existing(&lpms, name, RTE_LPM_NAMESIZE);
    return found == NULL ? NULL : &((struct named_lpm *)(void *)found)->lpm;
}

void sekisho_rte_lpm_free(struct rte_lpm *lpm)
{
    end(&lpms, lpm);
}

#if SEKISHO_RTE_DPDK
/* Begins to wait for the readers, as something was replaced. What is replaced from here on the other one holds. */
static void wait_from_now(struct named_lpm *of)
{
    (void)sekisho_lpm_reader_resume(&of->readers[1 - of->old]);
    of->token = rte_rcu_qsbr_start(of->v);
    of->is_waiting = 1;
    of->is_changed = 0;
    of->tbl8s = of->lpm.left_tbl8s;
    of->lpm.left_tbl8s = 0;
}

/* Also what a refused change has moved about waits. */
static int is_anything_waiting(const struct named_lpm *of)
{
    sekisho_lpm_stats stats;
    stats.size = sizeof stats;
    return sekisho_lpm_get_stats(of->lpm.rules.arena, &stats) == 0 && stats.waiting_bytes > 0;
}

/* Frees what was replaced before the wait if it is over; with `wait`, when it is. */
static int has_settled(struct named_lpm *of, bool wait)
{
    if (!of->is_waiting || rte_rcu_qsbr_check(of->v, of->token, wait) != 1)
        return 0;
    (void)sekisho_lpm_reader_pause(&of->readers[of->old]);
    of->old = 1 - of->old;
    (void)sekisho_lpm_reclaim(of->lpm.rules.arena);
    of->lpm.tbl8s -= of->tbl8s;
    of->tbl8s = 0;
    of->is_waiting = 0;
    if (of->is_changed || is_anything_waiting(of))
        wait_from_now(of);
    return 1;
}

static int settle(struct rte_lpm *lpm, enum sekisho_rte_lpm_event event)
{
    struct named_lpm *of = (struct named_lpm *)(void *)((unsigned char *)lpm - offsetof(struct named_lpm, lpm));
    int has;
    switch (event) {
    case SEKISHO_RTE_LPM_BEFORE:
        return has_settled(of, false);
    case SEKISHO_RTE_LPM_FULL:
        if (!of->is_waiting && is_anything_waiting(of))
            wait_from_now(of);
        /* What was replaced lately takes a second wait. */
        has = has_settled(of, of->mode == RTE_LPM_QSBR_MODE_SYNC);
        return has_settled(of, of->mode == RTE_LPM_QSBR_MODE_SYNC) || has;
    case SEKISHO_RTE_LPM_CLEARED:
        of->tbl8s = 0;
        break;
    case SEKISHO_RTE_LPM_AFTER:
        break;
    }
    if (of->is_waiting)
        of->is_changed = 1;
    else
        wait_from_now(of);
    return 0;
}

int sekisho_rte_lpm_rcu_qsbr_add(struct rte_lpm *lpm, struct rte_lpm_rcu_config *cfg)
{
    struct named_lpm *of = lpm == NULL ? NULL : (struct named_lpm *)(void *)entry(&lpms, lpm, 0);
    if (of == NULL || cfg == NULL || cfg->v == NULL ||
        (cfg->mode != RTE_LPM_QSBR_MODE_DQ && cfg->mode != RTE_LPM_QSBR_MODE_SYNC)) {
        rte_errno = EINVAL;
        return 1;
    }
    if (lpm->settle != NULL) {
        rte_errno = EEXIST;
        return 1;
    }
    if (sekisho_lpm_reader_register(lpm->rules.arena, 1, &of->readers[0]) != 0 ||
        sekisho_lpm_reader_register(lpm->rules.arena, 2, &of->readers[1]) != 0) {
        rte_errno = EINVAL;
        return 1;
    }
    (void)sekisho_lpm_reader_pause(&of->readers[1]);
    of->v = cfg->v;
    of->mode = cfg->mode;
    lpm->settle = settle;
    return 0;
}
#endif

static int init_fib(struct named *made, void *memory, const void *config)
{
    const struct rte_fib_conf *conf = config;
    struct rte_fib *fib = &((struct named_fib *)(void *)made)->fib;
    made->table = fib;
    return sekisho_rte_fib_init(fib, memory, sekisho_rte_fib_footprint(conf), conf);
}

struct rte_fib *sekisho_rte_fib_create(const char *name, int socket_id, struct rte_fib_conf *conf)
{
    struct named *made;
    if (name == NULL || socket_id < SOCKET_ID_ANY || conf == NULL || conf->max_routes <= 0) {
        rte_errno = EINVAL;
        return NULL;
    }
    made = add(&fibs, name, sizeof made->name, sizeof(struct named_fib), sekisho_rte_fib_footprint(conf), socket_id,
               init_fib, conf);
    return made == NULL ? NULL : &((struct named_fib *)(void *)made)->fib;
}

struct rte_fib *sekisho_rte_fib_find_existing(const char *name)
{
    struct named *found = find_existing(&fibs, name, sizeof found->name);
    return found == NULL ? NULL : &((struct named_fib *)(void *)found)->fib;
}

void sekisho_rte_fib_free(struct rte_fib *fib)
{
    end(&fibs, fib);
}
