/* The footprints as constant expressions: equal to the functions, and enough for static memory. */
#include "check.h"

#define MINE 2, 4, 8, 4, 16, 0, 0, 12, 16, 1, 4, 2, 1, 1, 2, 2, 1, 1
enum { ROUTES = 100, TABLES = 2, READERS = 3, FLOWS = 64 };

/* As firmware has them: each is a constant expression and defines an aligned array. */
SEKISHO_STATIC(lpm_memory, SEKISHO_LPM_FOOTPRINT(ROUTES, TABLES));
SEKISHO_STATIC(shared_memory, SEKISHO_LPM_READERS_FOOTPRINT(ROUTES, TABLES, READERS));
SEKISHO_STATIC(region_memory, SEKISHO_REGION_FOOTPRINT_FIRMWARE);
SEKISHO_STATIC(own_memory, SEKISHO_REGION_FOOTPRINT(MINE));
SEKISHO_STATIC(flows_memory, SEKISHO_FLOWS_FOOTPRINT(FLOWS));
SEKISHO_STATIC(steering_memory, SEKISHO_STEERING_FOOTPRINT(10));

static void static_memory(void)
{
    sekisho_lpm *lpm = NULL;
    sekisho_region *region = NULL;
    sekisho_flows *flows = NULL;
    sekisho_steering *steering = NULL;
    const sekisho_profile mine = {sizeof(sekisho_profile), MINE};
    const sekisho_profile ours = {sizeof(sekisho_profile), SEKISHO_PROFILE_FIRMWARE};
    const sekisho_profile same = firmware();
    sekisho_lpm_config config = configuration(ROUTES, TABLES, 0, 0, READERS);
    sekisho_flows_config table, steered;
    memset(&table, 0, sizeof table);
    table.size = sizeof table;
    SAME(sekisho_flows_config_default(&table, FLOWS), 0);
    steered = table;
    steered.fragments = 10;

    SAME(memcmp(&ours, &same, sizeof ours), 0);
    SAME(sizeof region_memory, sekisho_region_footprint(&ours));
    SAME(sizeof own_memory, sekisho_region_footprint(&mine));
    SAME(sizeof flows_memory, sekisho_flows_footprint(&table));
    SAME(sizeof steering_memory, sekisho_steering_footprint(10));
    void *const all[] = {lpm_memory, shared_memory, region_memory,
                         own_memory, flows_memory,  steering_memory};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        SAME((uintptr_t)all[i] % 64, 0);

    SAME(sekisho_lpm_init(lpm_memory, sizeof lpm_memory, ROUTES, TABLES, &lpm), 0);
    SAME(sekisho_lpm_fini(lpm), 0);
    SAME(sekisho_lpm_init_config(shared_memory, sizeof shared_memory, &config, &lpm), 0);
    SAME(sekisho_lpm_fini(lpm), 0);
    SAME(sekisho_region_init(region_memory, sizeof region_memory, &ours, &region), 0);
    SAME(sekisho_region_fini(region), 0);
    SAME(sekisho_region_init(own_memory, sizeof own_memory, &mine, &region), 0);
    SAME(sekisho_region_fini(region), 0);
    SAME(sekisho_flows_init(flows_memory, sizeof flows_memory, &table, &flows), 0);
    SAME(sekisho_flows_fini(flows), 0);
    SAME(sekisho_steering_init(steering_memory, sizeof steering_memory, &steered, &steering), 0);
    SAME(sekisho_steering_fini(steering), 0);
    SAME(sekisho_lpm_align(), SEKISHO_ALIGN);
    SAME(sekisho_region_align(), SEKISHO_ALIGN);
    SAME(sekisho_flows_align(), SEKISHO_ALIGN);
    SAME(sekisho_steering_align(), SEKISHO_ALIGN);
}

static uint32_t state = 1;
static uint32_t random_below(uint32_t bound)
{
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % bound;
}

/* Profiles with numbers of every size; those of no region have no footprint. */
static void regions(void)
{
    static const uint32_t bounds[] = {2, 4, 40, 400, 4000, 65536};
    uint32_t regions = 0;
    for (int round = 0; round < 200000; round++) {
        uint16_t n[18];
        const uint32_t bound = bounds[round % 6];
        for (size_t i = 0; i < 18; i++)
            n[i] = (uint16_t)random_below(round % 7 == 0 ? bounds[i % 6] : bound);
        sekisho_profile p = {sizeof p,  n[0],  n[1],  n[2],  n[3],  n[4],  n[5],
                             n[6],      n[7],  n[8],  n[9],  n[10], n[11], n[12],
                             n[13],     n[14], n[15], n[16], n[17]};
        const size_t exact = sekisho_region_footprint(&p);
        if (exact == 0)
            continue;
        regions++;
        const uint32_t u[18] = {n[0], n[1],  n[2],  n[3],  n[4],  n[5],  n[6],  n[7],  n[8],
                                n[9], n[10], n[11], n[12], n[13], n[14], n[15], n[16], n[17]};
        SAME(SEKISHO_REGION_FOOTPRINT(u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10],
                                      u[11], u[12], u[13], u[14], u[15], u[16], u[17]),
             exact);
    }
    TRUE(regions > 50000);
}

static void flows(void)
{
    uint32_t tables = 0;
    for (uint32_t n = 1; n < 16777215; n += n < 5000 ? 1 : n / 37) {
        sekisho_flows_config config;
        memset(&config, 0, sizeof config);
        config.size = sizeof config;
        SAME(sekisho_flows_config_default(&config, n), 0);
        SAME(SEKISHO_FLOWS_FOOTPRINT(n), sekisho_flows_footprint(&config));
        for (uint32_t i = 0; i < 20; i++) {
            const uint32_t bound = i % 2 == 0 ? 9u : 3000000u;
            config.mappings = random_below(bound);
            config.fragments = random_below(bound);
            config.meters = random_below(i < 10 ? 65536u : 3u);
            const size_t exact = sekisho_flows_footprint(&config);
            TRUE(exact > 0);
            SAME(SEKISHO_FLOWS_FOOTPRINT_OF(n, config.mappings, config.fragments, config.meters), exact);
            tables++;
        }
    }
    TRUE(tables > 100000);
    for (uint32_t n = 0; n < 10000000; n += n < 500 ? 1 : n / 37)
        SAME(SEKISHO_STEERING_FOOTPRINT(n), sekisho_steering_footprint(n));
}

/* With readers the macro is about what the function answers, which is not the least that there is, and the arena in that memory has room for what
 * any routes take: 30 words each beside readers. */
static void shared_tables(void)
{
    static const uint32_t tables[] = {1, 2, 3, 16, 100, 1000, 20000};
    static const uint16_t readers[] = {1, 2, 64, 1000};
    uint32_t arenas = 0;
    const size_t most = 80u << 20;
    uint8_t *memory = (uint8_t *)zeroed(most);
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
        for (size_t k = 0; k < sizeof readers / sizeof readers[0]; k++)
            for (uint32_t n = 1; n < 2200000; n += n < 600 ? 1 : n / 23) {
                const sekisho_lpm_config config = configuration(n, tables[t], 0, 0, readers[k]);
                const size_t exact = sekisho_lpm_config_footprint(&config);
                const size_t size = SEKISHO_LPM_READERS_FOOTPRINT(n, tables[t], readers[k]);
                if (exact == 0) {
                    TRUE(size > 240000000);
                    continue;
                }
                TRUE(size >= exact - exact / 5 && (n <= 20000 || size >= exact));
                TRUE(size <= 2 * exact && (n <= 300 || size <= exact + exact / 3));
                TRUE(n <= 20000 || size <= exact + exact / 20);
                if (size > most)
                    continue;
                sekisho_lpm *lpm = NULL;
                sekisho_lpm_stats stats = statistics();
                SAME(sekisho_lpm_init_config(memory, size, &config, &lpm), 0);
                SAME(sekisho_lpm_get_stats(lpm, &stats), 0);
                const uint32_t few = tables[t] < n ? tables[t] : n;
                TRUE(stats.max_bytes >= 4 * (n <= 16 ? 11 * few + 6 * n : 30 * n));
                SAME(sekisho_lpm_fini(lpm), 0);
                arenas++;
            }
    free(memory);
    TRUE(arenas > 10000);
}

int main(void)
{
    static_memory();
    regions();
    flows();
    shared_tables();
    puts("footprints: ok");
    return 0;
}
