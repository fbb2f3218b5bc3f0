/* What a table of attacks on one parameter cannot say: arrays that end where memory does, lines that are no
 * text, routes that change under a cursor, flags. */
#include "hostile.h"

static size_t cases;

/* Addresses and next hops end at pages that cannot be touched, for every length about those of vectors. */
static void exact_arrays(void)
{
    sekisho_lpm *lpm = PLACE(LPM, sekisho_lpm);
    sekisho_lpm_reader *reader = &caller->reader;
    static const size_t lengths[] = {0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 127, 129};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        const size_t n = lengths[i];
        uint32_t *ips = (uint32_t *)(void *)guarded(4 * n), *be = (uint32_t *)(void *)guarded(4 * n);
        uint32_t *found = (uint32_t *)(void *)guarded(4 * n), *tables = (uint32_t *)(void *)guarded(4 * n);
        uint32_t *hits = (uint32_t *)(void *)guarded((n + 31) / 32 * 4), one[129], total = 0;
        for (size_t k = 0; k < n; k++) {
            ips[k] = k % 3 == 0 ? random_word() : ip(10, (unsigned)k, (unsigned)k, (unsigned)k);
            put32((uint8_t *)(be + k), ips[k]);
            tables[k] = k % 5 == 4 ? UINT32_MAX - (uint32_t)k : (uint32_t)(k % 2);
            one[k] = SEKISHO_LPM_MISS;
            (void)sekisho_lpm_lookup(lpm, 0, ips[k], one + k);
        }
        for (int way = 0; way < 4; way++) {
            memset(found, 0xAA, 4 * n);
            SAME(way == 0   ? sekisho_lpm_lookup_bulk(lpm, 0, ips, found, n)
                 : way == 1 ? sekisho_lpm_lookup_bulk_be(lpm, 0, be, found, n)
                 : way == 2 ? sekisho_lpm_reader_lookup_bulk(reader, 0, ips, found, n)
                            : sekisho_lpm_reader_lookup_bulk_be(reader, 0, be, found, n),
                 0);
            SAME(memcmp(found, one, 4 * n), 0);
            cases++;
        }
        const int count = sekisho_lpm_hits(found, n, 77, hits);
        for (size_t k = 0; k < n; k++) {
            const int is_hit = one[k] != SEKISHO_LPM_MISS;
            SAME(hits[k / 32] >> k % 32 & 1, is_hit);
            SAME(found[k], is_hit ? one[k] : 77);
            total += (uint32_t)is_hit;
        }
        SAME(count, total);
        if (n % 32 != 0)
            SAME(hits[n / 32] >> n % 32, 0);
        SAME(sekisho_lpm_lookup_mixed(lpm, tables, ips, found, n), 0);
        SAME(sekisho_lpm_reader_lookup_mixed(reader, tables, ips, found, n), 0);
        for (size_t k = 0; k < n; k++)
            SAME(found[k], tables[k] == 0 ? one[k] : SEKISHO_LPM_MISS);
        cases += 3;
    }
    /* With none, no array is looked at. */
    uint32_t *const nowhere = (uint32_t *)(uintptr_t)1;
    SAME(sekisho_lpm_lookup_bulk(lpm, 0, NULL, NULL, 0), 0);
    SAME(sekisho_lpm_lookup_bulk_be(lpm, 0, nowhere, nowhere, 0), 0);
    SAME(sekisho_lpm_lookup_mixed(lpm, nowhere, NULL, nowhere, 0), 0);
    SAME(sekisho_lpm_reader_lookup_bulk(reader, 0, nowhere, NULL, 0), 0);
    SAME(sekisho_lpm_hits(nowhere, 0, 0, NULL), 0);
    SAME(sekisho_lpm_load(lpm, EMPTY_TABLE, (const sekisho_lpm_route *)(const void *)nowhere, 0), 0);
    cases += 6;
}

/* The one overlap that is allowed gives the right answers; any other gives some, and writes nothing but the
 * next hops. */
static void overlaps(void)
{
    enum { N = 70, ROOM = 3 * N };
    sekisho_lpm *lpm = PLACE(LPM, sekisho_lpm);
    for (size_t shift = 0; shift <= 2 * N; shift++) {
        uint32_t words[ROOM], before[ROOM], want[N];
        for (size_t i = 0; i < ROOM; i++)
            before[i] = words[i] = ip(10, (unsigned)i, (unsigned)i, (unsigned)i);
        for (size_t i = 0; i < N; i++) {
            want[i] = SEKISHO_LPM_MISS;
            (void)sekisho_lpm_lookup(lpm, 0, words[N + i], want + i);
        }
        SAME(sekisho_lpm_lookup_bulk(lpm, 0, words + N, words + shift, N), 0);
        for (size_t i = 0; i < ROOM; i++)
            if (i < shift || i >= shift + N)
                SAME(words[i], before[i]);
        if (shift == 0 || shift == N || shift == 2 * N)
            SAME(memcmp(words + shift, want, sizeof want), 0);
        cases++;
    }
}

/* Lines that are no text, without an end, too long, or that end where memory does: refused, nothing changed. */
static void lines(void)
{
    sekisho_region *region = PLACE(REGION, sekisho_region);
    static const struct {
        const char *line;
        size_t len;
        int want;
    } odd[] = {
        {"create-route-entry vtb-2 010.0.0.0/8 ngw-1", 0, SEKISHO_ERROR_ILLEGAL_CIDR_BLOCK},
        {"create-route-entry vtb-2 1.2.3.4/08 ngw-1", 0, SEKISHO_ERROR_ILLEGAL_CIDR_BLOCK},
        {"create-route-entry vtb-2 1.2.3/8 ngw-1", 0, SEKISHO_ERROR_ILLEGAL_CIDR_BLOCK},
        {"create-route-entry vtb-2 1.2.3.4 ngw-1", 0, SEKISHO_ERROR_ILLEGAL_CIDR_BLOCK},
        {"create-route-entry vtb-2 1.2.3.4/ ngw-1", 0, SEKISHO_ERROR_ILLEGAL_CIDR_BLOCK},
        {"create-route-entry vtb-2 / ngw-1", 0, SEKISHO_ERROR_ILLEGAL_CIDR_BLOCK},
        {"create-route-entry vtb-2 1.2.3.4/33 ngw-1", 0, SEKISHO_ERROR_ILLEGAL_CIDR_BLOCK},
        {"create-route-entry vtb-2 1.2.3.4/-1 ngw-1", 0, SEKISHO_ERROR_ILLEGAL_CIDR_BLOCK},
        {"create-route-entry vtb-2 1.2.3.4/4294967304 ngw-1", 0, SEKISHO_ERROR_ILLEGAL_CIDR_BLOCK},
        {"create-route-entry vtb-2 11.2.3.4/8 ngw-1", 0, SEKISHO_ERROR_ILLEGAL_CIDR_BLOCK},
        {"create-route-entry vtb-2 11.0.0.0/8\0 ngw-1", 42, SEKISHO_ERROR_ILLEGAL_CIDR_BLOCK},
        {"create-route-entry vtb-2 11.0.0.0/8 ngw-65536", 0, SEKISHO_ERROR_INVALID_PARAMETER},
        {"create-route-entry vtb-2 11.0.0.0/8 ngw-\xFF\xFE", 0, SEKISHO_ERROR_INVALID_PARAMETER},
        {"create-route-entry", 0, SEKISHO_ERROR_INVALID_COMMAND},
        {"\0\0\0\0", 4, SEKISHO_ERROR_INVALID_COMMAND},
        {"\xC0\x80\xFF", 0, SEKISHO_ERROR_INVALID_COMMAND},
        {"/", 0, SEKISHO_ERROR_INVALID_COMMAND},
        {"", 0, 0},
        {"        ", 0, 0},
    };
    const uint64_t hash_before = hash(region);
    const struct memory *m = world + REGION;
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        const size_t len = odd[i].len == 0 ? strlen(odd[i].line) : odd[i].len;
        uint8_t *exact = guarded(len);
        memcpy(exact, odd[i].line, len);
        note(REGION);
        const int answer = sekisho_region_line(region, (const char *)exact, len, NULL, 0, NULL);
        if (answer != odd[i].want)
            fprintf(stderr, "%s\n", odd[i].line);
        SAME(answer, odd[i].want);
        TRUE(is_untouched(REGION));
        cases++;
    }
    /* Every length of a right line, none of which reads on; and a mebibyte. */
    static const char line[] = "create-route-entry vtb-2 11.0.0.0/8 ngw-1";
    for (size_t len = 0; len < sizeof line - 1; len++) {
        uint8_t *exact = guarded(len);
        memcpy(exact, line, len);
        (void)sekisho_region_line(region, (const char *)exact, len, NULL, 0, NULL);
        if (hash(region) != hash_before) /* no shorter next hop is there */
            SAME(len, sizeof line);
        cases++;
    }
    const size_t long_len = 1 << 20;
    static const char fill[] = {'x', ' ', '\0', '1'};
    for (size_t i = 0; i < sizeof fill; i++) {
        char *exact = (char *)guarded(long_len);
        memset(exact, fill[i], long_len);
        const int answer = sekisho_region_line(region, exact, long_len, NULL, 0, NULL);
        TRUE(answer <= -SEKISHO_REFUSED);
        cases++;
    }
    SAME(hash(region), hash_before);
    TRUE(m->size > 0);

    /* An answer in every room: whole, or nothing but what is needed. */
    size_t needed = 0;
    SAME(sekisho_region_line(region, "show vtb-2", 10, NULL, 0, &needed), 0);
    TRUE(needed > SEKISHO_ANSWER_MIN && needed < 1000);
    char whole[1000];
    SAME(sekisho_region_line(region, "show vtb-2", 10, whole, sizeof whole, NULL), 0);
    SAME(strlen(whole) + 1, needed);
    for (size_t room = 1; room <= needed; room++) {
        uint8_t *exact = guarded(room);
        memset(exact, 0xAA, room);
        size_t told = 0;
        const int answer = sekisho_region_line(region, "show vtb-2", 10, (char *)exact, room, &told);
        SAME(answer, room < needed ? SEKISHO_ENOSPC : 0);
        SAME(told, needed);
        for (size_t i = 0; i < room; i++)
            SAME(exact[i], room < needed ? 0xAA : (uint8_t)whole[i]);
        cases++;
    }
}

/* A cursor goes on behind what it holds, whatever has become of that; and each route that stays is given once. */
static void cursors(void)
{
    for (int change = 0; change < 5; change++) {
        for (int block = 0; block < BLOCKS; block++)
            put_back((enum block)block);
        sekisho_lpm *lpm = PLACE(LPM, sekisho_lpm);
        uint32_t at = 0, next_hop = 0, given = 0, last = 0;
        uint8_t depth = 255;
        int answer = 0;
        while ((answer = sekisho_lpm_next(lpm, 0, &at, &depth, &next_hop)) == 0) {
            TRUE(given == 0 || at > last || (at == last && depth > 0));
            last = at;
            given++;
            TRUE(given < 100);
            if (given % 3 != 0)
                continue;
            if (change == 0)
                SAME(sekisho_lpm_delete(lpm, 0, at, depth), 0); /* the cursor's route */
            if (change == 1)
                SAME(sekisho_lpm_add(lpm, 0, ip(9, 0, 0, (unsigned)given), 32, 1), given > 9 ? SEKISHO_ENOSPC : 0);
            if (change == 2)
                SAME(sekisho_lpm_clear(lpm, 0), 0);
            if (change == 3)
                SAME(sekisho_lpm_table_delete(lpm, 0), 0);
            if (change == 4)
                SAME(sekisho_lpm_fini(lpm), 0);
            if (change > 1)
                change += 8;
        }
        change = change > 8 ? change - 8 : change;
        SAME(answer, change == 4 ? SEKISHO_EPROTO : SEKISHO_ENOENT);
        SAME(given, change < 2 ? 21 : 3);
        cases++;
    }
    for (int block = 0; block < BLOCKS; block++)
        put_back((enum block)block);
}

/* Host bits are masked, or refused where that is asked for; what is there stays where that is. */
static void flags(void)
{
    sekisho_lpm *lpm = PLACE(LPM, sekisho_lpm);
    enum { EXCL = SEKISHO_LPM_EXCL, STRICT = SEKISHO_LPM_STRICT };
    uint32_t old = 1, next_hop = 0;
    SAME(sekisho_lpm_add_flags(lpm, 0, ip(44, 1, 2, 3), 8, 1, STRICT, &old), SEKISHO_EINVAL);
    SAME(sekisho_lpm_add_flags(lpm, 0, ip(44, 1, 2, 3), 8, 1, STRICT | EXCL, &old), SEKISHO_EINVAL);
    SAME(old, 1);
    SAME(sekisho_lpm_add_flags(lpm, 0, ip(44, 1, 2, 3), 8, 1, 0, &old), 0);
    SAME(old, SEKISHO_LPM_MISS);
    SAME(sekisho_lpm_add_flags(lpm, 0, ip(44, 0, 0, 0), 8, 2, STRICT, &old), 0);
    SAME(old, 1);
    SAME(sekisho_lpm_add_flags(lpm, 0, ip(44, 9, 9, 9), 8, 3, EXCL, &old), SEKISHO_EEXIST);
    SAME(old, 1);
    SAME(sekisho_lpm_get(lpm, 0, ip(44, 0, 0, 0), 8, &next_hop), 0);
    SAME(next_hop, 2);
    SAME(sekisho_lpm_delete_flags(lpm, 0, ip(44, 0, 0, 1), 8, STRICT, &old), SEKISHO_EINVAL);
    SAME(sekisho_lpm_delete_flags(lpm, 0, ip(44, 0, 0, 0), 8, STRICT, NULL), 0);
    SAME(sekisho_lpm_delete_flags(lpm, 0, ip(44, 0, 0, 0), 8, 0, &old), SEKISHO_ENOENT);
    SAME(old, 1);
    SAME(sekisho_lpm_add_flags(lpm, 0, ip(44, 0, 0, 0), 8, 9, EXCL, NULL), 0);
    SAME(sekisho_lpm_delete_flags(lpm, 0, ip(44, 7, 7, 7), 8, 0, &old), 0);
    SAME(old, 9);
    cases += 14;
}

/* What each memory was made for, and how full it is. */
static void told(void)
{
    const sekisho_profile profile = small_profile();
    const sekisho_flows_config flows = small_flows();
    const sekisho_lpm_config arena = small_arena(1);
    SAME(sekisho_capacity(PLACE(REGION, sekisho_region), &caller->profile), 0);
    SAME(memcmp(&caller->profile, &profile, sizeof profile), 0);
    SAME(sekisho_flows_capacity(PLACE(FLOWS, sekisho_flows), &caller->flows_config), 0);
    SAME(memcmp(&caller->flows_config, &flows, sizeof flows), 0);
    SAME(sekisho_lpm_capacity(PLACE(SHARED, sekisho_lpm), &caller->lpm_config), 0);
    SAME(memcmp(&caller->lpm_config, &arena, sizeof arena), 0);
    sekisho_region_stats *stats = &caller->region_stats;
    SAME(sekisho_stats(PLACE(REGION, sekisho_region), stats), 0);
    SAME(stats->size, sizeof *stats);
    SAME(stats->vpcs.used, 1);
    SAME(stats->vpcs.max, 1);
    SAME(stats->vswitches.used, 3);
    SAME(stats->vswitches.high, 3);
    SAME(stats->route_tables.used, 2);
    SAME(stats->route_tables.max, 3);
    SAME(stats->public_addresses.used, 2);
    SAME(stats->snat_entries.used, 1);
    SAME(stats->forward_entries.max, 1);
    TRUE(stats->pool_cells.used > 0 && stats->pool_cells.used <= stats->pool_cells.high);
    SAME(sekisho_region_check(PLACE(REGION, sekisho_region)), 0);
    SAME(sekisho_lpm_check(PLACE(LPM, sekisho_lpm)), 0);
    SAME(sekisho_lpm_check(PLACE(SHARED, sekisho_lpm)), 0);
    cases += 7;
}

int main(void)
{
    new_world();
    exact_arrays();
    overlaps();
    lines();
    cursors();
    flags();
    told();
    printf("hostile_cases: %zu cases ok\n", cases);
    return 0;
}
