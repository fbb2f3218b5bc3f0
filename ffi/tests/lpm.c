/* Stand-alone tables from C: everything once, the full arena, and every odd argument. */
#include "check.h"

enum { ROUTES = 40, TABLES = 3 };

/* Sized by a constant expression, as firmware does it. */
static uint32_t memory[SEKISHO_LPM_FOOTPRINT(ROUTES, TABLES) / sizeof(uint32_t)];

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

    SAME(sekisho_lpm_init(memory, SIZE_MAX, ROUTES, TABLES, &lpm), SEKISHO_EINVAL);
    SAME(sekisho_lpm_init(memory, SIZE_MAX / 2, ROUTES, TABLES, &lpm), 0);
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

static void odd_configurations(void)
{
    sekisho_lpm *const untouched = (sekisho_lpm *)(void *)memory, *lpm = untouched;
    sekisho_lpm_config config = configuration(ROUTES, TABLES, 0, 0, 0), bad;
    uint32_t table = 5, copy[sizeof memory / sizeof(uint32_t)];

    memcpy(copy, memory, sizeof memory);
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
    /* More routes than an arena can hold whatever they are, but as many as fit into this one. */
    bad = config, bad.max_routes = 10000000;
    SAME(sekisho_lpm_config_footprint(&bad), 0);
    SAME(sekisho_lpm_footprint(10000000, TABLES), 0);
    {
        static uint32_t some[4096];
        SAME(sekisho_lpm_init_config(some, sizeof some, &bad, &lpm), 0);
        SAME(sekisho_lpm_fini(lpm), 0);
        lpm = untouched;
    }
    bad = config, bad.max_tables = (1 << 20) + 1;
    SAME(sekisho_lpm_config_footprint(&bad), 0);
    bad = config, bad.roots16 = 1;
    TRUE(sekisho_lpm_config_footprint(&bad) > 500000);
    SAME(sekisho_lpm_init_config(memory, sizeof memory, &bad, &lpm), SEKISHO_ENOSPC);
    SAME(sekisho_lpm_init_config(NULL, sizeof memory, &config, &lpm), SEKISHO_EINVAL);
    SAME(sekisho_lpm_init_config(memory, sizeof memory, NULL, &lpm), SEKISHO_EINVAL);
    SAME(sekisho_lpm_init_config(memory, sizeof memory, &config, NULL), SEKISHO_EINVAL);
    SAME(sekisho_lpm_init_config(memory, SIZE_MAX, &config, &lpm), SEKISHO_EINVAL);
    SAME(sekisho_lpm_init_config((char *)memory + 1, sizeof memory - 4, &config, &lpm),
         SEKISHO_EFAULT);
    SAME(memcmp(memory, copy, sizeof memory), 0);
    TRUE(lpm == untouched);

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
    puts("lpm: ok");
    return 0;
}
