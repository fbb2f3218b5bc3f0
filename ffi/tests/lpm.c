/* Stand-alone tables from C: everything once, full arenas, readers, and every odd argument. */
#include "check.h"

enum { ROUTES = 40, TABLES = 3 };

/* Sized by a constant expression, as firmware does it. */
static uint32_t memory[SEKISHO_LPM_FOOTPRINT(ROUTES, TABLES) / sizeof(uint32_t)];

static sekisho_lpm_config configuration(uint32_t routes, uint32_t tables, uint16_t roots16,
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

static sekisho_lpm_stats statistics(void)
{
    sekisho_lpm_stats stats;
    memset(&stats, 0, sizeof stats);
    stats.size = sizeof stats;
    return stats;
}

static void everything_once(void)
{
    sekisho_lpm *lpm = NULL;
    uint32_t table = 99, other = 99, next_hop = 0, prefix = 0;
    uint8_t depth = 0;

    TRUE(sizeof memory >= sekisho_lpm_footprint(ROUTES, TABLES));
    SAME(sekisho_lpm_init(memory, sizeof memory, ROUTES, TABLES, &lpm), 0);
    TRUE((void *)lpm == (void *)memory);
    SAME(sekisho_lpm_table_create(lpm, &table), 0);
    SAME(sekisho_lpm_table_create(lpm, &other), 0);
    SAME(table, 0);
    SAME(other, 1);

    SAME(sekisho_lpm_lookup(lpm, table, ip(10, 1, 2, 3), &next_hop), SEKISHO_ENOENT);
    SAME(sekisho_lpm_add(lpm, table, 0, 0, 1), 0);
    SAME(sekisho_lpm_add(lpm, table, ip(10, 1, 2, 3), 8, 2), 0); /* host bits are masked */
    SAME(sekisho_lpm_add(lpm, table, ip(10, 1, 2, 3), 32, SEKISHO_LPM_MAX_NEXT_HOP), 0);
    SAME(sekisho_lpm_add(lpm, table, ip(255, 255, 255, 255), 32, 4), 0);

    SAME(sekisho_lpm_lookup(lpm, table, ip(8, 8, 8, 8), &next_hop), 0);
    SAME(next_hop, 1);
    SAME(sekisho_lpm_lookup(lpm, table, ip(10, 1, 2, 3), &next_hop), 0);
    SAME(next_hop, SEKISHO_LPM_MAX_NEXT_HOP);
    SAME(sekisho_lpm_lookup_prefix(lpm, table, ip(10, 9, 9, 9), &prefix, &depth, &next_hop), 0);
    SAME(prefix, ip(10, 0, 0, 0));
    SAME(depth, 8);
    SAME(next_hop, 2);
    SAME(sekisho_lpm_get(lpm, table, ip(10, 255, 0, 0), 8, &next_hop), 0);
    SAME(next_hop, 2);
    SAME(sekisho_lpm_get(lpm, table, ip(10, 0, 0, 0), 9, &next_hop), SEKISHO_ENOENT);
    SAME(sekisho_lpm_lookup(lpm, other, ip(10, 1, 2, 3), &next_hop), SEKISHO_ENOENT);

    /* Adding again replaces. */
    SAME(sekisho_lpm_add(lpm, table, ip(10, 0, 0, 0), 8, 7), 0);
    SAME(sekisho_lpm_lookup(lpm, table, ip(10, 0, 0, 0), &next_hop), 0);
    SAME(next_hop, 7);

    uint32_t ips[9], found[9];
    for (uint32_t i = 0; i < 9; i++)
        ips[i] = i % 3 == 0 ? ip(10, 0, 0, i) : i % 3 == 1 ? ip(255, 255, 255, 255) : i;
    for (size_t n = 0; n <= 9; n++) {
        memset(found, 0xAA, sizeof found);
        SAME(sekisho_lpm_lookup_bulk(lpm, table, ips, found, n), 0);
        for (size_t i = 0; i < 9; i++) {
            SAME(sekisho_lpm_lookup(lpm, table, ips[i], &next_hop), 0);
            SAME(found[i], i < n ? next_hop : 0xAAAAAAAA);
        }
    }
    SAME(sekisho_lpm_lookup_bulk(lpm, other, ips, ips, 9), 0); /* in place */
    for (size_t i = 0; i < 9; i++)
        SAME(ips[i], SEKISHO_LPM_MISS);

    /* In order of address, then depth. */
    uint32_t at = 0;
    const uint32_t order[4] = {0, ip(10, 0, 0, 0), ip(10, 1, 2, 3), ip(255, 255, 255, 255)};
    const uint8_t depths[4] = {0, 8, 32, 32};
    depth = 255;
    for (size_t i = 0; i < 4; i++) {
        SAME(sekisho_lpm_next(lpm, table, &at, &depth, &next_hop), 0);
        SAME(at, order[i]);
        SAME(depth, depths[i]);
    }
    SAME(sekisho_lpm_next(lpm, table, &at, &depth, &next_hop), SEKISHO_ENOENT);
    SAME(at, order[3]);

    SAME(sekisho_lpm_delete(lpm, table, ip(10, 7, 7, 7), 8), 0);
    SAME(sekisho_lpm_delete(lpm, table, ip(10, 0, 0, 0), 8), SEKISHO_ENOENT);
    SAME(sekisho_lpm_lookup(lpm, table, ip(10, 0, 0, 0), &next_hop), 0);
    SAME(next_hop, 1);

    /* Another program maps the same memory. */
    sekisho_lpm *attached = NULL;
    SAME(sekisho_lpm_attach(memory, sizeof memory, &attached), 0);
    TRUE(attached == lpm);
    SAME(sekisho_lpm_table_delete(lpm, table), 0);
    SAME(sekisho_lpm_table_delete(lpm, table), SEKISHO_EINVAL);
    SAME(sekisho_lpm_lookup(attached, table, 0, &next_hop), SEKISHO_ENOENT);
    SAME(sekisho_lpm_fini(lpm), 0);
}

static void full(void)
{
    sekisho_lpm *lpm = NULL;
    uint32_t table = 0, next_hop = 0;
    sekisho_lpm_stats stats = statistics(), before;

    SAME(sekisho_lpm_init(memory, sizeof memory, ROUTES, TABLES, &lpm), 0);
    for (uint32_t i = 0; i < TABLES; i++) {
        SAME(sekisho_lpm_table_create(lpm, &table), 0);
        SAME(table, i);
    }
    SAME(sekisho_lpm_table_create(lpm, &table), SEKISHO_ENOSPC);
    SAME(table, TABLES - 1);
    for (int round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < ROUTES; i++)
            SAME(sekisho_lpm_add(lpm, i % TABLES, i * 0x9E3779B1u, (uint8_t)(32 - i % 9), i), 0);
        SAME(sekisho_lpm_add(lpm, 0, ip(1, 2, 3, 4), 31, 1), SEKISHO_ENOSPC);
        SAME(sekisho_lpm_get(lpm, 0, ip(1, 2, 3, 4), 31, &next_hop), SEKISHO_ENOENT);
        SAME(sekisho_lpm_get_stats(lpm, &stats), 0);
        SAME(stats.routes, ROUTES);
        SAME(stats.high, ROUTES);
        SAME(stats.max_routes, ROUTES);
        before = stats;
        /* Replacing needs no room. */
        SAME(sekisho_lpm_add(lpm, 0, 0, 32, 77), 0);
        SAME(sekisho_lpm_get_stats(lpm, &stats), 0);
        SAME(stats.routes, before.routes);
        SAME(stats.max_bytes, before.max_bytes);
        TRUE(stats.bytes <= stats.max_bytes && stats.lookup_bytes <= stats.bytes);
        for (uint32_t i = 0; i < ROUTES; i++)
            SAME(sekisho_lpm_delete(lpm, i % TABLES, i * 0x9E3779B1u, (uint8_t)(32 - i % 9)), 0);
        SAME(sekisho_lpm_get_stats(lpm, &stats), 0);
        SAME(stats.routes, 0);
        SAME(stats.bytes, 0);
    }
    SAME(sekisho_lpm_fini(lpm), 0);
}

static void odd_arguments(void)
{
    const size_t size = sekisho_lpm_footprint(ROUTES, TABLES);
    char *bytes = (char *)memory;
    sekisho_lpm *const untouched = (sekisho_lpm *)(void *)memory, *lpm = untouched;
    uint32_t table = 5, out = 5, at = 5;
    uint8_t depth = 5;

    SAME(sekisho_lpm_footprint(0, 1), 0);
    SAME(sekisho_lpm_footprint(1, 0), 0);
    SAME(sekisho_lpm_footprint(UINT32_MAX, 1), 0);
    SAME(sekisho_lpm_footprint(1, UINT32_MAX), 0);
    SAME(sekisho_lpm_footprint(UINT32_MAX, UINT32_MAX), 0);
    TRUE(sekisho_lpm_footprint(1, 1) > 0);

    SAME(sekisho_lpm_init(NULL, size, ROUTES, TABLES, &lpm), SEKISHO_EINVAL);
    SAME(sekisho_lpm_init(memory, size, ROUTES, TABLES, NULL), SEKISHO_EINVAL);
    SAME(sekisho_lpm_init(memory, size, 0, TABLES, &lpm), SEKISHO_EINVAL);
    SAME(sekisho_lpm_init(memory, size, ROUTES, 0, &lpm), SEKISHO_EINVAL);
    SAME(sekisho_lpm_init(memory, SIZE_MAX, UINT32_MAX, UINT32_MAX, &lpm), SEKISHO_EINVAL);
    for (size_t off = 1; off < 4; off++) {
        SAME(sekisho_lpm_init(bytes + off, size - 4, ROUTES / 2, TABLES, &lpm), SEKISHO_EFAULT);
        SAME(sekisho_lpm_attach(bytes + off, size - 4, &lpm), SEKISHO_EFAULT);
    }
    for (size_t len = 0; len < size; len++)
        SAME(sekisho_lpm_init(memory, len, ROUTES, TABLES, &lpm), SEKISHO_ENOSPC);
    SAME(sekisho_lpm_attach(memory, size, &lpm), SEKISHO_EPROTO);
    for (size_t i = 0; i < size; i++)
        SAME(bytes[i] != 0 && i >= 4, 0);

    /* Before init. */
    lpm = (sekisho_lpm *)(void *)memory;
    SAME(sekisho_lpm_table_create(lpm, &table), SEKISHO_EPROTO);
    SAME(sekisho_lpm_lookup(lpm, 0, 0, &out), SEKISHO_EPROTO);
    SAME(sekisho_lpm_fini(lpm), SEKISHO_EPROTO);

    SAME(sekisho_lpm_init(memory, SIZE_MAX, ROUTES, TABLES, &lpm), 0);
    SAME(sekisho_lpm_init(memory, size, ROUTES, TABLES, &lpm), SEKISHO_EEXIST);
    SAME(sekisho_lpm_attach(NULL, size, &lpm), SEKISHO_EINVAL);
    SAME(sekisho_lpm_attach(memory, size, NULL), SEKISHO_EINVAL);
    for (size_t len = 0; len < size; len++)
        SAME(sekisho_lpm_attach(memory, len, &lpm), SEKISHO_ENOSPC);

    SAME(sekisho_lpm_table_create(NULL, &table), SEKISHO_EINVAL);
    SAME(sekisho_lpm_table_create(lpm, NULL), SEKISHO_EINVAL);
    SAME(sekisho_lpm_add(lpm, 0, 0, 0, 1), SEKISHO_EINVAL); /* no such table */
    SAME(sekisho_lpm_table_create(lpm, &table), 0);
    SAME(sekisho_lpm_table_delete(NULL, 0), SEKISHO_EINVAL);
    SAME(sekisho_lpm_add(NULL, 0, 0, 0, 1), SEKISHO_EINVAL);
    for (unsigned bad = 33; bad < 256; bad++) {
        SAME(sekisho_lpm_add(lpm, 0, 0, (uint8_t)bad, 1), SEKISHO_EINVAL);
        SAME(sekisho_lpm_delete(lpm, 0, 0, (uint8_t)bad), SEKISHO_EINVAL);
        SAME(sekisho_lpm_get(lpm, 0, 0, (uint8_t)bad, &out), SEKISHO_EINVAL);
        depth = (uint8_t)bad;
        SAME(sekisho_lpm_next(lpm, 0, &at, &depth, &out),
             bad == 255 ? SEKISHO_ENOENT : SEKISHO_EINVAL);
    }
    SAME(sekisho_lpm_add(lpm, 0, 0, 0, SEKISHO_LPM_MAX_NEXT_HOP + 1u), SEKISHO_ERANGE);
    SAME(sekisho_lpm_add(lpm, 0, 0, 0, SEKISHO_LPM_MISS), SEKISHO_ERANGE);
    SAME(sekisho_lpm_add(lpm, UINT32_MAX, 0, 0, 1), SEKISHO_EINVAL);
    SAME(sekisho_lpm_lookup(lpm, UINT32_MAX, 0, &out), SEKISHO_ENOENT);
    SAME(sekisho_lpm_delete(lpm, TABLES, 0, 0), SEKISHO_EINVAL);
    SAME(sekisho_lpm_table_delete(lpm, UINT32_MAX), SEKISHO_EINVAL);
    SAME(sekisho_lpm_add(lpm, 0, 0, 0, 1), 0);

    SAME(sekisho_lpm_delete(NULL, 0, 0, 0), SEKISHO_EINVAL);
    SAME(sekisho_lpm_get(NULL, 0, 0, 0, &out), SEKISHO_EINVAL);
    SAME(sekisho_lpm_get(lpm, 0, 0, 0, NULL), SEKISHO_EINVAL);
    SAME(sekisho_lpm_lookup(NULL, 0, 0, &out), SEKISHO_EINVAL);
    SAME(sekisho_lpm_lookup(lpm, 0, 0, NULL), SEKISHO_EINVAL);
    depth = 5;
    SAME(sekisho_lpm_lookup_prefix(NULL, 0, 0, &at, &depth, &out), SEKISHO_EINVAL);
    SAME(sekisho_lpm_lookup_prefix(lpm, 0, 0, NULL, &depth, &out), SEKISHO_EINVAL);
    SAME(sekisho_lpm_lookup_prefix(lpm, 0, 0, &at, NULL, &out), SEKISHO_EINVAL);
    SAME(sekisho_lpm_lookup_prefix(lpm, 0, 0, &at, &depth, NULL), SEKISHO_EINVAL);
    SAME(sekisho_lpm_next(NULL, 0, &at, &depth, &out), SEKISHO_EINVAL);
    SAME(sekisho_lpm_next(lpm, 0, NULL, &depth, &out), SEKISHO_EINVAL);
    SAME(sekisho_lpm_next(lpm, 0, &at, NULL, &out), SEKISHO_EINVAL);
    SAME(sekisho_lpm_next(lpm, 0, &at, &depth, NULL), SEKISHO_EINVAL);
    SAME(sekisho_lpm_lookup_bulk(NULL, 0, &at, &out, 1), SEKISHO_EINVAL);
    SAME(sekisho_lpm_lookup_bulk(lpm, 0, NULL, &out, 1), SEKISHO_EINVAL);
    SAME(sekisho_lpm_lookup_bulk(lpm, 0, &at, NULL, 1), SEKISHO_EINVAL);
    SAME(sekisho_lpm_lookup_bulk(lpm, 0, &at, &out, SIZE_MAX), SEKISHO_EINVAL);
    SAME(sekisho_lpm_lookup_bulk(lpm, 0, &at, &out, SIZE_MAX / 4 + 1), SEKISHO_EINVAL);
    SAME(sekisho_lpm_lookup_bulk(lpm, 0, NULL, NULL, 0), 0);
    SAME(sekisho_lpm_lookup_bulk_be(NULL, 0, &at, &out, 1), SEKISHO_EINVAL);
    SAME(sekisho_lpm_lookup_bulk_be(lpm, 0, NULL, &out, 1), SEKISHO_EINVAL);
    SAME(sekisho_lpm_lookup_bulk_be(lpm, 0, &at, NULL, 1), SEKISHO_EINVAL);
    SAME(sekisho_lpm_lookup_bulk_be(lpm, 0, NULL, NULL, 0), 0);
    SAME(sekisho_lpm_lookup_mixed(NULL, &at, &at, &out, 1), SEKISHO_EINVAL);
    SAME(sekisho_lpm_lookup_mixed(lpm, NULL, &at, &out, 1), SEKISHO_EINVAL);
    SAME(sekisho_lpm_lookup_mixed(lpm, &at, NULL, &out, 1), SEKISHO_EINVAL);
    SAME(sekisho_lpm_lookup_mixed(lpm, &at, &at, NULL, 1), SEKISHO_EINVAL);
    SAME(sekisho_lpm_lookup_mixed(lpm, &at, &at, &out, SIZE_MAX / 4 + 1), SEKISHO_EINVAL);
    SAME(sekisho_lpm_lookup_mixed(lpm, NULL, NULL, NULL, 0), 0);

    /* Misaligned handles and outputs. */
    sekisho_lpm *const crooked = (sekisho_lpm *)(void *)(bytes + 2);
    uint32_t *const crooked_out = (uint32_t *)(void *)(bytes + 1);
    SAME(sekisho_lpm_fini(crooked), SEKISHO_EFAULT);
    SAME(sekisho_lpm_add(crooked, 0, 0, 0, 1), SEKISHO_EFAULT);
    SAME(sekisho_lpm_lookup(crooked, 0, 0, &out), SEKISHO_EFAULT);
    SAME(sekisho_lpm_lookup(lpm, 0, 0, crooked_out), SEKISHO_EFAULT);
    SAME(sekisho_lpm_get(lpm, 0, 0, 0, crooked_out), SEKISHO_EFAULT);
    SAME(sekisho_lpm_table_create(lpm, crooked_out), SEKISHO_EFAULT);
    SAME(sekisho_lpm_lookup_prefix(lpm, 0, 0, crooked_out, &depth, &out), SEKISHO_EFAULT);
    SAME(sekisho_lpm_lookup_prefix(lpm, 0, 0, &at, &depth, crooked_out), SEKISHO_EFAULT);
    SAME(sekisho_lpm_next(lpm, 0, crooked_out, &depth, &out), SEKISHO_EFAULT);
    SAME(sekisho_lpm_next(lpm, 0, &at, &depth, crooked_out), SEKISHO_EFAULT);
    SAME(sekisho_lpm_lookup_bulk(lpm, 0, crooked_out, &out, 1), SEKISHO_EFAULT);
    SAME(sekisho_lpm_lookup_bulk(lpm, 0, &at, crooked_out, 1), SEKISHO_EFAULT);
    SAME(sekisho_lpm_lookup_bulk_be(lpm, 0, crooked_out, &out, 1), SEKISHO_EFAULT);
    SAME(sekisho_lpm_lookup_mixed(lpm, crooked_out, &at, &out, 1), SEKISHO_EFAULT);
    SAME(sekisho_lpm_lookup_mixed(lpm, &at, crooked_out, &out, 1), SEKISHO_EFAULT);
    SAME(sekisho_lpm_lookup_mixed(lpm, &at, &at, crooked_out, 1), SEKISHO_EFAULT);
    SAME(sekisho_lpm_get_stats(lpm, (sekisho_lpm_stats *)(void *)crooked_out), SEKISHO_EFAULT);
    SAME(sekisho_lpm_attach(memory, size, (sekisho_lpm **)(void *)crooked_out), SEKISHO_EFAULT);

    sekisho_lpm_stats stats, same;
    memset(&stats, 0xAA, sizeof stats);
    same = stats;
    SAME(sekisho_lpm_get_stats(NULL, &stats), SEKISHO_EPROTO); /* the size is looked at first */
    SAME(sekisho_lpm_get_stats(lpm, NULL), SEKISHO_EINVAL);
    stats.size = same.size = sizeof stats - 1;
    SAME(sekisho_lpm_get_stats(lpm, &stats), SEKISHO_EINVAL);
    stats.size = same.size = sizeof stats;
    SAME(sekisho_lpm_get_stats(NULL, &stats), SEKISHO_EINVAL);
    SAME(memcmp(&stats, &same, sizeof stats), 0);
    SAME(out, 5);
    SAME(at, 5);
    SAME(depth, 5);

    SAME(sekisho_lpm_fini(NULL), SEKISHO_EINVAL);
    SAME(sekisho_lpm_fini(lpm), 0);
    SAME(sekisho_lpm_fini(lpm), SEKISHO_EPROTO);
    SAME(sekisho_lpm_add(lpm, 0, 0, 0, 1), SEKISHO_EPROTO);
    SAME(sekisho_lpm_lookup(lpm, 0, 0, &out), SEKISHO_EPROTO);
    SAME(sekisho_lpm_lookup_bulk(lpm, 0, &at, &out, 1), SEKISHO_EPROTO);
    SAME(out, 5);
}

/* The macro is what the function answers or little more, whatever the numbers. */
static void footprints(void)
{
    const uint32_t tables[] = {1, 2, 3, 16, 17, 100, 1000, 8000, 16384, 20000, 100000, 1 << 20};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        for (uint32_t routes = 1; routes < 2400000; routes += 1 + routes / 50) {
            const size_t exact = sekisho_lpm_footprint(routes, tables[i]);
            const size_t macro = SEKISHO_LPM_FOOTPRINT(routes, tables[i]);
            if (exact == 0) {
                TRUE(macro > 260000000); /* close to the most that there can be */
                continue;
            }
            if (macro < exact || macro > exact + exact / 20 + 256)
                fprintf(stderr, "%u routes, %u tables\n", routes, tables[i]);
            TRUE(macro >= exact);
            TRUE(macro <= exact + exact / 20 + 256);
        }
    }
    for (uint32_t routes = 1; routes < 3000; routes++) {
        sekisho_lpm_config config = configuration(routes, 1, 0, 0, 0);
        const size_t exact = sekisho_lpm_footprint(routes, 1);
        SAME(sekisho_lpm_config_footprint(&config), exact);
        TRUE(SEKISHO_LPM_FOOTPRINT(routes, 1) >= exact);
        TRUE(SEKISHO_LPM_FOOTPRINT(routes, 1) <= exact + exact / 20 + 256);
    }
}

/* Single, bulk, network order and mixed lookups agree, for tables of every kind. */
static void lookups_agree(void)
{
    enum { KINDS = 4, MANY = 331 };
    const uint32_t bits[KINDS] = {0, 0, 16, 24};
    sekisho_lpm_config config = configuration(3000, KINDS, 1, 1, 1);
    const size_t size = sekisho_lpm_config_footprint(&config);
    void *big = zeroed(size);
    sekisho_lpm *lpm = NULL;
    sekisho_lpm_reader reader;
    uint32_t table = 0, state = 7, next_hop = 0;
    SAME(sekisho_lpm_init_config(big, size, &config, &lpm), 0);
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        SAME(sekisho_lpm_table_create_root(lpm, bits[kind], &table), 0);
        SAME(table, kind);
        for (uint32_t i = 0; i < (kind == 0 ? 12u : 700u); i++) {
            state = state * 1664525u + 1013904223u;
            SAME(sekisho_lpm_add(lpm, table, state, (uint8_t)(i % 33), i), 0);
        }
    }
    SAME(sekisho_lpm_reader_register(lpm, 0, &reader), 0);
    uint32_t ips[MANY], be[MANY], tables[MANY], one[MANY], found[MANY], arena[MANY + 1];
    for (uint32_t i = 0; i < MANY; i++) {
        state = state * 1664525u + 1013904223u;
        ips[i] = state;
        tables[i] = i % 7 == 6 ? UINT32_MAX - i : i % KINDS;
        const uint8_t bytes[4] = {(uint8_t)(state >> 24), (uint8_t)(state >> 16),
                                  (uint8_t)(state >> 8), (uint8_t)state};
        memcpy(&be[i], bytes, 4);
    }
    for (uint32_t kind = 0; kind <= KINDS; kind++) {
        for (size_t i = 0; i < MANY; i++) {
            next_hop = SEKISHO_LPM_MISS;
            const int single = sekisho_lpm_lookup(lpm, kind, ips[i], &next_hop);
            one[i] = next_hop;
            SAME(sekisho_lpm_reader_lookup(&reader, kind, ips[i], &next_hop), single);
            SAME(one[i], next_hop);
        }
        for (size_t n = 0; n <= MANY; n += n < 70 ? 1 : 87) {
#define FILLED(array, call) \
    do { \
        memset(array, 0xAA, sizeof array); \
        SAME(call, 0); \
        for (size_t i = 0; i < MANY; i++) \
            SAME(array[i], i < n ? one[i] : 0xAAAAAAAA); \
    } while (0)
            FILLED(found, sekisho_lpm_lookup_bulk(lpm, kind, ips, found, n));
            FILLED(found, sekisho_lpm_lookup_bulk_be(lpm, kind, be, found, n));
            FILLED(found, sekisho_lpm_reader_lookup_bulk(&reader, kind, ips, found, n));
            FILLED(found, sekisho_lpm_reader_lookup_bulk_be(&reader, kind, be, found, n));
            /* In place, and on words that no vector is aligned to. */
            memcpy(arena + 1, ips, sizeof ips);
            SAME(sekisho_lpm_lookup_bulk(lpm, kind, arena + 1, arena + 1, n), 0);
            for (size_t i = 0; i < MANY; i++)
                SAME(arena[i + 1], i < n ? one[i] : ips[i]);
            memcpy(arena + 1, be, sizeof be);
            SAME(sekisho_lpm_reader_lookup_bulk_be(&reader, kind, arena + 1, arena + 1, n), 0);
            for (size_t i = 0; i < MANY; i++)
                SAME(arena[i + 1], i < n ? one[i] : be[i]);
        }
    }
    for (size_t i = 0; i < MANY; i++) {
        one[i] = SEKISHO_LPM_MISS;
        (void)sekisho_lpm_lookup(lpm, tables[i], ips[i], &one[i]);
    }
    for (size_t n = 0; n <= MANY; n += n < 70 ? 1 : 87) {
        FILLED(found, sekisho_lpm_lookup_mixed(lpm, tables, ips, found, n));
        FILLED(found, sekisho_lpm_reader_lookup_mixed(&reader, tables, ips, found, n));
        memcpy(found, ips, sizeof ips);
        SAME(sekisho_lpm_lookup_mixed(lpm, tables, found, found, n), 0);
        for (size_t i = 0; i < MANY; i++)
            SAME(found[i], i < n ? one[i] : ips[i]);
        memcpy(found, tables, sizeof tables);
        SAME(sekisho_lpm_reader_lookup_mixed(&reader, found, ips, found, n), 0);
        for (size_t i = 0; i < MANY; i++)
            SAME(found[i], i < n ? one[i] : tables[i]);
    }
    SAME(sekisho_lpm_reader_unregister(&reader), 0);
    SAME(sekisho_lpm_fini(lpm), 0);
    free(big);
}

static sekisho_lpm_route route(uint32_t to, uint8_t depth, uint32_t next_hop)
{
    sekisho_lpm_route made;
    memset(&made, 0xAA, sizeof made); /* what is reserved is not looked at */
    made.ip = to;
    made.depth = depth;
    made.next_hop = next_hop;
    return made;
}

/* Loads, clears, replaces, and walks up and down. */
static void whole_tables(void)
{
    sekisho_lpm *lpm = NULL;
    uint32_t table = 9, other = 9, next_hop = 0, at = 0, removed = 9;
    uint8_t depth = 255;
    sekisho_lpm_stats stats = statistics(), before = statistics();
    sekisho_lpm_route routes[ROUTES + 1];

    SAME(sekisho_lpm_init(memory, sizeof memory, ROUTES, TABLES, &lpm), 0);
    SAME(sekisho_lpm_table_create(lpm, &table), 0);
    SAME(sekisho_lpm_table_create(lpm, &other), 0);
    SAME(sekisho_lpm_add(lpm, other, 0, 0, 1), 0);
    for (uint32_t i = 0; i <= ROUTES; i++)
        routes[i] = route(ip(10, i, 0, 1), (uint8_t)(16 + i % 8), i);

    /* Refused: none of them is there, and everything is as it was. */
    SAME(sekisho_lpm_get_stats(lpm, &before), 0);
    SAME(sekisho_lpm_load(lpm, other, routes, 1), SEKISHO_EEXIST);
    SAME(sekisho_lpm_load(lpm, 2, routes, 1), SEKISHO_EINVAL);
    SAME(sekisho_lpm_load(lpm, table, routes, ROUTES), SEKISHO_ENOSPC);
    SAME(sekisho_lpm_load(lpm, table, routes, ROUTES + 1), SEKISHO_ENOSPC);
    SAME(sekisho_lpm_load(lpm, table, NULL, 1), SEKISHO_EINVAL);
    SAME(sekisho_lpm_load(lpm, table, routes, SIZE_MAX / 12), SEKISHO_EINVAL);
    SAME(sekisho_lpm_load(lpm, table, (sekisho_lpm_route *)(void *)((char *)routes + 2), 1),
         SEKISHO_EFAULT);
    SAME(sekisho_lpm_load(NULL, table, routes, 1), SEKISHO_EINVAL);
    const sekisho_lpm_route twice[2] = {route(ip(10, 0, 0, 0), 8, 1), route(ip(10, 9, 9, 9), 8, 2)};
    const sekisho_lpm_route falling[2] = {route(1, 32, 1), route(0, 32, 2)};
    const sekisho_lpm_route shorter[2] = {route(0, 1, 1), route(0, 0, 2)};
    const sekisho_lpm_route deep[2] = {route(0, 1, 1), route(0, 33, 2)};
    const sekisho_lpm_route large[2] = {route(0, 1, 1), route(0, 2, SEKISHO_LPM_MAX_NEXT_HOP + 1u)};
    SAME(sekisho_lpm_load(lpm, table, twice, 2), SEKISHO_EINVAL);
    SAME(sekisho_lpm_load(lpm, table, falling, 2), SEKISHO_EINVAL);
    SAME(sekisho_lpm_load(lpm, table, shorter, 2), SEKISHO_EINVAL);
    SAME(sekisho_lpm_load(lpm, table, deep, 2), SEKISHO_EINVAL);
    SAME(sekisho_lpm_load(lpm, table, large, 2), SEKISHO_ERANGE);
    SAME(sekisho_lpm_get_stats(lpm, &stats), 0);
    SAME(memcmp(&stats, &before, sizeof stats), 0);
    depth = 255;
    SAME(sekisho_lpm_next(lpm, table, &at, &depth, &next_hop), SEKISHO_ENOENT);

    SAME(sekisho_lpm_load(lpm, table, NULL, 0), 0);
    SAME(sekisho_lpm_load(lpm, table, routes, ROUTES - 1), 0);
    for (uint32_t i = 0; i < ROUTES - 1; i++) {
        SAME(sekisho_lpm_next(lpm, table, &at, &depth, &next_hop), 0);
        SAME(at, ip(10, i, 0, 0));
        SAME(depth, 16 + i % 8);
        SAME(next_hop, i);
    }
    SAME(sekisho_lpm_next(lpm, table, &at, &depth, &next_hop), SEKISHO_ENOENT);
    SAME(sekisho_lpm_clear(lpm, table), 0);
    SAME(sekisho_lpm_clear(lpm, 2), SEKISHO_EINVAL);
    SAME(sekisho_lpm_clear(NULL, 0), SEKISHO_EINVAL);
    SAME(sekisho_lpm_get_stats(lpm, &stats), 0);
    SAME(stats.routes, 1);
    SAME(stats.bytes, before.bytes);

    /* Mark and sweep: 20 routes become 10, one of them new, one changed. */
    SAME(sekisho_lpm_load(lpm, table, routes, 20), 0);
    SAME(sekisho_lpm_replace_begin(lpm, 2), SEKISHO_EINVAL);
    SAME(sekisho_lpm_replace_begin(NULL, table), SEKISHO_EINVAL);
    SAME(sekisho_lpm_replace_finish(lpm, table, &removed), 0);
    SAME(removed, 0); /* none was begun */
    for (int again = 0; again < 2; again++) {
        SAME(sekisho_lpm_replace_begin(lpm, table), 0);
        for (uint32_t i = 0; i < 9; i++)
            SAME(sekisho_lpm_add(lpm, table, routes[i].ip, routes[i].depth, i == 5 ? 77 : i), 0);
        SAME(sekisho_lpm_add(lpm, table, ip(99, 0, 0, 0), 8, 99), 0);
    }
    SAME(sekisho_lpm_lookup(lpm, table, ip(10, 19, 0, 1), &next_hop), 0); /* not yet gone */
    removed = 9;
    SAME(sekisho_lpm_replace_finish(lpm, table, NULL), SEKISHO_EINVAL);
    SAME(sekisho_lpm_replace_finish(NULL, table, &removed), SEKISHO_EINVAL);
    SAME(sekisho_lpm_replace_finish(lpm, 2, &removed), SEKISHO_EINVAL);
    SAME(removed, 9);
    SAME(sekisho_lpm_replace_finish(lpm, table, &removed), 0);
    SAME(removed, 11);
    SAME(sekisho_lpm_get_stats(lpm, &stats), 0);
    SAME(stats.routes, 11);
    SAME(sekisho_lpm_lookup(lpm, table, ip(10, 5, 0, 1), &next_hop), 0);
    SAME(next_hop, 77);
    SAME(sekisho_lpm_lookup(lpm, table, ip(10, 19, 0, 1), &next_hop), SEKISHO_ENOENT);

    /* Up and down from 10.1.0.0/16. */
    SAME(sekisho_lpm_clear(lpm, table), 0);
    const sekisho_lpm_route nested[6] = {
        route(0, 0, 0), route(ip(10, 0, 0, 0), 8, 1), route(ip(10, 1, 0, 0), 16, 2),
        route(ip(10, 1, 2, 0), 24, 3), route(ip(10, 1, 2, 3), 32, 4), route(ip(10, 2, 0, 0), 16, 5)};
    SAME(sekisho_lpm_load(lpm, table, nested, 6), 0);
    at = 1;
    depth = 255;
    for (uint32_t i = 0; i < 3; i++) {
        SAME(sekisho_lpm_covering(lpm, table, ip(10, 1, 9, 9), 16, &at, &depth, &next_hop), 0);
        SAME(at, nested[i].ip);
        SAME(depth, nested[i].depth);
        SAME(next_hop, i);
    }
    SAME(sekisho_lpm_covering(lpm, table, ip(10, 1, 9, 9), 16, &at, &depth, &next_hop),
         SEKISHO_ENOENT);
    SAME(depth, 16);
    depth = 255;
    for (uint32_t i = 2; i < 5; i++) {
        SAME(sekisho_lpm_covered(lpm, table, ip(10, 1, 9, 9), 16, &at, &depth, &next_hop), 0);
        SAME(at, nested[i].ip);
        SAME(depth, nested[i].depth);
        SAME(next_hop, i);
    }
    SAME(sekisho_lpm_covered(lpm, table, ip(10, 1, 9, 9), 16, &at, &depth, &next_hop),
         SEKISHO_ENOENT);
    at = 0; /* a cursor before the prefix */
    depth = 0;
    SAME(sekisho_lpm_covered(lpm, table, ip(10, 1, 0, 0), 16, &at, &depth, &next_hop), 0);
    SAME(at, ip(10, 1, 0, 0));
    SAME(depth, 16);

    /* Odd arguments of both. */
    at = 5, next_hop = 5;
    for (unsigned bad = 33; bad < 256; bad++) {
        depth = (uint8_t)bad;
        if (bad < 255) {
            SAME(sekisho_lpm_covering(lpm, table, 0, 0, &at, &depth, &next_hop), SEKISHO_EINVAL);
            SAME(sekisho_lpm_covered(lpm, table, 0, 0, &at, &depth, &next_hop), SEKISHO_EINVAL);
        }
        depth = 0;
        SAME(sekisho_lpm_covering(lpm, table, 0, (uint8_t)bad, &at, &depth, &next_hop),
             SEKISHO_EINVAL);
        SAME(sekisho_lpm_covered(lpm, table, 0, (uint8_t)bad, &at, &depth, &next_hop),
             SEKISHO_EINVAL);
    }
    SAME(sekisho_lpm_covering(NULL, table, 0, 0, &at, &depth, &next_hop), SEKISHO_EINVAL);
    SAME(sekisho_lpm_covering(lpm, table, 0, 0, NULL, &depth, &next_hop), SEKISHO_EINVAL);
    SAME(sekisho_lpm_covering(lpm, table, 0, 0, &at, NULL, &next_hop), SEKISHO_EINVAL);
    SAME(sekisho_lpm_covering(lpm, table, 0, 0, &at, &depth, NULL), SEKISHO_EINVAL);
    SAME(sekisho_lpm_covered(NULL, table, 0, 0, &at, &depth, &next_hop), SEKISHO_EINVAL);
    SAME(sekisho_lpm_covered(lpm, table, 0, 0, NULL, &depth, &next_hop), SEKISHO_EINVAL);
    SAME(sekisho_lpm_covered(lpm, table, 0, 0, &at, NULL, &next_hop), SEKISHO_EINVAL);
    SAME(sekisho_lpm_covered(lpm, table, 0, 0, &at, &depth, NULL), SEKISHO_EINVAL);
    depth = 255;
    SAME(sekisho_lpm_covering(lpm, 2, 0, 0, &at, &depth, &next_hop), SEKISHO_ENOENT);
    SAME(sekisho_lpm_covered(lpm, 2, 0, 0, &at, &depth, &next_hop), SEKISHO_ENOENT);
    SAME(at, 5);
    SAME(depth, 255);
    SAME(next_hop, 5);
    SAME(sekisho_lpm_fini(lpm), 0);
}

/* Less memory than any routes would need: it fills up, refuses, stays as it was, and empties. */
static void short_memory(void)
{
    sekisho_lpm_config config = configuration(1000, 2, 0, 0, 0);
    const size_t size = sekisho_lpm_config_footprint(&config) / 8;
    uint8_t *small = guarded(size), *copy = (uint8_t *)zeroed(size);
    sekisho_lpm *lpm = NULL;
    sekisho_lpm_stats stats = statistics();
    uint32_t table = 0, held = 0, next_hop = 0;
    for (size_t len = 0; len < 300; len++) /* whatever there is must at least hold the header */
        SAME(sekisho_lpm_init_config(small, len, &config, &lpm), SEKISHO_ENOSPC);
    SAME(sekisho_lpm_init_config(small, size, &config, &lpm), 0);
    SAME(sekisho_lpm_table_create(lpm, &table), 0);
    for (int round = 0; round < 3; round++) {
        held = 0;
        while (sekisho_lpm_add(lpm, table, held * 0x9E3779B1u, 32, held) == 0)
            held++;
        TRUE(held > 50 && held < 1000);
        memcpy(copy, small, size);
        SAME(sekisho_lpm_add(lpm, table, held * 0x9E3779B1u, 32, held), SEKISHO_ENOSPC);
        SAME(memcmp(copy, small, size), 0);
        SAME(sekisho_lpm_add(lpm, table, 0, 32, SEKISHO_LPM_MISS), SEKISHO_ERANGE);
        SAME(memcmp(copy, small, size), 0);
        SAME(sekisho_lpm_get_stats(lpm, &stats), 0);
        SAME(stats.routes, held);
        SAME(stats.max_routes, 1000);
        TRUE(stats.bytes <= stats.max_bytes && stats.max_bytes < size);
        for (uint32_t i = 0; i < held; i++) {
            SAME(sekisho_lpm_lookup(lpm, table, i * 0x9E3779B1u, &next_hop), 0);
            SAME(next_hop, i);
        }
        for (uint32_t i = 0; i < held; i++)
            SAME(sekisho_lpm_delete(lpm, table, i * 0x9E3779B1u, 32), 0);
        SAME(sekisho_lpm_get_stats(lpm, &stats), 0);
        SAME(stats.routes, 0);
        SAME(stats.bytes, 0);
    }
    /* A load that turns out too large leaves nothing behind. */
    sekisho_lpm_route *many = (sekisho_lpm_route *)zeroed(1000 * sizeof *many);
    for (uint32_t i = 0; i < 1000; i++)
        many[i] = route(i * 0x00400000u, 32, i);
    SAME(sekisho_lpm_load(lpm, table, many, 1000), SEKISHO_ENOSPC);
    SAME(sekisho_lpm_get_stats(lpm, &stats), 0);
    SAME(stats.routes, 0);
    SAME(stats.bytes, 0);
    SAME(sekisho_lpm_load(lpm, table, many, 40), 0);
    free(many);
    free(copy);
    SAME(sekisho_lpm_fini(lpm), 0);
}

/* Readers: what they have seen stays until they say that they look at nothing. */
static void readers(void)
{
    enum { MOST = 40 };
    sekisho_lpm_config config = configuration(MOST, 2, 1, 0, 2);
    const size_t size = sekisho_lpm_config_footprint(&config);
    void *shared = zeroed(size);
    sekisho_lpm *lpm = NULL;
    sekisho_lpm_stats stats = statistics();
    sekisho_lpm_reader one, two, none, same;
    uint32_t table = 0, rooted = 0, next_hop = 5, ips[3] = {0, 1, 2}, found[3] = {5, 5, 5};
    memset(&none, 0, sizeof none);
    memset(&one, 0xAA, sizeof one);
    same = one;

    SAME(sekisho_lpm_reader_register((sekisho_lpm *)shared, 0, &one), SEKISHO_EPROTO);
    SAME(sekisho_lpm_init_config(shared, size, &config, &lpm), 0);
    SAME(sekisho_lpm_reader_register(NULL, 0, &one), SEKISHO_EINVAL);
    SAME(sekisho_lpm_reader_register(lpm, 0, NULL), SEKISHO_EINVAL);
    SAME(sekisho_lpm_reader_register(lpm, 0, (sekisho_lpm_reader *)(void *)((char *)&one + 4)),
         SEKISHO_EFAULT);
    SAME(sekisho_lpm_reader_register(lpm, 2, &one), SEKISHO_EINVAL);
    SAME(sekisho_lpm_reader_register(lpm, UINT16_MAX, &one), SEKISHO_EINVAL);
    SAME(memcmp(&one, &same, sizeof one), 0);
    SAME(sekisho_lpm_reader_register(lpm, 0, &one), 0);
    SAME(sekisho_lpm_reader_register(lpm, 1, &two), 0);
    same = two;
    SAME(sekisho_lpm_reader_register(lpm, 0, &two), SEKISHO_EEXIST);
    SAME(memcmp(&two, &same, sizeof two), 0);

    /* None. */
    SAME(sekisho_lpm_reader_quiescent(&none), SEKISHO_EPROTO);
    SAME(sekisho_lpm_reader_pause(&none), SEKISHO_EPROTO);
    SAME(sekisho_lpm_reader_resume(&none), SEKISHO_EPROTO);
    SAME(sekisho_lpm_reader_unregister(&none), SEKISHO_EPROTO);
    SAME(sekisho_lpm_reader_lookup(&none, 0, 0, &next_hop), SEKISHO_EPROTO);
    SAME(sekisho_lpm_reader_lookup_bulk(&none, 0, ips, found, 3), SEKISHO_EPROTO);
    SAME(sekisho_lpm_reader_lookup_bulk_be(&none, 0, ips, found, 3), SEKISHO_EPROTO);
    SAME(sekisho_lpm_reader_lookup_mixed(&none, ips, ips, found, 3), SEKISHO_EPROTO);
    SAME(sekisho_lpm_reader_quiescent(NULL), SEKISHO_EINVAL);
    SAME(sekisho_lpm_reader_pause(NULL), SEKISHO_EINVAL);
    SAME(sekisho_lpm_reader_resume(NULL), SEKISHO_EINVAL);
    SAME(sekisho_lpm_reader_unregister(NULL), SEKISHO_EINVAL);
    SAME(sekisho_lpm_reader_lookup(NULL, 0, 0, &next_hop), SEKISHO_EINVAL);
    SAME(sekisho_lpm_reader_lookup(&one, 0, 0, NULL), SEKISHO_EINVAL);
    SAME(sekisho_lpm_reader_lookup_bulk(NULL, 0, ips, found, 3), SEKISHO_EINVAL);
    SAME(sekisho_lpm_reader_lookup_bulk(&one, 0, NULL, found, 3), SEKISHO_EINVAL);
    SAME(sekisho_lpm_reader_lookup_bulk(&one, 0, ips, NULL, 3), SEKISHO_EINVAL);
    SAME(sekisho_lpm_reader_lookup_bulk_be(&one, 0, ips, NULL, 3), SEKISHO_EINVAL);
    SAME(sekisho_lpm_reader_lookup_mixed(&one, NULL, ips, found, 3), SEKISHO_EINVAL);
    SAME(sekisho_lpm_reader_lookup_mixed(&one, ips, NULL, found, 3), SEKISHO_EINVAL);
    SAME(sekisho_lpm_reader_lookup_mixed(&one, ips, ips, NULL, 3), SEKISHO_EINVAL);
    SAME(sekisho_lpm_reader_lookup_mixed(&one, ips, ips, found, SIZE_MAX), SEKISHO_EINVAL);
    SAME(sekisho_lpm_reader_lookup_mixed(&one, NULL, NULL, NULL, 0), 0);
    SAME(next_hop, 5);
    SAME(found[0], 5);

    SAME(sekisho_lpm_table_create(lpm, &table), 0);
    SAME(sekisho_lpm_table_create_root(lpm, 16, &rooted), 0);
    SAME(sekisho_lpm_add(lpm, table, ip(10, 0, 0, 0), 8, 1), 0);
    SAME(sekisho_lpm_reader_lookup(&one, table, ip(10, 1, 2, 3), &next_hop), 0);
    SAME(next_hop, 1);

    /* Memory that readers may look at runs out in the end, and nothing is lost. */
    int result = 0;
    uint32_t change = 1;
    while ((result = sekisho_lpm_add(lpm, table, ip(10, 0, 0, 0), 8, ++change)) == 0)
        TRUE(change < 1000000);
    SAME(result, SEKISHO_EBUSY);
    SAME(sekisho_lpm_reader_lookup(&two, table, ip(10, 1, 2, 3), &next_hop), 0);
    SAME(next_hop, change - 1);
    SAME(sekisho_lpm_get_stats(lpm, &stats), 0);
    SAME(stats.routes, 1);
    TRUE(stats.waiting_bytes > 0);
    SAME(sekisho_lpm_reader_quiescent(&one), 0);
    SAME(sekisho_lpm_add(lpm, table, ip(10, 0, 0, 0), 8, change), SEKISHO_EBUSY);
    SAME(sekisho_lpm_reader_pause(&two), 0);
    for (int i = 0; i < 3; i++) { /* one more announcement for what was replaced meanwhile */
        SAME(sekisho_lpm_reclaim(lpm), 0);
        SAME(sekisho_lpm_reader_quiescent(&one), 0);
    }
    SAME(sekisho_lpm_reclaim(lpm), 0);
    SAME(sekisho_lpm_get_stats(lpm, &stats), 0);
    SAME(stats.waiting_bytes, 0);
    SAME(sekisho_lpm_add(lpm, table, ip(10, 0, 0, 0), 8, change), 0);
    SAME(sekisho_lpm_reader_resume(&two), 0);
    SAME(sekisho_lpm_reader_lookup(&two, table, ip(10, 1, 2, 3), &next_hop), 0);
    SAME(next_hop, change);

    /* A root goes to another table only when nobody is in it. */
    SAME(sekisho_lpm_add(lpm, rooted, 0, 0, 3), 0);
    SAME(sekisho_lpm_table_delete(lpm, rooted), SEKISHO_EBUSY);
    SAME(sekisho_lpm_reader_lookup(&one, rooted, 0, &next_hop), SEKISHO_ENOENT);
    SAME(sekisho_lpm_reader_unregister(&one), 0);
    SAME(sekisho_lpm_reader_unregister(&one), SEKISHO_EPROTO);
    SAME(sekisho_lpm_reader_lookup(&one, table, 0, &next_hop), SEKISHO_EPROTO);
    SAME(sekisho_lpm_table_delete(lpm, rooted), SEKISHO_EBUSY);
    SAME(sekisho_lpm_forget_reader(lpm, 1), 0); /* its process is gone */
    SAME(sekisho_lpm_table_delete(lpm, rooted), 0);
    SAME(sekisho_lpm_reader_register(lpm, 1, &two), 0);
    SAME(sekisho_lpm_forget_reader(lpm, UINT16_MAX), 0);
    SAME(sekisho_lpm_forget_reader(NULL, 0), SEKISHO_EINVAL);
    SAME(sekisho_lpm_reclaim(NULL), SEKISHO_EINVAL);
    SAME(sekisho_lpm_reader_unregister(&two), 0);
    SAME(sekisho_lpm_fini(lpm), 0);
    SAME(sekisho_lpm_forget_reader(lpm, 0), SEKISHO_EPROTO);
    SAME(sekisho_lpm_reclaim(lpm), SEKISHO_EPROTO);
    free(shared);
}

static void odd_configurations(void)
{
    sekisho_lpm *const untouched = (sekisho_lpm *)(void *)memory, *lpm = untouched;
    sekisho_lpm_config config = configuration(ROUTES, TABLES, 0, 0, 0), bad;
    uint32_t table = 5;

    SAME(sekisho_lpm_config_footprint(NULL), 0);
    SAME(sekisho_lpm_config_footprint((sekisho_lpm_config *)(void *)((char *)&config + 1)), 0);
    SAME(sekisho_lpm_config_footprint(&config), sekisho_lpm_footprint(ROUTES, TABLES));
    bad = config, bad.size = sizeof config - 1;
    SAME(sekisho_lpm_config_footprint(&bad), 0);
    SAME(sekisho_lpm_init_config(memory, sizeof memory, &bad, &lpm), SEKISHO_EINVAL);
    bad = config, bad.size = sizeof config + 4;
    SAME(sekisho_lpm_config_footprint(&bad), 0);
    SAME(sekisho_lpm_init_config(memory, sizeof memory, &bad, &lpm), SEKISHO_EPROTO);
    bad = config, bad.reserved = 1;
    SAME(sekisho_lpm_config_footprint(&bad), 0);
    SAME(sekisho_lpm_init_config(memory, sizeof memory, &bad, &lpm), SEKISHO_EPROTO);
    bad = config, bad.max_routes = 0;
    SAME(sekisho_lpm_config_footprint(&bad), 0);
    SAME(sekisho_lpm_init_config(memory, sizeof memory, &bad, &lpm), SEKISHO_EINVAL);
    bad = config, bad.max_tables = 0;
    SAME(sekisho_lpm_config_footprint(&bad), 0);
    SAME(sekisho_lpm_init_config(memory, sizeof memory, &bad, &lpm), SEKISHO_EINVAL);
    bad = config, bad.max_tables = UINT32_MAX;
    SAME(sekisho_lpm_config_footprint(&bad), 0);
    SAME(sekisho_lpm_init_config(memory, sizeof memory, &bad, &lpm), SEKISHO_EINVAL);
    bad = config, bad.roots24 = UINT16_MAX;
    SAME(sekisho_lpm_config_footprint(&bad), 0);
    bad = config, bad.roots16 = 1;
    TRUE(sekisho_lpm_config_footprint(&bad) > 700000);
    SAME(sekisho_lpm_init_config(memory, sizeof memory, &bad, &lpm), SEKISHO_ENOSPC);
    SAME(sekisho_lpm_init_config(NULL, sizeof memory, &config, &lpm), SEKISHO_EINVAL);
    SAME(sekisho_lpm_init_config(memory, sizeof memory, NULL, &lpm), SEKISHO_EINVAL);
    SAME(sekisho_lpm_init_config(memory, sizeof memory, &config, NULL), SEKISHO_EINVAL);
    SAME(sekisho_lpm_init_config(memory, SIZE_MAX, &config, &lpm), SEKISHO_EINVAL);
    SAME(sekisho_lpm_init_config((char *)memory + 1, sizeof memory - 4, &config, &lpm),
         SEKISHO_EFAULT);
    for (size_t i = 0; i < sizeof memory; i++)
        SAME(((char *)memory)[i] != 0 && i >= 4, 0);

    SAME(sekisho_lpm_init_config(memory, sizeof memory, &config, &lpm), 0);
    SAME(sekisho_lpm_init_config(memory, sizeof memory, &config, &lpm), SEKISHO_EEXIST);
    /* A damaged length is seen, whichever bit of it. */
    for (int bit = 0; bit < 32; bit++) {
        memory[1] ^= 1u << bit;
        SAME(sekisho_lpm_clear(lpm, 0), SEKISHO_EPROTO);
        SAME(sekisho_lpm_attach(memory, sizeof memory, &lpm), SEKISHO_EPROTO);
        memory[1] ^= 1u << bit;
    }
    for (uint32_t bits = 1; bits < 40; bits++)
        SAME(sekisho_lpm_table_create_root(lpm, bits, &table),
             bits == 16 || bits == 24 ? SEKISHO_ENOSPC : SEKISHO_EINVAL);
    SAME(sekisho_lpm_table_create_root(lpm, 0, NULL), SEKISHO_EINVAL);
    SAME(sekisho_lpm_table_create_root(NULL, 0, &table), SEKISHO_EINVAL);
    SAME(table, 5);
    SAME(sekisho_lpm_table_create_root(lpm, 0, &table), 0);
    SAME(table, 0);

    /* Statistics of the first version: five numbers, and what is behind them is not touched. */
    sekisho_lpm_stats stats = statistics();
    memset(&stats, 0xAA, sizeof stats);
    stats.size = 20;
    SAME(sekisho_lpm_get_stats(lpm, &stats), 0);
    SAME(stats.size, 20);
    SAME(stats.max_routes, ROUTES);
    SAME(stats.bytes, 0);
    SAME(stats.high_bytes, 0xAAAAAAAA);
    stats.size = sizeof stats + 4;
    SAME(sekisho_lpm_get_stats(lpm, &stats), SEKISHO_EPROTO);
    stats.size = 24;
    SAME(sekisho_lpm_get_stats(lpm, &stats), SEKISHO_EINVAL);
    SAME(sekisho_lpm_fini(lpm), 0);
}

int main(void)
{
    odd_arguments();
    odd_configurations();
    footprints();
    everything_once();
    full();
    lookups_agree();
    whole_tables();
    short_memory();
    readers();
    puts("lpm: ok");
    return 0;
}
