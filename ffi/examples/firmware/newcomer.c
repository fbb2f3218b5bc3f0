/* A routing table on a small board: it is filled until it says that it is full, and every answer is
 * compared with a plain scan of the routes. */
#include "board.h"
#include "sekisho.h"

#ifndef ROUTES
/* As many as fit into 16 KiB of RAM with the stack that changes of them take. */
#define ROUTES 32
#endif

static uint32_t memory[SEKISHO_LPM_FOOTPRINT(ROUTES, 1) / sizeof(uint32_t)];
static struct {
    uint32_t ip, mask, next_hop;
} routes[ROUTES];
static uint32_t route_count;

static uint32_t state = 0x9E3779B9;

/* Xorshift: no pattern, and the same in every run. */
static uint32_t random_word(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    return state ^= state << 5;
}

static uint32_t mask_of(uint8_t depth)
{
    return depth == 0 ? 0 : UINT32_MAX << (32 - depth);
}

/* Whether table and scan agree about an address. */
static bool agree(const sekisho_lpm *lpm, uint32_t table, uint32_t ip)
{
    uint32_t wanted = 0, longest = 0, next_hop = 0;
    bool has = false;
    for (uint32_t i = 0; i < route_count; i++)
        if ((ip & routes[i].mask) == routes[i].ip && (!has || routes[i].mask >= longest)) {
            has = true;
            longest = routes[i].mask;
            wanted = routes[i].next_hop;
        }
    const int code = sekisho_lpm_lookup(lpm, table, ip, &next_hop);
    return has ? code == 0 && next_hop == wanted : code == SEKISHO_ENOENT;
}

/* Asks near each route and anywhere; answers how often, or 0 after a wrong answer. */
static uint32_t compared(const sekisho_lpm *lpm, uint32_t table)
{
    uint32_t asked = 0;
    for (uint32_t i = 0; i < route_count; i++) {
        const uint32_t first = routes[i].ip, last = first | ~routes[i].mask;
        const uint32_t edges[] = {first - 1, first, last, last + 1};
        for (size_t n = 0; n < sizeof edges / sizeof *edges; n++, asked++)
            if (!agree(lpm, table, edges[n]))
                return 0;
    }
    for (int i = 0; i < 512; i++, asked++)
        if (!agree(lpm, table, i % 2 ? random_word() : random_word() & 0x0F0FFFFF))
            return 0;
    return asked;
}

static const char *run(void)
{
    sekisho_lpm *lpm;
    uint32_t table, next_hop;
    if (sekisho_lpm_init(memory, sizeof memory, ROUTES, 1, &lpm) != 0)
        return "the memory";
    if (sekisho_lpm_table_create(lpm, &table) != 0)
        return "the table";
    while (route_count < ROUTES) {
        const uint8_t depth = (uint8_t)(random_word() % 33);
        const uint32_t mask = mask_of(depth), ip = random_word() & 0x0F0FFFFF & mask;
        if (sekisho_lpm_get(lpm, table, ip, depth, &next_hop) == 0)
            continue;
        routes[route_count].ip = ip;
        routes[route_count].mask = mask;
        routes[route_count].next_hop = random_word() % 1000;
        if (sekisho_lpm_add(lpm, table, ip, depth, routes[route_count].next_hop) != 0)
            return "a route";
        route_count++;
    }
    if (sekisho_lpm_add(lpm, table, 0xF0000000, 4, 7) != SEKISHO_ENOSPC)
        return "a full table";
    const uint32_t full = compared(lpm, table);
    if (full == 0)
        return "a lookup";
    while (route_count > 0) {
        route_count--;
        uint8_t depth = 0;
        while (mask_of(depth) != routes[route_count].mask)
            depth++;
        if (sekisho_lpm_delete(lpm, table, routes[route_count].ip, depth) != 0)
            return "a deletion";
        if (compared(lpm, table) == 0)
            return "a lookup after a deletion";
    }
    log_text("newcomer: routes=");
    log_number(ROUTES);
    log_text(" bytes=");
    log_number(sizeof memory);
    log_text(" compared=");
    log_number(full);
    log_text(" stack=");
    log_number(stack_deepest());
    log_text("\n");
    return NULL;
}

int main(void)
{
    board_start();
    stack_paint();
    const char *trouble = run();
    if (trouble == NULL)
        return 0;
    log_text(trouble);
    log_text(" is not as it should be\n");
    return 1;
}
