/* Writes what a table of rte_fib answers to calls that a seed decides; as rte_lpm.c. */
#ifdef PEER
#include <rte_fib.h>
#else
#include "sekisho_rte_fib.h"
#endif
#include "rte.h"

/* Only the default route reaches the end of the address space, as DPDK 22.11 has a fault there: a route that
 * covers others up to 255.255.255.255 overwrites all of DIR-24-8 (lib/fib/dir24_8.c, modify_fib, ledge wraps). */
static uint32_t address(void)
{
    return address_before(0x40A80100) & 0x7FFFFFFF;
}

static struct rte_fib_conf conf_of(enum rte_fib_type type, enum rte_fib_dir24_8_nh_sz size, uint32_t groups,
                                   uint64_t default_nh)
{
    struct rte_fib_conf conf;
    memset(&conf, 0, sizeof conf);
    conf.type = type;
    conf.default_nh = default_nh;
    conf.max_routes = 5000;
    conf.dir24_8.nh_sz = size;
    conf.dir24_8.num_tbl8 = groups;
    return conf;
}

static void refused(const char *what, const struct rte_fib *made)
{
    printf("%s %d %d\n", what, made == NULL, rte_errno);
}

static int is_refused(struct rte_fib_conf conf)
{
    struct rte_fib *fib = rte_fib_create("refused", SOCKET_ID_ANY, &conf);
    int is = fib == NULL;
    rte_fib_free(fib);
    return is;
}

static void errors(void)
{
    struct rte_fib_conf conf = conf_of(RTE_FIB_DUMMY, RTE_FIB_DIR24_8_1B, 0, 7);
    struct rte_fib *fib;

    refused("no name", rte_fib_create(NULL, SOCKET_ID_ANY, &conf));
    refused("no conf", rte_fib_create("fib", SOCKET_ID_ANY, NULL));
    refused("socket", rte_fib_create("fib", -2, &conf));
    conf.max_routes = 0;
    refused("no routes", rte_fib_create("fib", SOCKET_ID_ANY, &conf));
    conf.max_routes = -1;
    refused("fewer routes", rte_fib_create("fib", SOCKET_ID_ANY, &conf));
    conf = conf_of((enum rte_fib_type)2, RTE_FIB_DIR24_8_1B, 1, 0);
    refused("type", rte_fib_create("fib", SOCKET_ID_ANY, &conf));
    printf("size %d\n", is_refused(conf_of(RTE_FIB_DIR24_8, (enum rte_fib_dir24_8_nh_sz)4, 1, 0)));
    printf("groups %d %d %d %d\n", is_refused(conf_of(RTE_FIB_DIR24_8, RTE_FIB_DIR24_8_1B, 0, 0)),
           is_refused(conf_of(RTE_FIB_DIR24_8, RTE_FIB_DIR24_8_1B, 127, 0)),
           is_refused(conf_of(RTE_FIB_DIR24_8, RTE_FIB_DIR24_8_1B, 128, 0)),
           is_refused(conf_of(RTE_FIB_DIR24_8, RTE_FIB_DIR24_8_2B, 32768, 0)));
    printf("default %d %d %d %d\n", is_refused(conf_of(RTE_FIB_DIR24_8, RTE_FIB_DIR24_8_1B, 1, 127)),
           is_refused(conf_of(RTE_FIB_DIR24_8, RTE_FIB_DIR24_8_1B, 1, 128)),
           is_refused(conf_of(RTE_FIB_DIR24_8, RTE_FIB_DIR24_8_4B, 1, 0x7FFFFFFF)),
           is_refused(conf_of(RTE_FIB_DIR24_8, RTE_FIB_DIR24_8_4B, 1, 0x80000000)));

    refused("not there", rte_fib_find_existing("fib"));
    conf = conf_of(RTE_FIB_DIR24_8, RTE_FIB_DIR24_8_2B, 100, 9);
    fib = rte_fib_create("fib", SOCKET_ID_ANY, &conf);
    printf("made %d found %d\n", fib != NULL, rte_fib_find_existing("fib") == fib);
    refused("again", rte_fib_create("fib", SOCKET_ID_ANY, &conf));
    printf("add %d %d %d %d\n", rte_fib_add(NULL, 0, 24, 1), rte_fib_add(fib, 0, 33, 1), rte_fib_add(fib, 0, 24, 0x8000),
           rte_fib_add(fib, 0, 24, 0x7FFF));
    printf("delete %d %d %d %d\n", rte_fib_delete(NULL, 0, 24), rte_fib_delete(fib, 0, 33), rte_fib_delete(fib, 0, 23),
           rte_fib_delete(fib, 0, 24));
    printf("parts %d %d %d\n", rte_fib_get_dp(NULL) == NULL, rte_fib_get_rib(NULL) == NULL, rte_fib_get_dp(fib) != NULL);
    printf("lookups %d %d %d %d\n", rte_fib_select_lookup(fib, RTE_FIB_LOOKUP_DEFAULT),
           rte_fib_select_lookup(fib, RTE_FIB_LOOKUP_DIR24_8_SCALAR_MACRO),
           rte_fib_select_lookup(fib, RTE_FIB_LOOKUP_DIR24_8_SCALAR_UNI),
           rte_fib_select_lookup(fib, (enum rte_fib_lookup_type)9));
    rte_fib_free(fib);
    rte_fib_free(NULL);
    printf("freed %d\n", rte_fib_find_existing("fib") == NULL);
}

static void look(struct rte_fib *fib)
{
    uint32_t ips[150], n = number(8) == 0 ? 150 : number(20), i;
    uint64_t hops[150];
    for (i = 0; i < n; i++)
        ips[i] = address();
    printf(" bulk %d", rte_fib_lookup_bulk(fib, ips, hops, (int)n));
    for (i = 0; i < n; i++)
        printf(" %" PRIx64, hops[i]);
    printf("\n");
}

static void program(struct rte_fib_conf conf, uint32_t largest, unsigned steps)
{
    struct rte_fib *fib = rte_fib_create("program", SOCKET_ID_ANY, &conf);
    unsigned step;
    printf("table %d\n", fib != NULL);
    for (step = 0; step < steps; step++) {
        uint32_t ip = address(), hop = number(4) == 0 ? largest - number(3) : number(6);
        uint8_t depth = (uint8_t)(number(3) == 0 ? number(36) : 16 + number(17));
        if (number(5) < 3)
            printf("add %08" PRIx32 "/%u %" PRIx32 " %d", ip, depth, hop, rte_fib_add(fib, ip, depth, hop));
        else
            printf("delete %08" PRIx32 "/%u %d", ip, depth, rte_fib_delete(fib, ip, depth));
        look(fib);
    }
    rte_fib_free(fib);
}

int main(int argc, char **argv)
{
    uint64_t seed;
    unsigned steps;
    start(argc, argv, &seed, &steps);
    numbers = seed;
    errors();
    program(conf_of(RTE_FIB_DUMMY, RTE_FIB_DIR24_8_1B, 0, UINT64_C(0x123456789ABCDEF)), 0x7FFFFFFF, steps);
    /* So few steps that 127 groups of deep routes are enough for DPDK. */
    program(conf_of(RTE_FIB_DIR24_8, RTE_FIB_DIR24_8_1B, 127, 127), 127, steps < 500 ? steps : 500);
    program(conf_of(RTE_FIB_DIR24_8, RTE_FIB_DIR24_8_2B, 5000, 0), 32767, steps);
    program(conf_of(RTE_FIB_DIR24_8, RTE_FIB_DIR24_8_4B, 5000, 3), 0x7FFFFFFF, steps);
    program(conf_of(RTE_FIB_DIR24_8, RTE_FIB_DIR24_8_8B, 5000, UINT64_C(0x7FFFFFFFFFFFFFFF)), 0x7FFFFFFF, steps);
    return 0;
}
