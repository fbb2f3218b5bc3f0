/* Writes what a table of rte_lpm answers to calls that a seed decides. Compiled with PEER for DPDK's own and
 * without for sekisho_rte_lpm.h: .ci/rte.sh compares the two, line by line. */
#ifdef PEER
#include <rte_lpm.h>
#else
#include "sekisho_rte_lpm.h"
#endif
#include "rte.h"

static uint32_t address(void)
{
    return address_before(0xFFFFFF00);
}

static void refused(const char *what, const struct rte_lpm *made)
{
    printf("%s %d %d\n", what, made == NULL, rte_errno);
}

/* What is written where arguments are none, or too many. */
static void errors(void)
{
    static const char longest[] = "a name of thirty-one characters";
    static const char too_long[] = "a name of thirty-two characters!";
    struct rte_lpm_config config = {4, 4, 0};
    struct rte_lpm *lpm, *other;
    uint32_t hop = 0;

    refused("no name", rte_lpm_create(NULL, SOCKET_ID_ANY, &config));
    refused("socket", rte_lpm_create("lpm", -2, &config));
    config.max_rules = 0;
    refused("no rules", rte_lpm_create("lpm", SOCKET_ID_ANY, &config));
    config.max_rules = 4;
    config.number_tbl8s = RTE_LPM_MAX_TBL8_NUM_GROUPS + 1;
    refused("too many groups", rte_lpm_create("lpm", SOCKET_ID_ANY, &config));
    config.number_tbl8s = 0;
    refused("no group", rte_lpm_create("lpm", SOCKET_ID_ANY, &config));
    config.number_tbl8s = 2;

    refused("not there", rte_lpm_find_existing("lpm"));
    lpm = rte_lpm_create("lpm", SOCKET_ID_ANY, &config);
    printf("made %d found %d\n", lpm != NULL, rte_lpm_find_existing("lpm") == lpm);
    refused("again", rte_lpm_create("lpm", SOCKET_ID_ANY, &config));
    printf("other %d %d\n", rte_lpm_find_existing("lp") == NULL, rte_lpm_find_existing("lpm2") == NULL);
    other = rte_lpm_create(longest, SOCKET_ID_ANY, &config);
    printf("longest %d %d\n", other != NULL, rte_lpm_find_existing(longest) == other);
    refused("longest again", rte_lpm_create(longest, SOCKET_ID_ANY, &config));
    rte_lpm_free(other);
    printf("longest gone %d\n", rte_lpm_find_existing(longest) == NULL);
    other = rte_lpm_create(too_long, SOCKET_ID_ANY, &config);
    printf("too long %d %d\n", other != NULL, rte_lpm_find_existing(too_long) == NULL);
    rte_lpm_free(other);
    rte_lpm_free(NULL);

    printf("add %d %d %d\n", rte_lpm_add(NULL, 0, 24, 1), rte_lpm_add(lpm, 0, 0, 1), rte_lpm_add(lpm, 0, 33, 1));
    printf("delete %d %d %d %d\n", rte_lpm_delete(NULL, 0, 24), rte_lpm_delete(lpm, 0, 0),
           rte_lpm_delete(lpm, 0, 33), rte_lpm_delete(lpm, 0, 24));
    printf("present %d %d %d %d %d\n", rte_lpm_is_rule_present(NULL, 0, 24, &hop),
           rte_lpm_is_rule_present(lpm, 0, 24, NULL), rte_lpm_is_rule_present(lpm, 0, 0, &hop),
           rte_lpm_is_rule_present(lpm, 0, 33, &hop), rte_lpm_is_rule_present(lpm, 0, 24, &hop));

    /* Room for four rules, in two groups of deep ones. */
    printf("deep %d %d", rte_lpm_add(lpm, 0x0A000001, 32, 1), rte_lpm_add(lpm, 0x0A000101, 25, 2));
    printf(" no group left %d", rte_lpm_add(lpm, 0x0A000201, 32, 3));
    printf(" not deep %d in a group %d", rte_lpm_add(lpm, 0x0A000200, 24, 3), rte_lpm_add(lpm, 0x0A0000FF, 32, 4));
    printf(" full %d, changed %d", rte_lpm_add(lpm, 0x0B000000, 8, 5), rte_lpm_add(lpm, 0x0A000200, 24, 0xFFFFFF));
    printf(" gone %d again %d\n", rte_lpm_delete(lpm, 0x0A000101, 25), rte_lpm_add(lpm, 0x0A000201, 30, 6));
    printf("lookup %d", rte_lpm_lookup(lpm, 0x0A000205, &hop));
    printf(" %" PRIu32, hop);
    printf(" miss %d\n", rte_lpm_lookup(lpm, 0x0A000103, &hop));
    rte_lpm_delete_all(lpm);
    printf("all gone %d %d\n", rte_lpm_lookup(lpm, 0x0A000205, &hop), rte_lpm_is_rule_present(lpm, 0x0A000200, 24, &hop));
    printf("groups back %d %d\n", rte_lpm_add(lpm, 0x0A000001, 32, 1), rte_lpm_add(lpm, 0x0A000101, 32, 2));
    rte_lpm_free(lpm);
    printf("freed %d\n", rte_lpm_find_existing("lpm") == NULL);
}

static void look(const struct rte_lpm *lpm)
{
    uint32_t ips[70], hops[70], hop = 0, n = number(71), i;
    rte_xmm_t four;
    for (i = 0; i < 4; i++) {
        uint32_t ip = address();
        int status = rte_lpm_lookup(lpm, ip, &hop);
        printf(" %d:%" PRIx32, status, status == 0 ? hop : 0);
    }
    for (i = 0; i < n; i++)
        ips[i] = address();
    printf(" bulk %d", rte_lpm_lookup_bulk(lpm, ips, hops, n));
    for (i = 0; i < n; i++)
        printf(" %" PRIx32, hops[i] & RTE_LPM_LOOKUP_SUCCESS ? hops[i] & 0x01FFFFFF : 0);
    for (i = 0; i < 4; i++)
        four.u32[i] = address();
    rte_lpm_lookupx4(lpm, four.x, hops, UINT32_MAX);
    printf(" x4 %" PRIx32 " %" PRIx32 " %" PRIx32 " %" PRIx32 "\n", hops[0], hops[1], hops[2], hops[3]);
}

/* Rules come and go in a table that is often full, of rules or of groups. */
static void program(const char *name, const struct rte_lpm_config *config, unsigned steps)
{
    struct rte_lpm *lpm = rte_lpm_create(name, SOCKET_ID_ANY, config);
    unsigned step;
    printf("table %d\n", lpm != NULL);
    for (step = 0; step < steps; step++) {
        uint32_t ip = address(), hop = 0;
        uint8_t depth = (uint8_t)(number(3) == 0 ? number(36) : 16 + number(17));
        unsigned what = number(1000);
        if (what < 560) {
            hop = number(4) == 0 ? 0xFFFFFF - number(3) : number(6);
            printf("add %08" PRIx32 "/%u %" PRIx32 " %d", ip, depth, hop, rte_lpm_add(lpm, ip, depth, hop));
        } else if (what < 860) {
            printf("delete %08" PRIx32 "/%u %d", ip, depth, rte_lpm_delete(lpm, ip, depth));
        } else if (what < 999) {
            int is = rte_lpm_is_rule_present(lpm, ip, depth, &hop);
            printf("present %08" PRIx32 "/%u %d %" PRIx32, ip, depth, is, is == 1 ? hop : 0);
        } else {
            rte_lpm_delete_all(lpm);
            printf("delete all");
        }
        look(lpm);
    }
    rte_lpm_free(lpm);
}

int main(int argc, char **argv)
{
    static const struct rte_lpm_config small = {40, 4, 0}, wide = {200, 6, 0}, large = {5000, 300, 0};
    uint64_t seed;
    unsigned steps;
    start(argc, argv, &seed, &steps);
    numbers = seed;
    errors();
    program("small", &small, steps);
    program("wide", &wide, steps);
    program("large", &large, steps);
    return 0;
}
