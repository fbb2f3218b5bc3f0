/* Tables in memory of one's own by sekisho_rte_lpm.h and sekisho_rte_fib.h, without sekisho_rte.c, and where
 * they say that they differ from DPDK. */
#include "check.h"

#include "sekisho_rte_fib.h"
#include "sekisho_rte_lpm.h"

static uint32_t memory[4096];

static void lpm(void)
{
    struct rte_lpm_config config = {16, 1, 0};
    size_t size = sekisho_rte_lpm_footprint(&config);
    struct rte_lpm table;
    uint32_t hop = 77, ips[2] = {0x0A000001, 0x0B000001}, hops[2] = {1, 1};
    rte_xmm_t four;
    unsigned i;
    memset(&four, 0, sizeof four);

    TRUE(size > 0 && size <= sizeof memory && sekisho_rte_lpm_footprint(NULL) == 0);
    TRUE(sekisho_rte_lpm_init(NULL, memory, size, &config) == -EINVAL);
    TRUE(sekisho_rte_lpm_init(&table, NULL, size, &config) == -EINVAL);
    TRUE(sekisho_rte_lpm_init(&table, memory, size, NULL) == -EINVAL);
    TRUE(sekisho_rte_lpm_init(&table, memory, 64, &config) == -ENOMEM);
    TRUE(sekisho_rte_lpm_init(&table, memory, size, &config) == 0);

    TRUE(rte_lpm_add(&table, 0x0A000000, 8, 0x01000000) == -EINVAL);
    TRUE(rte_lpm_add(&table, 0x0A000000, 8, 0x00FFFFFF) == 0);
    TRUE(rte_lpm_lookup(&table, 0x0A000001, NULL) == -EINVAL && rte_lpm_lookup(NULL, 0, &hop) == -EINVAL);
    TRUE(rte_lpm_lookup(&table, 0x0B000001, &hop) == -ENOENT && hop == 77);
    TRUE(rte_lpm_lookup(&table, 0x0A000001, &hop) == 0 && hop == 0x00FFFFFF);
    TRUE(rte_lpm_lookup_bulk(&table, NULL, hops, 2) == -EINVAL && rte_lpm_lookup_bulk(&table, ips, NULL, 2) == -EINVAL);
    TRUE(rte_lpm_lookup_bulk(&table, ips, hops, 2) == 0);
    TRUE(hops[0] == (RTE_LPM_LOOKUP_SUCCESS | 0x00FFFFFF) && hops[1] == 0);
    rte_lpm_lookupx4(NULL, four.x, four.u32, 9);
    TRUE(four.u32[0] == 9 && four.u32[3] == 9);
    rte_lpm_delete_all(NULL);

    /* The rule of a deep one is held for any of them, by max_rules alone where nobody counts groups. */
    TRUE(rte_lpm_add(&table, 0x0A000001, 32, 1) == 0);
#ifdef SEKISHO_RTE_LPM_NO_TBL8_LIMIT
    TRUE(rte_lpm_add(&table, 0x0A000101, 32, 1) == 0);
    for (i = 0; i < 13; i++)
        TRUE(rte_lpm_add(&table, 0x0C000000 + (i << 8), 32, i) == 0);
    TRUE(rte_lpm_add(&table, 0x0D000000, 32, 1) == -ENOSPC);
#else
    TRUE(rte_lpm_add(&table, 0x0A000101, 32, 1) == -ENOSPC);
    for (i = 0; i < 14; i++)
        TRUE(rte_lpm_add(&table, 0x0C000000 + (i << 8), 24, i) == 0);
    TRUE(rte_lpm_add(&table, 0x0D000000, 24, 1) == -ENOSPC);
#endif
    TRUE(rte_lpm_add(&table, 0x0A000000, 8, 5) == 0);
    TRUE(sekisho_lpm_fini(table.rules.arena) == 0);
}

static void fib(void)
{
    struct rte_fib_conf conf;
    struct rte_fib table;
    uint32_t ips[200];
    uint64_t hops[200];
    int i;
    memset(&conf, 0, sizeof conf);
    memset(memory, 0, sizeof memory);
    conf.type = RTE_FIB_DIR24_8;
    conf.dir24_8.nh_sz = RTE_FIB_DIR24_8_8B;
    conf.dir24_8.num_tbl8 = 1;
    conf.default_nh = UINT64_C(0x7000000000000001);
    conf.max_routes = 3;

    TRUE(sekisho_rte_fib_footprint(&conf) > 0 && sekisho_rte_fib_footprint(NULL) == 0);
    TRUE(sekisho_rte_fib_init(&table, memory, 64, &conf) == -ENOMEM);
    TRUE(sekisho_rte_fib_init(&table, memory, sizeof memory, &conf) == 0);
    TRUE(rte_fib_add(&table, 0, 0, UINT64_C(0x80000000)) == -EINVAL);
    TRUE(rte_fib_add(&table, 0x0A000001, 32, 0x7FFFFFFF) == 0);
    /* As many groups as there are routes. */
    TRUE(rte_fib_add(&table, 0x0B000001, 32, 2) == 0 && rte_fib_add(&table, 0x0C000001, 32, 3) == 0);
    TRUE(rte_fib_add(&table, 0x0D000001, 32, 4) == -ENOMEM && rte_fib_add(&table, 0x0C000001, 32, 4) == 0);
    for (i = 0; i < 200; i++)
        ips[i] = i % 2 == 0 ? 0x0A000001 : 0x0A000002;
    TRUE(rte_fib_lookup_bulk(&table, ips, hops, -1) == -EINVAL && rte_fib_lookup_bulk(&table, NULL, hops, 1) == -EINVAL);
    TRUE(rte_fib_lookup_bulk(&table, ips, hops, 200) == 0);
    for (i = 0; i < 200; i++)
        TRUE(hops[i] == (i % 2 == 0 ? 0x7FFFFFFF : conf.default_nh));
    TRUE(rte_fib_get_rib(&table) == NULL && rte_fib_get_dp(&table) == (void *)table.routes.arena);
    TRUE(rte_fib_delete(&table, 0x0A000001, 32) == 0 && rte_fib_delete(&table, 0x0A000001, 32) == -ENOENT);
}

int main(void)
{
    lpm();
    fib();
    puts("rte: in memory of one's own");
    return 0;
}
