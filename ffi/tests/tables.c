/* Stand-alone tables from C: lookups in bulk, whole tables, little memory, and readers. */
#include "check.h"

enum { ROUTES = 40, TABLES = 3 };

static uint32_t memory[SEKISHO_LPM_FOOTPRINT(ROUTES, TABLES) / sizeof(uint32_t)];

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
    const size_t size = sekisho_lpm_config_footprint(&config) / 32 * 4;
    uint8_t *small = guarded(size), *copy = (uint8_t *)zeroed(size);
    sekisho_lpm *lpm = NULL;
    sekisho_lpm_stats stats = statistics();
    uint32_t table = 0, held = 0, next_hop = 0;
    for (size_t len = 0; len < size; len++) { /* too little for the header, for routes, for many */
        const int made = sekisho_lpm_init_config(small + (size - len) / 4 * 4, len, &config, &lpm);
        TRUE(made == (len < 100 ? SEKISHO_ENOSPC : 0) || (len < 200 && made == SEKISHO_ENOSPC));
        if (made != 0)
            continue;
        SAME(sekisho_lpm_table_create(lpm, &table), 0);
        const int added = sekisho_lpm_add(lpm, table, 1, 31, 7);
        TRUE(added == 0 || (len < 5700 && added == SEKISHO_ENOSPC));
        SAME(sekisho_lpm_lookup(lpm, table, 1, &next_hop), added == 0 ? 0 : SEKISHO_ENOENT);
        SAME(sekisho_lpm_fini(lpm), 0);
    }
    memset(small, 0, size);
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
    SAME(sekisho_lpm_table_delete(lpm, rooted), 0);
    SAME(sekisho_lpm_table_create_root(lpm, 16, &rooted), SEKISHO_EBUSY);
    SAME(sekisho_lpm_reader_lookup(&one, rooted, 0, &next_hop), SEKISHO_ENOENT);
    SAME(sekisho_lpm_reader_unregister(&one), 0);
    SAME(sekisho_lpm_reader_unregister(&one), SEKISHO_EPROTO);
    SAME(sekisho_lpm_reader_lookup(&one, table, 0, &next_hop), SEKISHO_EPROTO);
    SAME(sekisho_lpm_table_create_root(lpm, 16, &rooted), SEKISHO_EBUSY);
    SAME(sekisho_lpm_forget_reader(lpm, 1), 0); /* its process is gone */
    SAME(sekisho_lpm_table_create_root(lpm, 16, &rooted), 0);
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

int main(void)
{
    lookups_agree();
    whole_tables();
    short_memory();
    readers();
    puts("tables: ok");
    return 0;
}
