/* A small world of every kind of memory for hostile callers: each memory between pages that cannot be
 * touched, what is beside it filled with a pattern, everything compared after a call and put back. */
#ifndef HOSTILE_H
#define HOSTILE_H

#include "border.h"

#include <stddef.h>
#include <unistd.h>
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#else
#define VALGRIND_MAKE_MEM_DEFINED(at, size) (void)0
#endif

enum { COMMAND_LEN = 18, SECTOR = 2048, SECTORS = 2 };

/* What the caller hands over beside handles: inputs, outputs and arrays. */
struct caller {
    sekisho_outcome outcome;
    sekisho_burst bursts[2];
    sekisho_flow_stats flow_stats;
    sekisho_count count;
    sekisho_meter meter;
    sekisho_lpm_stats lpm_stats;
    sekisho_lpm_config lpm_config;
    sekisho_flows_config flows_config;
    sekisho_profile profile;
    sekisho_region_stats region_stats;
    sekisho_lpm_reader reader, new_reader;
    sekisho_lpm_route routes[3];
    const sekisho_flows *tables_of_flows[2];
    void *handle;
    size_t needed;
    uint64_t hash;
    uint32_t ips[9], tables[9], next_hops[9], hits[1];
    uint32_t cursor, ip, prefix, next_hop, table, removed;
    uint8_t depth;
    uint8_t packets[2][64], answer_packet[600];
    char line[64], answer[600], command[COMMAND_LEN];
    sekisho_journal journal, new_journal;
    sekisho_storage storage;
    sekisho_position position, found;
    sekisho_recovery recovery;
    uint8_t record[SEKISHO_FRAME_MAX], request[SEKISHO_FRAME_MAX], snapshot[SECTOR], made[SECTOR];
};

/* Frames of the caller's, and how long each is. */
enum frames { RECORD, REQUEST, SNAPSHOT, FRAMES_MADE };
static size_t lens[FRAMES_MADE];

enum block {
    REGION,
    LPM,
    SHARED, /* an arena with readers, 0 of which is registered */
    FLOWS,
    STEERING,
    CALLER,
    BLANK_REGION,
    BLANK_LPM,
    BLANK_SHARED,
    BLANK_FLOWS,
    BLANK_STEERING,
    ENDED_REGION,
    ENDED_LPM,
    ENDED_SHARED,
    ENDED_FLOWS,
    ENDED_STEERING,
    ZERO,
    ODD,
    EMPTY, /* a region that nothing has been made in */
    DISK,  /* what the journal is on */
    BLOCKS
};

static struct memory {
    uint8_t *start, *at; /* of what can be touched, and of what is given to the library */
    size_t size, span;   /* of what is given, and of all that can be touched */
    uint8_t *whole, *before;
} world[BLOCKS];

static struct caller *caller;

static void new_memory(enum block block, size_t size)
{
    struct memory *m = world + block;
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    m->size = size;
    m->span = (size + page - 1) / page * page;
    uint8_t *all = (uint8_t *)mmap(NULL, m->span + 2 * page, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    TRUE(all != (uint8_t *)MAP_FAILED);
    SAME(mprotect(all, page, PROT_NONE), 0);
    SAME(mprotect(all + page + m->span, page, PROT_NONE), 0);
    m->start = all + page;
    m->at = m->start + m->span - size;
    memset(m->start, 0xC5, m->span - size);
    m->whole = (uint8_t *)zeroed(m->span);
    m->before = (uint8_t *)zeroed(m->span);
}

/* What lies where the library was given it. */
#define PLACE(block, type) ((type *)(void *)world[block].at)

static inline void put_back(enum block block)
{
    memcpy(world[block].start, world[block].whole, world[block].span);
}

static inline void note(enum block block)
{
    memcpy(world[block].before, world[block].start, world[block].span);
}

static inline int is_untouched(enum block block)
{
    return memcmp(world[block].before, world[block].start, world[block].span) == 0;
}

static sekisho_profile small_profile(void)
{
    const sekisho_profile profile = {sizeof profile, 1, 1, 3, 3, 4, 0, 0, 4, 3, 1, 1, 1, 0, 0, 0, 0, 0, 2};
    return profile;
}

static sekisho_flows_config small_flows(void)
{
    sekisho_flows_config config = flows_config(8);
    config.fragments = 4;
    config.meters = 2;
    return config;
}

enum { LPM_ROUTES = 24, LPM_TABLES = 3, EMPTY_TABLE = 1, NO_TABLE = 2, READERS = 3 };

static sekisho_lpm_config small_arena(int readers)
{
    return configuration(LPM_ROUTES, LPM_TABLES, 0, 0, readers ? READERS : 0);
}

static void fill_arena(sekisho_lpm *lpm)
{
    uint32_t table = 9;
    SAME(sekisho_lpm_table_create(lpm, &table), 0);
    SAME(sekisho_lpm_table_create(lpm, &table), 0);
    SAME(table, EMPTY_TABLE);
    for (uint32_t i = 0; i < 20; i++)
        SAME(sekisho_lpm_add(lpm, 0, ip(10, i, i, i), (uint8_t)(8 + i), 7 + i), 0);
    SAME(sekisho_lpm_add(lpm, 0, 0, 0, 5), 0);
}

static void fill_region(sekisho_region *region)
{
    static const char *const lines[] = {
        "create-vpc vpc-1 vtb-1 10.0.0.0/16",
        "create-vswitch vsw-1 vpc-1 10.0.0.0/24",
        "create-vswitch vsw-2 vpc-1 10.0.1.0/24",
        "create-vswitch vsw-3 vpc-1 10.0.2.0/24",
        "create-route-table vtb-2 vpc-1",
        "associate-route-table vtb-2 vsw-3",
        "create-instance i-1 vsw-1 10.0.0.10",
        "create-instance i-2 vsw-3 10.0.2.10",
        "create-nat-gateway ngw-1 vsw-2 10.0.1.20",
        "allocate-eip eip-1 47.0.0.1",
        "allocate-eip eip-2 47.0.0.2",
        "associate-eip eip-1 i-1",
        "associate-eip eip-2 ngw-1",
        "create-snat-entry ngw-1 10.0.2.0/24 eip-2",
        "create-forward-entry ngw-1 eip-2 tcp 80 10.0.2.10 8080",
        "create-route-entry vtb-2 0.0.0.0/0 ngw-1",
        "create-ipv4-gateway ipv4gw-1 vpc-1",
        "enable-vpc-ipv4-gateway ipv4gw-1 vtb-1",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        SAME(apply(region, lines[i]), 0);
}

/* Packets of two hosts, so that there are flows, a mapping and meters. */
static void fill_flows(sekisho_flows *flows, const sekisho_region *region)
{
    const struct end host = {HOST, 4000}, host2 = {HOST2, 4000}, server = {SERVER, 443};
    uint8_t packet[64];
    sekisho_outcome outcome = new_outcome();
    size_t len = tcp_packet(packet, host, server, 64, SYN);
    SAME(sekisho_flows_packet(flows, region, OUT, I1, packet, len, 1000, &outcome), 0);
    SAME(outcome.next, SEKISHO_NEXT_INTERNET);
    len = udp_packet(packet, host2, server, 64);
    SAME(sekisho_flows_packet(flows, region, OUT, I2, packet, len, 1000, &outcome), 0);
    SAME(outcome.next, SEKISHO_NEXT_INTERNET);
    len = fragment(packet, host2, server, 64, 1);
    SAME(sekisho_flows_packet(flows, region, OUT, I2, packet, len, 1000, &outcome), 0);
}

/* The callbacks of a storage, which is the block DISK. */
static uint8_t *on_disk(uint32_t sector, uint32_t at, size_t len)
{
    TRUE(sector < SECTORS && at <= SECTOR && len <= SECTOR - at);
    return world[DISK].at + sector * SECTOR + at;
}
static int disk_read(void *user, uint32_t sector, uint32_t at, uint8_t *into, size_t len)
{
    (void)user;
    memcpy(into, on_disk(sector, at, len), len);
    return 0;
}
static int disk_write(void *user, uint32_t sector, uint32_t at, const uint8_t *bytes, size_t len)
{
    (void)user;
    memcpy(on_disk(sector, at, len), bytes, len);
    return 0;
}
static int disk_erase(void *user, uint32_t sector)
{
    (void)user;
    memset(on_disk(sector, 0, SECTOR), 0xFF, SECTOR);
    return 0;
}
static int disk_sync(void *user)
{
    (void)user;
    return 0;
}
static inline int take_frame(void *user, const uint8_t *frame, size_t len)
{
    (void)user;
    TRUE(len > 0 && len <= SEKISHO_FRAME_MAX);
    return frame[0] == 0; /* which no frame begins with */
}
static inline int refuse_frame(void *user, const uint8_t *frame, size_t len)
{
    (void)user;
    (void)frame;
    return len > 0;
}

static void fill_store(void)
{
    const sekisho_region *region = PLACE(REGION, sekisho_region);
    memcpy(caller->command, "region blackout=on", COMMAND_LEN);
    caller->position.history = 7;
    caller->position.sequence = 40;
    caller->position.reserved = 0;
    sekisho_position next = caller->position;
    next.sequence++;
    SAME(sekisho_record_encode(&next, caller->command, COMMAND_LEN, caller->record, SEKISHO_FRAME_MAX, lens + RECORD),
         0);
    SAME(sekisho_request_encode(NULL, caller->request, SEKISHO_FRAME_MAX, lens + REQUEST), 0);
    SAME(sekisho_snapshot_save(region, &caller->position, caller->snapshot, SECTOR, lens + SNAPSHOT), 0);
    sekisho_storage *storage = &caller->storage;
    memset(storage, 0, sizeof *storage);
    storage->size = sizeof *storage;
    storage->sectors = SECTORS;
    storage->sector_size = SECTOR;
    storage->write_size = 8;
    storage->erased = 0xFF;
    storage->read = disk_read;
    storage->write = disk_write;
    storage->erase = disk_erase;
    storage->sync = disk_sync;
    SAME(sekisho_journal_format(&caller->journal, storage, region, &caller->position), 0);
    /* Between its fields too, which are compared. */
    (void)VALGRIND_MAKE_MEM_DEFINED(&caller->journal, sizeof caller->journal);
}

static void fill_caller(void)
{
    const struct end host = {HOST, 4000}, server = {SERVER, 443};
    caller = PLACE(CALLER, struct caller);
    memset(caller, 0xAA, sizeof *caller);
    caller->outcome.size = sizeof caller->outcome;
    caller->flow_stats.size = sizeof caller->flow_stats;
    caller->meter.size = sizeof caller->meter;
    caller->lpm_stats.size = sizeof caller->lpm_stats;
    caller->region_stats.size = sizeof caller->region_stats;
    caller->recovery.size = sizeof caller->recovery;
    caller->lpm_config = small_arena(1);
    caller->flows_config = small_flows();
    caller->profile = small_profile();
    for (int i = 0; i < 2; i++) {
        sekisho_burst *burst = caller->bursts + i;
        burst->bytes = caller->packets[i];
        burst->len = tcp_packet(caller->packets[i], host, server, 64, SYN);
        burst->origin = OUT;
        burst->port = I1;
        caller->tables_of_flows[i] = PLACE(FLOWS, sekisho_flows);
    }
    for (uint32_t i = 0; i < 3; i++) {
        caller->routes[i].ip = ip(10, i, 0, 0);
        caller->routes[i].depth = 16;
        caller->routes[i].next_hop = i;
    }
    for (uint32_t i = 0; i < 9; i++) {
        caller->ips[i] = ip(10, i, i, i);
        caller->tables[i] = i % 2;
        caller->next_hops[i] = i % 3 == 0 ? SEKISHO_LPM_MISS : i;
    }
    caller->cursor = 0;
    caller->ip = 0;
    caller->depth = 255;
    memset(caller->line, ' ', sizeof caller->line);
    memcpy(caller->line, "list vpc", 8);
    SAME(sekisho_lpm_reader_register(PLACE(SHARED, sekisho_lpm), 0, &caller->reader), 0);
    fill_store();
}

static void new_world(void)
{
    const sekisho_profile profile = small_profile();
    const sekisho_flows_config flows_are = small_flows();
    sekisho_flows_config steered = flows_are;
    steered.instances = 3;
    const sekisho_lpm_config shared_is = small_arena(1);
    const size_t sizes[5] = {sekisho_region_footprint(&profile), sekisho_lpm_footprint(LPM_ROUTES, LPM_TABLES),
                             sekisho_lpm_config_footprint(&shared_is), sekisho_flows_footprint(&flows_are),
                             sekisho_steering_footprint(4)};
    for (int i = 0; i < 5; i++) {
        TRUE(sizes[i] > 0);
        new_memory((enum block)(REGION + i), sizes[i]);
        new_memory((enum block)(BLANK_REGION + i), sizes[i]);
        new_memory((enum block)(ENDED_REGION + i), sizes[i]);
    }
    new_memory(CALLER, sizeof(struct caller));
    new_memory(ZERO, 4096);
    new_memory(ODD, 4096);
    new_memory(EMPTY, sizes[0]);
    new_memory(DISK, SECTORS * SECTOR);
    sekisho_region *empty = NULL;
    SAME(sekisho_region_init(world[EMPTY].at, sizes[0], &profile, &empty), 0);
    for (int ended = 1; ended >= 0; ended--) {
        const int to = ended ? ENDED_REGION - REGION : 0;
        sekisho_region *region = NULL;
        sekisho_lpm *lpm = NULL, *shared = NULL;
        sekisho_flows *flows = NULL;
        sekisho_steering *steering = NULL;
        SAME(sekisho_region_init(world[REGION + to].at, sizes[0], &profile, &region), 0);
        SAME(sekisho_lpm_init(world[LPM + to].at, sizes[1], LPM_ROUTES, LPM_TABLES, &lpm), 0);
        SAME(sekisho_lpm_init_config(world[SHARED + to].at, sizes[2], &shared_is, &shared), 0);
        SAME(sekisho_flows_init(world[FLOWS + to].at, sizes[3], &flows_are, &flows), 0);
        SAME(sekisho_steering_init(world[STEERING + to].at, sizes[4], &steered, &steering), 0);
        fill_region(region);
        SAME(sekisho_region_reader_register(region, 0), 0);
        fill_arena(lpm);
        fill_arena(shared);
        fill_flows(flows, region);
        if (ended) {
            SAME(sekisho_region_fini(region), 0);
            SAME(sekisho_lpm_fini(lpm), 0);
            SAME(sekisho_lpm_fini(shared), 0);
            SAME(sekisho_flows_fini(flows), 0);
            SAME(sekisho_steering_fini(steering), 0);
        }
    }
    fill_caller();
    for (int block = 0; block < BLOCKS; block++)
        memcpy(world[block].whole, world[block].start, world[block].span);
}

/* Numbers that look random and are the same each time. */
static uint32_t random_state = 1;
static inline uint32_t random_word(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return random_state ^ random_state >> 15;
}

#endif
