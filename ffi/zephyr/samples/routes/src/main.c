/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <zephyr/kernel.h>
#include <zephyr/sys/printk.h>

#include <sekisho_arena.h>

int main(void)
{
    sekisho_lpm *arena = sekisho_arena();
    uint32_t table, next_hop;

    if (sekisho_lpm_table_create(arena, &table) != 0 || sekisho_lpm_add(arena, table, 0x0A000000, 8, 1) != 0 ||
        sekisho_lpm_add(arena, table, 0x0A010000, 16, 2) != 0 ||
        sekisho_lpm_lookup(arena, table, 0x0A010203, &next_hop) != 0) {
        printk("no route\n");
        return 0;
    }
    printk("10.1.2.3: next hop %u\n", (unsigned int)next_hop);
    return 0;
}
