/* What every test here uses: checks that say where they failed, and memory with guards. */
#ifndef CHECK_H
#define CHECK_H

#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE /* for MAP_ANONYMOUS */
#endif
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "sekisho.h"

/* Ends the program with a message unless the two numbers are the same. */
#define SAME(have, want) check_same((long long)(have), (long long)(want), #have, __FILE__, __LINE__)
#define TRUE(condition) check_same((condition) ? 1 : 0, 1, #condition, __FILE__, __LINE__)

static inline void check_same(long long have, long long want, const char *what, const char *file,
                              int line)
{
    if (have != want) {
        fprintf(stderr, "%s:%d: %s is %lld (%s), not %lld\n", file, line, what, have,
                have < 0 ? sekisho_strerror((int)have) : "", want);
        exit(1);
    }
}

/* Zeroed memory of this size. */
static inline void *zeroed(size_t size)
{
    void *memory = calloc(1, size);
    if (memory == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    return memory;
}

/* Zeroed memory that ends at a page that cannot be touched: the library is not instrumented by a
 * sanitizer, so the processor watches it. Never freed. */
static inline uint8_t *guarded(size_t size)
{
    const size_t page = 65536, pages = (size + page - 1) / page * page;
    uint8_t *memory = (uint8_t *)mmap(NULL, pages + page, PROT_READ | PROT_WRITE,
                                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == (uint8_t *)MAP_FAILED || mprotect(memory + pages, page, PROT_NONE) != 0) {
        perror("mmap");
        exit(1);
    }
    return memory + pages - size;
}

static inline uint32_t ip(unsigned a, unsigned b, unsigned c, unsigned d)
{
    return (uint32_t)a << 24 | (uint32_t)b << 16 | (uint32_t)c << 8 | (uint32_t)d;
}

static inline sekisho_lpm_config configuration(uint32_t routes, uint32_t tables, uint16_t roots16,
                                               uint16_t roots24, uint16_t readers)
{
    sekisho_lpm_config config;
    memset(&config, 0, sizeof config);
    config.size = sizeof config;
    config.max_routes = routes;
    config.max_tables = tables;
    config.roots16 = roots16;
    config.roots24 = roots24;
    config.readers = readers;
    return config;
}

static inline sekisho_lpm_stats statistics(void)
{
    sekisho_lpm_stats stats;
    memset(&stats, 0, sizeof stats);
    stats.size = sizeof stats;
    return stats;
}

static inline sekisho_profile firmware(void)
{
    sekisho_profile profile;
    memset(&profile, 0, sizeof profile);
    profile.size = sizeof profile;
    SAME(sekisho_profile_firmware(&profile), 0);
    return profile;
}

/* A new region of the firmware profile; freeing it frees the memory. */
static inline sekisho_region *new_region(void)
{
    sekisho_profile profile = firmware();
    size_t size = sekisho_region_footprint(&profile);
    void *memory = zeroed(size);
    sekisho_region *region = NULL;
    SAME(sekisho_region_init(memory, size, &profile, &region), 0);
    return region;
}

/* Applies a line without wanting its answer. */
static inline int apply(sekisho_region *region, const char *line)
{
    return sekisho_region_line(region, line, strlen(line), NULL, 0, NULL);
}

static inline uint64_t hash(const sekisho_region *region)
{
    uint64_t value = 0;
    SAME(sekisho_region_hash(region, &value), 0);
    return value;
}

#endif
