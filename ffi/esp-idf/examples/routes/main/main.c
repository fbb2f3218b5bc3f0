/* Longest-prefix match in static memory, as large as menuconfig says. */
#include <stdio.h>

#include "sekisho_arena.h"

void app_main(void)
{
    sekisho_lpm *arena = sekisho_arena();
    uint32_t table, next_hop;

    if (sekisho_lpm_table_create(arena, &table) != 0 || sekisho_lpm_add(arena, table, 0x0A000000, 8, 1) != 0 ||
        sekisho_lpm_add(arena, table, 0x0A010000, 16, 2) != 0 ||
        sekisho_lpm_lookup(arena, table, 0x0A010203, &next_hop) != 0) {
        printf("no route\n");
        return;
    }
    printf("10.1.2.3: next hop %u\n", (unsigned)next_hop);
}
