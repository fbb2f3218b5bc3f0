/* A routing table in static memory. */
#include <stdio.h>
#include <string.h>

#include <sekisho.h>

static uint32_t memory[SEKISHO_LPM_FOOTPRINT(100, 1) / sizeof(uint32_t)];

int main(void)
{
    static const uint32_t ips[] = {0x0A010203, 0x0A020304, 0xC0000201};
    uint32_t next_hops[3], table;
    sekisho_lpm *lpm;
    size_t i;

    /* The header that was compiled and the library that runs are of one version. */
    if (strcmp(sekisho_version(), SEKISHO_VERSION) != 0) {
        fprintf(stderr, "header %s, library %s\n", SEKISHO_VERSION, sekisho_version());
        return 1;
    }
    if (sekisho_lpm_init(memory, sizeof memory, 100, 1, &lpm) != 0 || sekisho_lpm_table_create(lpm, &table) != 0 ||
        sekisho_lpm_add(lpm, table, 0x0A000000, 8, 1) != 0 || sekisho_lpm_add(lpm, table, 0x0A010000, 16, 2) != 0 ||
        sekisho_lpm_lookup_bulk(lpm, table, ips, next_hops, 3) != 0)
        return 1;
    for (i = 0; i < 3; i++) {
        if (next_hops[i] == SEKISHO_LPM_MISS)
            printf("%08lx no route\n", (unsigned long)ips[i]);
        else
            printf("%08lx next hop %lu\n", (unsigned long)ips[i], (unsigned long)next_hops[i]);
    }
    return 0;
}
