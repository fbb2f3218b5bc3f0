/* A program that was written for DPDK's rte_lpm: only its include is another one. */
#include <stdio.h>

#include <sekisho_rte_lpm.h>

int main(void)
{
    struct rte_lpm_config config = {.max_rules = 1024, .number_tbl8s = 256};
    struct rte_lpm *lpm = rte_lpm_create("forward", SOCKET_ID_ANY, &config);
    uint32_t port;

    if (lpm == NULL)
        return 1;
    if (rte_lpm_add(lpm, 0x0A000000, 8, 1) != 0 || rte_lpm_add(lpm, 0x0A010000, 16, 2) != 0 ||
        rte_lpm_lookup(lpm, 0x0A010203, &port) != 0)
        return 1;
    printf("10.1.2.3 by port %u\n", (unsigned)port);
    rte_lpm_free(lpm);
    return 0;
}
