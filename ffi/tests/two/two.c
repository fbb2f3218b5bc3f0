/* Two static libraries of Rust in one program: sekisho, and one that knows nothing of it (other.rs). */
#include "check.h"
#include "sekisho.h"

unsigned other_sum(size_t count);

static uint32_t memory[SEKISHO_LPM_FOOTPRINT(16, 1) / sizeof(uint32_t)];

int main(void) {
    sekisho_lpm *lpm;
    uint32_t table, next_hop = 0;
    SAME(sekisho_lpm_init(memory, sizeof memory, 16, 1, &lpm), 0);
    SAME(sekisho_lpm_table_create(lpm, &table), 0);
    SAME(sekisho_lpm_add(lpm, table, 0x0a000000, 8, 7), 0);
    SAME(sekisho_lpm_lookup(lpm, table, 0x0a010203, &next_hop), 0);
    SAME(next_hop, 7);
    SAME(other_sum(4), 10);
    puts("two static libraries: ok");
    return 0;
}
