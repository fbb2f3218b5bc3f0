/* DPDK's rte_lpm and rte_fib for the peers program. The loops that are timed are here, so that
 * rte_lpm's lookup is inlined into them as into its users' code. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_fib.h>
#include <rte_lpm.h>
#include <rte_malloc.h>
#include <rte_memory.h>

#define MAX_BURST 1024
#define MISS UINT32_MAX

int peers_start(int argc, char **argv) { return rte_eal_init(argc, argv) < 0 ? rte_errno : 0; }

const char *peers_error(void) { return rte_strerror(rte_errno); }

/* Bytes of all that is allocated from DPDK's heaps. */
size_t peers_heap(void) {
    struct rte_malloc_socket_stats stats;
    size_t bytes = 0;
    for (int socket = 0; socket < RTE_MAX_NUMA_NODES; socket++)
        if (rte_malloc_get_socket_stats(socket, &stats) == 0)
            bytes += stats.heap_allocsz_bytes;
    return bytes;
}

static void new_name(char *name, size_t size) {
    static unsigned number;
    snprintf(name, size, "peers%u", number++);
}

/* No bits. The compiler cannot know, so what is masked with it has to be there first. */
static volatile uint32_t no_bits;

/* rte_fib. Its answer to a miss is the default next hop. */

struct rte_fib *peers_fib_create(unsigned two_bytes, int max_routes, uint32_t groups,
                                 uint64_t default_hop, bool vector) {
    char name[16];
    new_name(name, sizeof name);
    struct rte_fib_conf conf = {
        .type = RTE_FIB_DIR24_8,
        .default_nh = default_hop,
        .max_routes = max_routes,
        .dir24_8 = {.nh_sz = two_bytes ? RTE_FIB_DIR24_8_2B : RTE_FIB_DIR24_8_4B,
                    .num_tbl8 = groups},
    };
    struct rte_fib *fib = rte_fib_create(name, SOCKET_ID_ANY, &conf);
    if (fib == NULL)
        return NULL;
    enum rte_fib_lookup_type type =
        vector ? RTE_FIB_LOOKUP_DIR24_8_VECTOR_AVX512 : RTE_FIB_LOOKUP_DIR24_8_SCALAR_MACRO;
    if (rte_fib_select_lookup(fib, type) != 0) {
        rte_fib_free(fib);
        rte_errno = ENOTSUP;
        return NULL;
    }
    return fib;
}

void peers_fib_free(struct rte_fib *fib) { rte_fib_free(fib); }

int peers_fib_add(struct rte_fib *fib, uint32_t addr, uint8_t length, uint32_t hop) {
    return rte_fib_add(fib, addr, length, hop);
}

int peers_fib_delete(struct rte_fib *fib, uint32_t addr, uint8_t length) {
    return rte_fib_delete(fib, addr, length);
}

void peers_fib_lookup(struct rte_fib *fib, const uint32_t *addrs, uint32_t *answers, size_t n,
                      uint64_t default_hop) {
    uint64_t hops[MAX_BURST];
    for (size_t at = 0; at < n; at += MAX_BURST) {
        unsigned burst = n - at < MAX_BURST ? n - at : MAX_BURST;
        rte_fib_lookup_bulk(fib, (uint32_t *)(uintptr_t)(addrs + at), hops, burst);
        for (unsigned i = 0; i < burst; i++)
            answers[at + i] = hops[i] == default_hop ? MISS : (uint32_t)hops[i];
    }
}

/* Reads the answers of a burst, as their user would. */
static inline uint64_t read_hops(const uint64_t *hops, unsigned n) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < n; i++)
        sum += hops[i];
    return sum;
}

uint64_t peers_fib_bulk(struct rte_fib *fib, const uint32_t *addrs, size_t n, size_t burst) {
    uint64_t hops[MAX_BURST], sum = 0;
    for (size_t at = 0; at < n; at += burst) {
        unsigned now = n - at < burst ? n - at : burst;
        rte_fib_lookup_bulk(fib, (uint32_t *)(uintptr_t)(addrs + at), hops, now);
        sum += read_hops(hops, now);
    }
    return sum;
}

uint64_t peers_fib_single(struct rte_fib *fib, const uint32_t *addrs, size_t n) {
    uint64_t hop, sum = 0;
    for (size_t at = 0; at < n; at++) {
        rte_fib_lookup_bulk(fib, (uint32_t *)(uintptr_t)(addrs + at), &hop, 1);
        sum += hop;
    }
    return sum;
}

uint64_t peers_fib_dependent(struct rte_fib *fib, const uint32_t *addrs, size_t n) {
    uint64_t hop = 0;
    const uint32_t none = no_bits;
    for (size_t at = 0; at < n; at++) {
        uint32_t addr = addrs[at] ^ ((uint32_t)hop & none);
        rte_fib_lookup_bulk(fib, &addr, &hop, 1);
    }
    return hop;
}

/* A fib for each table: packets of any table can only be looked up one by one. */

uint64_t peers_fib_mixed(struct rte_fib *const *fibs, const uint32_t *tables,
                         const uint32_t *addrs, size_t n) {
    uint64_t hop, sum = 0;
    for (size_t at = 0; at < n; at++) {
        rte_fib_lookup_bulk(fibs[tables[at]], (uint32_t *)(uintptr_t)(addrs + at), &hop, 1);
        sum += hop;
    }
    return sum;
}

uint64_t peers_fib_grouped(struct rte_fib *const *fibs, const uint32_t *tables,
                           const uint32_t *addrs, size_t n, size_t group) {
    uint64_t hops[MAX_BURST], sum = 0;
    for (size_t at = 0; at < n; at += group) {
        unsigned now = n - at < group ? n - at : group;
        rte_fib_lookup_bulk(fibs[tables[at]], (uint32_t *)(uintptr_t)(addrs + at), hops, now);
        sum += read_hops(hops, now);
    }
    return sum;
}

uint64_t peers_fib_mixed_dependent(struct rte_fib *const *fibs, const uint32_t *tables,
                                   const uint32_t *addrs, size_t n) {
    uint64_t hop = 0;
    const uint32_t none = no_bits;
    for (size_t at = 0; at < n; at++) {
        uint32_t addr = addrs[at] ^ ((uint32_t)hop & none);
        rte_fib_lookup_bulk(fibs[tables[at]], &addr, &hop, 1);
    }
    return hop;
}

/* rte_lpm. It has no default route; who has one keeps its next hop beside, and takes it at a miss. */

struct rte_lpm *peers_lpm_create(uint32_t max_routes, uint32_t groups) {
    char name[16];
    new_name(name, sizeof name);
    struct rte_lpm_config config = {.max_rules = max_routes, .number_tbl8s = groups};
    return rte_lpm_create(name, SOCKET_ID_ANY, &config);
}

void peers_lpm_free(struct rte_lpm *lpm) { rte_lpm_free(lpm); }

int peers_lpm_add(struct rte_lpm *lpm, uint32_t addr, uint8_t length, uint32_t hop) {
    return rte_lpm_add(lpm, addr, length, hop);
}

int peers_lpm_delete(struct rte_lpm *lpm, uint32_t addr, uint8_t length) {
    return rte_lpm_delete(lpm, addr, length);
}

static inline uint32_t lpm_hop(const struct rte_lpm *lpm, uint32_t addr, uint32_t default_hop) {
    uint32_t hop;
    return rte_lpm_lookup(lpm, addr, &hop) == 0 ? hop : default_hop;
}

uint32_t peers_lpm_lookup(const struct rte_lpm *lpm, uint32_t addr, uint32_t default_hop) {
    return lpm_hop(lpm, addr, default_hop);
}

static inline uint64_t lpm_burst(const struct rte_lpm *lpm, const uint32_t *addrs,
                                 uint32_t *answers, unsigned n, uint32_t default_hop) {
    uint64_t sum = 0;
    rte_lpm_lookup_bulk(lpm, addrs, answers, n);
    for (unsigned i = 0; i < n; i++) {
        bool hit = answers[i] & RTE_LPM_LOOKUP_SUCCESS;
        answers[i] = hit ? answers[i] & 0xffffff : default_hop;
        sum += answers[i];
    }
    return sum;
}

void peers_lpm_lookup_bulk(const struct rte_lpm *lpm, const uint32_t *addrs, uint32_t *answers,
                           size_t n, uint32_t default_hop) {
    lpm_burst(lpm, addrs, answers, n, default_hop);
}

uint64_t peers_lpm_bulk(const struct rte_lpm *lpm, const uint32_t *addrs, size_t n, size_t burst,
                        uint32_t default_hop) {
    uint32_t answers[MAX_BURST];
    uint64_t sum = 0;
    for (size_t at = 0; at < n; at += burst)
        sum += lpm_burst(lpm, addrs + at, answers, n - at < burst ? n - at : burst, default_hop);
    return sum;
}

uint64_t peers_lpm_single(const struct rte_lpm *lpm, const uint32_t *addrs, size_t n,
                          uint32_t default_hop) {
    uint64_t sum = 0;
    for (size_t at = 0; at < n; at++)
        sum += lpm_hop(lpm, addrs[at], default_hop);
    return sum;
}

uint64_t peers_lpm_dependent(const struct rte_lpm *lpm, const uint32_t *addrs, size_t n,
                             uint32_t default_hop) {
    uint32_t hop = 0;
    const uint32_t none = no_bits;
    for (size_t at = 0; at < n; at++)
        hop = lpm_hop(lpm, addrs[at] ^ (hop & none), default_hop);
    return hop;
}
