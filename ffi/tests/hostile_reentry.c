/* Calls from a signal handler amid every kind of change: at every single instruction of it, by the processor's
 * trap flag, or with the argument "timer" (and where there is no such flag) whenever a timer rings.
 *
 * A reader sees the state before or after, and never goes back; another change of the same memory is refused as
 * busy; counters can be read; and the change ends as if nothing had come between. With "full" there are more of
 * each change. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* for REG_EFL */
#endif
#include "hostile.h"

#include <signal.h>
#include <sys/time.h>
#include <ucontext.h>

#if defined(__x86_64__) && defined(REG_EFL)
#define HAS_TRAP 1
#else
#define HAS_TRAP 0
#endif

static volatile sig_atomic_t is_stepping;
static int by_timer;
static void (*interrupt)(void);
static size_t interrupts, busy, idle;

static void on_trap(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    (void)context;
    if (is_stepping) {
        interrupt();
        interrupts++;
    }
#if HAS_TRAP
    ucontext_t *at = (ucontext_t *)context;
    if (is_stepping && !by_timer)
        at->uc_mcontext.gregs[REG_EFL] |= 0x100;
    else
        at->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)0x100;
#endif
}

static void begin(void (*handler)(void))
{
    interrupt = handler;
    is_stepping = 1;
    if (!by_timer)
        (void)raise(SIGTRAP); /* its handler sets the flag */
}

static void end(void)
{
    is_stepping = 0;
}

/* A change of the same memory amid another. */
static void note_busy(int answer)
{
    if (answer == SEKISHO_EBUSY)
        busy++;
    else if (answer == 0)
        idle++;
    else
        SAME(answer, SEKISHO_EBUSY);
}

/* ---- Tables ---------------------------------------------------------------------------------- */

enum { PROBES = 9 };
static uint32_t old_hops[PROBES], new_hops[PROBES];
static int is_new[PROBES];
static sekisho_lpm *arena;
static sekisho_lpm_reader lpm_reader;

static void probe(const sekisho_lpm *lpm, uint32_t *hops)
{
    SAME(sekisho_lpm_lookup_bulk(lpm, 0, caller->ips, hops, PROBES), 0);
}

static void amid_table(void)
{
    uint32_t bulk[PROBES];
    SAME(sekisho_lpm_reader_lookup_bulk(&lpm_reader, 0, caller->ips, bulk, PROBES), 0);
    for (size_t i = 0; i < PROBES; i++) {
        uint32_t hop = SEKISHO_LPM_MISS;
        const int answer = sekisho_lpm_reader_lookup(&lpm_reader, 0, caller->ips[i], &hop);
        TRUE(answer == 0 || answer == SEKISHO_ENOENT);
        SAME(hop, bulk[i]);
        if (old_hops[i] == new_hops[i]) {
            SAME(hop, old_hops[i]);
            continue;
        }
        TRUE(hop == new_hops[i] || (hop == old_hops[i] && !is_new[i]));
        is_new[i] = hop == new_hops[i];
    }
    SAME(sekisho_lpm_reader_quiescent(&lpm_reader), 0);
    note_busy(sekisho_lpm_reclaim(arena));
    uint32_t table = 9;
    const int made = sekisho_lpm_table_create(arena, &table);
    if (made == 0)
        SAME(sekisho_lpm_table_delete(arena, table), 0);
    note_busy(made);
}

static int change_table(sekisho_lpm *lpm, int n)
{
    uint32_t old = 0;
    const uint8_t k = (uint8_t)(n % 20);
    switch (n % 5) {
    case 0: return sekisho_lpm_add(lpm, 0, ip(10, k, k, k), (uint8_t)(8 + k), (uint32_t)n << 16);
    case 1: return sekisho_lpm_add_flags(lpm, 0, ip(10, k, k, k), 32, (uint32_t)n, 0, &old);
    case 2: return sekisho_lpm_delete(lpm, 0, ip(10, (uint8_t)(k - 1), (uint8_t)(k - 1), (uint8_t)(k - 1)), 32);
    case 3: return sekisho_lpm_add(lpm, 0, 0, 0, (uint32_t)n);
    default: return sekisho_lpm_add(lpm, 0, ip(10, 3, 0, 0), (uint8_t)(12 + k / 2), (uint32_t)n);
    }
}

/* The same changes are made to a twin first, which tells what is seen after each. */
static void tables(int changes)
{
    arena = PLACE(SHARED, sekisho_lpm);
    sekisho_lpm *twin = PLACE(LPM, sekisho_lpm);
    SAME(sekisho_lpm_reader_unregister(&caller->reader), 0);
    SAME(sekisho_lpm_reader_register(arena, 0, &lpm_reader), 0);
    for (int n = 0; n < changes; n++) {
        probe(twin, old_hops);
        const int want = change_table(twin, n);
        probe(twin, new_hops);
        memset(is_new, 0, sizeof is_new);
        int answer, tries = 0;
        do { /* room may have to wait for what the reader saw before */
            TRUE(++tries < 9);
            SAME(sekisho_lpm_reader_quiescent(&lpm_reader), 0);
            begin(amid_table);
            answer = change_table(arena, n);
            end();
        } while (answer == SEKISHO_EBUSY);
        SAME(answer, want);
        uint32_t now[PROBES];
        probe(arena, now);
        SAME(memcmp(now, new_hops, sizeof now), 0);
        SAME(sekisho_lpm_check(arena), 0);
    }
    TRUE(by_timer || busy > 1000);
    printf("tables: %d changes, %zu interrupts, %zu busy, %zu between\n", changes, interrupts, busy, idle);
    interrupts = busy = idle = 0;
}

/* ---- Regions --------------------------------------------------------------------------------- */

static sekisho_region *region;
static uint32_t old_next, new_next;
static int next_is_new;

/* What becomes of a packet of i-1 to the Internet. */
static uint32_t judge(sekisho_region *of)
{
    const struct end host = {HOST, 4000}, server = {SERVER, 443};
    uint8_t packet[64];
    const size_t len = udp_packet(packet, host, server, 64);
    sekisho_outcome outcome = new_outcome();
    SAME(sekisho_packet(of, OUT, I1, packet, len, SEKISHO_FLOW_NEW, &outcome), 0);
    return outcome.next == SEKISHO_NEXT_DROP ? 100 + outcome.drop : outcome.next;
}

static void amid_command(void)
{
    const uint32_t next = judge(region);
    TRUE(next == new_next || (next == old_next && !next_is_new));
    next_is_new = next == new_next && old_next != new_next;
    SAME(sekisho_region_reader_quiescent(region, 0), 0);
    note_busy(apply(region, "list vpc"));
}

static void commands(size_t most)
{
    static const char *const lines[] = {
        "delete-route-entry vtb-1 0.0.0.0/0", "create-route-entry vtb-1 0.0.0.0/0 ipv4gw-1",
        "unassociate-eip eip-1",              "associate-eip eip-1 i-1",
        "delete-ipv4-gateway ipv4gw-1 mode=public", "create-route-entry vtb-1 8.0.0.0/8 i-2",
        "create-ipv4-gateway ipv4gw-1 vpc-1",       "enable-vpc-ipv4-gateway ipv4gw-1 vtb-1",
        "delete-vswitch vsw-1" /* refused */, "delete-route-entry vtb-1 8.0.0.0/8"};
    region = PLACE(REGION, sekisho_region);
    for (size_t i = 0; i < most && i < sizeof lines / sizeof lines[0]; i++) {
        sekisho_region *twin = PLACE(BLANK_REGION, sekisho_region);
        memcpy(twin, region, world[REGION].size);
        old_next = judge(twin);
        int want;
        do {
            SAME(sekisho_region_reader_quiescent(twin, 0), 0);
            want = apply(twin, lines[i]);
        } while (want == SEKISHO_ERROR_BUSY);
        new_next = judge(twin);
        next_is_new = 0;
        SAME(sekisho_region_reader_quiescent(region, 0), 0);
        begin(amid_command);
        const int answer = apply(region, lines[i]);
        end();
        if (answer != want)
            fprintf(stderr, "%s\n", lines[i]);
        SAME(answer, want);
        SAME(judge(region), new_next);
        SAME(hash(region), hash(twin));
        SAME(sekisho_region_check(region), 0);
    }
    TRUE(by_timer || busy > 1000);
    printf("commands: %zu interrupts, %zu busy, %zu between\n", interrupts, busy, idle);
    interrupts = busy = idle = 0;
}

/* ---- Flows ----------------------------------------------------------------------------------- */

static sekisho_flows *flow_table;
static sekisho_steering *steering;
static uint64_t counted;

static void amid_packet(void)
{
    const struct end host = {HOST, 4001}, server = {SERVER, 443};
    uint8_t packet[64];
    const size_t len = udp_packet(packet, host, server, 64);
    sekisho_outcome outcome = new_outcome();
    note_busy(sekisho_flows_packet(flow_table, region, OUT, I1, packet, len, 1000, &outcome));
    const int owner = sekisho_steering_owner(steering, region, OUT, I1, packet, len, 1000);
    TRUE(owner == SEKISHO_EBUSY || (owner >= 0 && owner < 3));
    sekisho_count count = {0, 0};
    SAME(sekisho_flows_next_count(flow_table, SEKISHO_NEXT_INTERNET, &count), 0);
    TRUE(count.packets >= counted);
    counted = count.packets;
}

static void packets(uint16_t most)
{
    flow_table = PLACE(FLOWS, sekisho_flows);
    steering = PLACE(STEERING, sekisho_steering);
    const struct end host2 = {HOST2, 4000}, server = {SERVER, 443};
    for (uint16_t i = 0; i < most; i++) {
        const struct end host = {HOST, (uint16_t)(6000 + i / 2)};
        uint8_t packet[64];
        size_t len = udp_packet(packet, i % 4 == 3 ? host2 : host, server, 64);
        sekisho_outcome outcome = new_outcome();
        int owner = 0;
        begin(amid_packet);
        int answer = sekisho_flows_packet(flow_table, region, OUT, i % 4 == 3 ? I2 : I1, packet, len, 1000, &outcome);
        if (answer == 0)
            owner = sekisho_steering_owner(steering, region, OUT, I1, packet, len, 1000);
        end();
        SAME(answer, 0);
        TRUE(owner >= 0 && owner < 3);
        SAME(outcome.next, SEKISHO_NEXT_INTERNET);
    }
    TRUE(by_timer || busy > 1000);
    printf("packets: %zu interrupts, %zu busy, %zu between\n", interrupts, busy, idle);
}

int main(int argc, char **argv)
{
    by_timer = !HAS_TRAP || (argc > 1 && strcmp(argv[1], "timer") == 0);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_trap;
    action.sa_flags = SA_SIGINFO;
    SAME(sigaction(by_timer ? SIGALRM : SIGTRAP, &action, NULL), 0);
    new_world();
    const struct itimerval often = {{0, 50}, {0, 50}};
    if (by_timer)
        SAME(setitimer(ITIMER_REAL, &often, NULL), 0);
    const int all = by_timer || (argc > 1 && strcmp(argv[1], "full") == 0);
    tables(by_timer ? 20000 : all ? 60 : 5);
    commands(all ? SIZE_MAX : 4);
    packets(all ? 12 : 4);
    puts("hostile_reentry: ok");
    return 0;
}
