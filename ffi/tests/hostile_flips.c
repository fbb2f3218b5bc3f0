/* Every byte of every live memory changed, several ways, then every function called that is given this memory:
 * answers may be wrong, but nothing is touched outside of the memories, every call ends, and every answer is a
 * code of the header. HOSTILE_STEP=n changes every nth byte only. */
#include "hostile_functions.h"

static size_t calls, changes, found, unfound;

/* An answer that the header knows. */
static int is_known(const struct function *function, int64_t answer)
{
    if (function->answer != INT || answer >= 0)
        return 1;
    return strcmp(sekisho_strerror((int)answer), "unknown error") != 0;
}

static int takes(const struct function *function, enum block block)
{
    for (size_t i = 0; i < function->count; i++) {
        const struct param *param = function->params + i;
        if (((param->kind == HANDLE || param->kind == FIND) && param->at == (size_t)block) ||
            (param->kind == READER && block == SHARED))
            return 1;
    }
    return 0;
}

static void check_slack(enum block block)
{
    const struct memory *m = world + block;
    for (const uint8_t *at = m->start; at < m->at; at++)
        SAME(*at, 0xC5);
}

/* Calls a function on what is damaged now; the memories are put back but for the damage. */
static void call(const struct function *function, enum block block, size_t at, uint8_t flip)
{
    union value values[10];
    rights(function, values);
    const int64_t answer = function->call(values);
    calls++;
    if (!is_known(function, answer)) {
        fprintf(stderr, "%s with byte %zu of block %d changed by %x: %lld\n", function->name, at, block, flip,
                (long long)answer);
        exit(1);
    }
    for (size_t i = 0; i < function->count; i++)
        if (function->params[i].kind == HANDLE) {
            check_slack((enum block)function->params[i].at);
            put_back((enum block)function->params[i].at);
        }
    put_back(SHARED);
    put_back(DISK);
    put_back(CALLER);
    world[block].at[at] ^= flip;
}

/* A command, a packet of each kind and a look at everything go further in than one call each. */
static void further(enum block block)
{
    if (block == REGION || block == FLOWS) {
        static const char *const lines[] = {
            "create-instance i-3 vsw-1 10.0.0.11", "delete-route-entry vtb-2 0.0.0.0/0",
            "delete-ipv4-gateway ipv4gw-1 mode=public", "delete-vswitch vsw-3", "show vpc-1", "list i",
            "lookup vtb-2 8.8.8.8", "send i-2 8.8.8.8", "receive 8.8.8.8 47.0.0.1", "audit vpc-1", "capacity",
            "unassociate-eip eip-1", "release-eip eip-1"};
        sekisho_region *region = PLACE(REGION, sekisho_region);
        for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++, calls++)
            (void)sekisho_region_line(region, lines[i], strlen(lines[i]), caller->answer, sizeof caller->answer,
                                      &caller->needed);
        const struct end host2 = {HOST2, 4001}, eip = {EIP, 80}, server = {SERVER, 443};
        sekisho_flows *flows = PLACE(FLOWS, sekisho_flows);
        for (uint16_t i = 0; i < 12; i++, calls++) {
            uint8_t packet[64];
            const struct end host = {HOST, (uint16_t)(5000 + i)};
            size_t len = i % 3 == 0 ? udp_packet(packet, host2, server, 64) : udp_packet(packet, host, server, 64);
            (void)sekisho_flows_packet(flows, region, OUT, i % 3 == 0 ? I2 : I1, packet, len, 2000 + i,
                                       &caller->outcome);
            len = udp_packet(packet, server, eip, 64);
            (void)sekisho_flows_packet(flows, region, IN, NOBODY, packet, len, 400000, &caller->outcome);
        }
        (void)sekisho_flows_expire(flows, (uint64_t)1 << 40, UINT32_MAX);
    } else if (block == LPM || block == SHARED) {
        sekisho_lpm *lpm = PLACE(block, sekisho_lpm);
        for (uint32_t i = 0; i < 6; i++, calls++) {
            (void)sekisho_lpm_add(lpm, 0, ip(10, i, 0, 128), (uint8_t)(22 + i), i << 20);
            (void)sekisho_lpm_delete(lpm, 0, ip(10, 2 * i, 2 * i, 2 * i), (uint8_t)(8 + 2 * i));
            (void)sekisho_lpm_lookup_bulk(lpm, 0, caller->ips, caller->next_hops, 9);
        }
        (void)sekisho_lpm_replace_begin(lpm, 0);
        (void)sekisho_lpm_replace_finish(lpm, 0, &caller->removed);
        (void)sekisho_lpm_load(lpm, EMPTY_TABLE, caller->routes, 3);
        (void)sekisho_lpm_check(lpm);
        (void)sekisho_lpm_clear(lpm, 0);
    }
}

/* Whether lookups still answer what they did. */
static void tell(enum block block, const uint32_t *right)
{
    uint32_t now[9];
    sekisho_lpm *lpm = PLACE(block, sekisho_lpm);
    const int is_same = sekisho_lpm_lookup_bulk(lpm, 0, caller->ips, now, 9) == 0 && memcmp(now, right, sizeof now) == 0;
    if (is_same)
        return;
    *(sekisho_lpm_check(lpm) == 0 ? &unfound : &found) += 1;
}

static void damage(enum block block, size_t step)
{
    static const uint8_t flips[] = {0x01, 0x10, 0x80, 0xFF};
    uint32_t right[9];
    if (block == LPM || block == SHARED)
        SAME(sekisho_lpm_lookup_bulk(PLACE(block, sekisho_lpm), 0, caller->ips, right, 9), 0);
    for (size_t at = 0; at < world[block].size; at += step)
        for (size_t i = 0; i < sizeof flips; i++, changes++) {
            for (int other = 0; other < CALLER + 1; other++)
                put_back((enum block)other);
            put_back(EMPTY);
            put_back(DISK);
            world[block].at[at] ^= flips[i];
            alarm(60); /* ends the program if a call does not end */
            if (block == LPM || block == SHARED)
                tell(block, right);
            for (size_t n = 0; n < FUNCTIONS; n++)
                if (takes(functions + n, block))
                    call(functions + n, block, at, flips[i]);
            further(block);
            for (int other = 0; other < BLOCKS; other++)
                check_slack((enum block)other);
        }
    alarm(0);
}

int main(void)
{
    const char *step = getenv("HOSTILE_STEP");
    new_world();
    for (int block = REGION; block <= STEERING; block++) {
        /* The most of a steering is one array of answers alike. */
        const size_t every = step != NULL ? (size_t)atoi(step) : 1;
        damage((enum block)block, block == STEERING ? 13 * every : every);
        for (int other = 0; other < BLOCKS; other++)
            put_back((enum block)other);
    }
    /* Wrong answers between the bounds of routes may go unseen; most do not. */
    TRUE(found > 9 * unfound);
    printf("hostile_flips: %zu changed bytes, %zu calls ok; of %zu that changed answers the check found %zu\n",
           changes, calls, found + unfound, found);
    return 0;
}
