/* Every function of the header, with what each of its parameters is. A function that is not here makes
 * .ci/hostile.sh fail. */
#ifndef HOSTILE_FUNCTIONS_H
#define HOSTILE_FUNCTIONS_H

#include "hostile.h"

/* What a parameter is, which decides how it is attacked. */
enum kind {
    HANDLE,   /* of block `at`; with `code` it may be NULL */
    MAKE,     /* blank memory of block `at`, to be initialised */
    MAKE_LEN, /* its length, of which less is too little */
    MAKE_ALL, /* the same where all is used */
    FIND,     /* memory of block `at`, to be attached to */
    FIND_LEN, /* its length */
    SIZED,    /* a structure of the caller's with its size first, to be written */
    SIZED_IN, /* the same, to be read */
    SIZED_WANTED, /* a SIZED, or NULL if it is not wanted */
    OUTPUT,   /* a place of the caller's, `size` its alignment */
    WANTED,   /* the same, or NULL if it is not wanted */
    ARRAY,    /* an array of the caller's, `size` its alignment */
    COUNT,    /* how many items it has, `at` of `size` bytes each */
    NOT_MANY, /* the same where it is only an array of pointers */
    BYTES,    /* bytes of the caller's */
    BYTES_LEN,
    ROOM,       /* for `at` bytes, under `size` it is too little */
    ANY,        /* any number is right, `at` is used */
    TABLE,      /* the number of a table, `code` if there is none */
    ANY_TABLE,  /* one that need not exist */
    DEPTH,      /* up to 32 */
    CURSOR,     /* a place of a depth up to 32, or 255 */
    NEXT_HOP,   /* up to 31 bits */
    FLAGS,      /* `at` of them are known */
    ROOT_BITS,  /* 0, 16, 24 */
    ROUTES,     /* capacities */
    TABLES,     /*  */
    FRAGMENTS,  /*  */
    ORIGIN,     /* enumerations */
    FLOW,       /*  */
    NEXT,       /*  */
    REASON,     /*  */
    PORT,       /* an id */
    NEW_INDEX,  /* of a reader: not registered */
    OLD_INDEX,  /* registered */
    READER,     /* a reader of an arena */
    JOURNAL,    /* a journal of the caller's */
    NEW_JOURNAL, /* what is to become one */
    STORAGE,    /* callbacks that it is to be made with */
    POSITION,   /* a position; with `code` it may be NULL */
    FRAME,      /* bytes of the caller's, `at` them */
    FRAME_LEN,  /* as many as they are: lens[at] */
    SEND,       /* a function that frames are given to; with `code` it may be NULL */
    CODE        /* any number of which a name is asked */
};

struct param {
    enum kind kind;
    size_t at, size;
    int code;
};

union value {
    void *p;
    uint64_t n;
    sekisho_id id;
    int (*send)(void *user, const uint8_t *frame, size_t len);
};

enum answer { INT, SIZE, TEXT };

struct function {
    const char *name;
    int64_t (*call)(const union value *a);
    enum answer answer;
    struct param params[10];
    size_t count;
};

/* Arguments by their places. */
#define P(i, type) ((type *)a[i].p)
#define N(i, type) ((type)a[i].n)
#define REGION_(i) P(i, sekisho_region)
#define FLOWS_(i) P(i, sekisho_flows)
#define STEERING_(i) P(i, sekisho_steering)
#define LPM_(i) P(i, sekisho_lpm)
#define READER_(i) P(i, sekisho_lpm_reader)
#define JOURNAL_(i) P(i, sekisho_journal)
#define STORAGE_(i) P(i, sekisho_storage)
#define POSITION_(i) P(i, sekisho_position)
#define BYTES_(i) P(i, uint8_t)
#define U32(i) N(i, uint32_t)
#define LEN(i) N(i, size_t)
#define OUT32(i) P(i, uint32_t)

#define CALLS(name, ...) \
    static int64_t call_##name(const union value *a) \
    { \
        (void)a; \
        return (int64_t)(intptr_t)sekisho_##name(__VA_ARGS__); \
    }

CALLS(capacity, REGION_(0), P(1, sekisho_profile))
CALLS(stats, REGION_(0), P(1, sekisho_region_stats))
CALLS(region_check, REGION_(0))
CALLS(region_hash, REGION_(0), P(1, uint64_t))
CALLS(region_fini, REGION_(0))
CALLS(region_footprint, P(0, sekisho_profile))
CALLS(region_align, )
CALLS(region_init, a[0].p, LEN(1), P(2, sekisho_profile), P(3, sekisho_region *))
CALLS(region_attach, a[0].p, LEN(1), P(2, sekisho_region *))
CALLS(region_line, REGION_(0), P(1, char), LEN(2), P(3, char), LEN(4), P(5, size_t))
CALLS(region_line_counted, REGION_(0), P(1, const sekisho_flows *), LEN(2), P(3, char), LEN(4), P(5, char),
      LEN(6), P(7, size_t))
CALLS(region_reader_register, REGION_(0), N(1, uint16_t))
CALLS(region_reader_quiescent, REGION_(0), N(1, uint16_t))
CALLS(region_reader_unregister, REGION_(0), N(1, uint16_t))
CALLS(profile_large, P(0, sekisho_profile))
CALLS(profile_firmware, P(0, sekisho_profile))
CALLS(packet, REGION_(0), U32(1), a[2].id, P(3, uint8_t), LEN(4), U32(5), P(6, sekisho_outcome))
CALLS(time_exceeded, P(0, uint8_t), LEN(1), U32(2), P(3, uint8_t), LEN(4))
CALLS(flows_config_default, P(0, sekisho_flows_config), U32(1))
CALLS(flows_footprint, P(0, sekisho_flows_config))
CALLS(flows_align, )
CALLS(flows_capacity, FLOWS_(0), P(1, sekisho_flows_config))
CALLS(flows_init, a[0].p, LEN(1), P(2, sekisho_flows_config), P(3, sekisho_flows *))
CALLS(flows_attach, a[0].p, LEN(1), P(2, sekisho_flows *))
CALLS(flows_fini, FLOWS_(0))
CALLS(flows_stats, FLOWS_(0), P(1, sekisho_flow_stats))
CALLS(flows_next_count, FLOWS_(0), U32(1), P(2, sekisho_count))
CALLS(flows_drop_count, FLOWS_(0), U32(1), P(2, sekisho_count))
CALLS(flows_meter, FLOWS_(0), U32(1), P(2, sekisho_meter))
CALLS(flows_meters, FLOWS_(0), OUT32(1), P(2, sekisho_meter))
CALLS(flows_packet, FLOWS_(0), REGION_(1), U32(2), a[3].id, P(4, uint8_t), LEN(5), a[6].n,
      P(7, sekisho_outcome))
CALLS(flows_burst, FLOWS_(0), REGION_(1), P(2, sekisho_burst), LEN(3), a[4].n)
CALLS(flows_expire, FLOWS_(0), a[1].n, U32(2))
CALLS(steering_footprint, U32(0))
CALLS(steering_align, )
CALLS(steering_init, a[0].p, LEN(1), P(2, sekisho_flows_config), P(3, sekisho_steering *))
CALLS(steering_attach, a[0].p, LEN(1), P(2, sekisho_steering *))
CALLS(steering_fini, STEERING_(0))
CALLS(steering_owner, STEERING_(0), REGION_(1), U32(2), a[3].id, P(4, uint8_t), LEN(5), a[6].n)
CALLS(lpm_init, a[0].p, LEN(1), U32(2), U32(3), P(4, sekisho_lpm *))
CALLS(lpm_init_config, a[0].p, LEN(1), P(2, sekisho_lpm_config), P(3, sekisho_lpm *))
CALLS(lpm_attach, a[0].p, LEN(1), P(2, sekisho_lpm *))
CALLS(lpm_fini, LPM_(0))
CALLS(lpm_footprint, U32(0), U32(1))
CALLS(lpm_config_footprint, P(0, sekisho_lpm_config))
CALLS(lpm_align, )
CALLS(lpm_capacity, LPM_(0), P(1, sekisho_lpm_config))
CALLS(lpm_check, LPM_(0))
CALLS(lpm_get_stats, LPM_(0), P(1, sekisho_lpm_stats))
CALLS(lpm_lookup, LPM_(0), U32(1), U32(2), OUT32(3))
CALLS(lpm_lookup_prefix, LPM_(0), U32(1), U32(2), OUT32(3), P(4, uint8_t), OUT32(5))
CALLS(lpm_lookup_bulk, LPM_(0), U32(1), OUT32(2), OUT32(3), LEN(4))
CALLS(lpm_lookup_bulk_be, LPM_(0), U32(1), OUT32(2), OUT32(3), LEN(4))
CALLS(lpm_lookup_mixed, LPM_(0), OUT32(1), OUT32(2), OUT32(3), LEN(4))
CALLS(lpm_hits, OUT32(0), LEN(1), U32(2), OUT32(3))
CALLS(lpm_reader_register, LPM_(0), N(1, uint16_t), READER_(2))
CALLS(lpm_reader_quiescent, READER_(0))
CALLS(lpm_reader_pause, READER_(0))
CALLS(lpm_reader_resume, READER_(0))
CALLS(lpm_reader_unregister, READER_(0))
CALLS(lpm_forget_reader, LPM_(0), N(1, uint16_t))
CALLS(lpm_reclaim, LPM_(0))
CALLS(lpm_reader_lookup, READER_(0), U32(1), U32(2), OUT32(3))
CALLS(lpm_reader_lookup_bulk, READER_(0), U32(1), OUT32(2), OUT32(3), LEN(4))
CALLS(lpm_reader_lookup_bulk_be, READER_(0), U32(1), OUT32(2), OUT32(3), LEN(4))
CALLS(lpm_reader_lookup_mixed, READER_(0), OUT32(1), OUT32(2), OUT32(3), LEN(4))
CALLS(lpm_add, LPM_(0), U32(1), U32(2), N(3, uint8_t), U32(4))
CALLS(lpm_add_flags, LPM_(0), U32(1), U32(2), N(3, uint8_t), U32(4), U32(5), OUT32(6))
CALLS(lpm_delete, LPM_(0), U32(1), U32(2), N(3, uint8_t))
CALLS(lpm_delete_flags, LPM_(0), U32(1), U32(2), N(3, uint8_t), U32(4), OUT32(5))
CALLS(lpm_get, LPM_(0), U32(1), U32(2), N(3, uint8_t), OUT32(4))
CALLS(lpm_next, LPM_(0), U32(1), OUT32(2), P(3, uint8_t), OUT32(4))
CALLS(lpm_covered, LPM_(0), U32(1), U32(2), N(3, uint8_t), OUT32(4), P(5, uint8_t), OUT32(6))
CALLS(lpm_covering, LPM_(0), U32(1), U32(2), N(3, uint8_t), OUT32(4), P(5, uint8_t), OUT32(6))
CALLS(lpm_table_create, LPM_(0), OUT32(1))
CALLS(lpm_table_create_root, LPM_(0), U32(1), OUT32(2))
CALLS(lpm_table_delete, LPM_(0), U32(1))
CALLS(lpm_clear, LPM_(0), U32(1))
CALLS(lpm_load, LPM_(0), U32(1), P(2, sekisho_lpm_route), LEN(3))
CALLS(lpm_replace_begin, LPM_(0), U32(1))
CALLS(lpm_replace_finish, LPM_(0), U32(1), OUT32(2))
CALLS(record_encode, POSITION_(0), P(1, char), LEN(2), BYTES_(3), LEN(4), P(5, size_t))
CALLS(record_check, BYTES_(0), LEN(1), POSITION_(2))
CALLS(snapshot_save, REGION_(0), POSITION_(1), BYTES_(2), LEN(3), P(4, size_t))
CALLS(snapshot_load, REGION_(0), REGION_(1), BYTES_(2), LEN(3), POSITION_(4))
CALLS(journal_format, JOURNAL_(0), STORAGE_(1), REGION_(2), POSITION_(3))
CALLS(journal_mount, JOURNAL_(0), STORAGE_(1), REGION_(2), P(3, sekisho_recovery))
CALLS(journal_close, JOURNAL_(0))
CALLS(journal_position, JOURNAL_(0), POSITION_(1))
CALLS(journal_apply, JOURNAL_(0), REGION_(1), P(2, char), LEN(3), a[4].send, a[5].p)
CALLS(journal_receive, JOURNAL_(0), REGION_(1), BYTES_(2), LEN(3))
CALLS(journal_adopt, JOURNAL_(0), REGION_(1), POSITION_(2))
CALLS(journal_serve, JOURNAL_(0), REGION_(1), BYTES_(2), LEN(3), a[4].send, a[5].p)
CALLS(follower_receive, POSITION_(0), REGION_(1), BYTES_(2), LEN(3))
CALLS(request_encode, POSITION_(0), BYTES_(1), LEN(2), P(3, size_t))
CALLS(strerror, N(0, int))
CALLS(drop_reason_name, U32(0))
CALLS(version, )

/* Parameters. */
#define OF(field) offsetof(struct caller, field), sizeof(((struct caller *)0)->field)
#define AT(field) offsetof(struct caller, field)
#define H(block) {HANDLE, block, 0, 0}
#define MAKES(block) {MAKE, block, 0, 0}, {MAKE_LEN, block, 0, 0}
#define FINDS(block) {FIND, block, 0, 0}, {FIND_LEN, block, 0, 0}, O(handle)
#define S(field) {SIZED, OF(field), 0}
#define SI(field) {SIZED_IN, OF(field), 0}
/* The time of calls, later than any before. */
enum { NOW = 2000 };
#define SW(field) {SIZED_WANTED, OF(field), 0}
#define O(field) {OUTPUT, AT(field), sizeof(((struct caller *)0)->field), 0}
#define W(field) {WANTED, AT(field), sizeof(((struct caller *)0)->field), 0}
#define A(field, align) {ARRAY, AT(field), align, 0}
#define CNT(n, size) {COUNT, n, size, 0}
#define B(field) {BYTES, OF(field), 0}
#define BL(n) {BYTES_LEN, n, 0, 0}
#define X(n) {ANY, n, 0, 0}
#define T(n, code) {TABLE, n, 0, code}
#define XT {ANY_TABLE, 0, 0, 0}
#define D(n) {DEPTH, n, 0, 0}
#define K(kind) {kind, 0, 0, 0}

enum { TCP = TCP_LEN, TEN = 0x0A000000, TEN_FIVE = 0x0A050505 };
#define LOOKUPS A(ips, 4), A(next_hops, 4), CNT(9, 4)
#define PACKET K(ORIGIN), K(PORT), B(packets[0]), BL(TCP)
#define FRAMES(field, n) {FRAME, AT(field), n, 0}, {FRAME_LEN, n, 0, 0}
#define PLACED(code) {POSITION, AT(position), 0, code}
#define COMMAND B(command), BL(COMMAND_LEN)
/* An answer in room for all of it; what a shorter one needs is told. */
#define MADE(least) B(made), {ROOM, sizeof(((struct caller *)0)->made), least, 0}, O(needed)
#define LINE B(line), BL(8), B(answer), {ROOM, 600, SEKISHO_ANSWER_MIN, 0}, W(needed)

/* Parentheses keep the commas of a list of parameters together. */
#define LIST(...) {__VA_ARGS__}, sizeof((struct param[]){__VA_ARGS__}) / sizeof(struct param)
#define ROW(name, answer, ...) {"sekisho_" #name, call_##name, answer, LIST(__VA_ARGS__)}
#define ROW0(name, answer) {"sekisho_" #name, call_##name, answer, {{ANY, 0, 0, 0}}, 0}

static const struct function functions[] = {
    ROW(capacity, INT, H(REGION), S(profile)),
    ROW(stats, INT, H(REGION), S(region_stats)),
    ROW(region_check, INT, H(REGION)),
    ROW(region_hash, INT, H(REGION), O(hash)),
    ROW(region_fini, INT, H(REGION)),
    ROW(region_footprint, SIZE, SI(profile)),
    ROW0(region_align, SIZE),
    ROW(region_init, INT, MAKES(BLANK_REGION), SI(profile), O(handle)),
    ROW(region_attach, INT, FINDS(REGION)),
    ROW(region_line, INT, H(REGION), LINE),
    ROW(region_line_counted, INT, H(REGION), A(tables_of_flows, 8), CNT(2, 8), LINE),
    ROW(region_reader_register, INT, H(REGION), K(NEW_INDEX)),
    ROW(region_reader_quiescent, INT, H(REGION), K(OLD_INDEX)),
    ROW(region_reader_unregister, INT, H(REGION), K(OLD_INDEX)),
    ROW(profile_large, INT, S(profile)),
    ROW(profile_firmware, INT, S(profile)),
    ROW(packet, INT, H(REGION), PACKET, K(FLOW), S(outcome)),
    ROW(time_exceeded, INT, B(packets[0]), BL(TCP), X(0xC6336401), B(answer_packet), {ROOM, 576, 56, 0}),
    ROW(flows_config_default, INT, S(flows_config), X(8)),
    ROW(flows_footprint, SIZE, SI(flows_config)),
    ROW0(flows_align, SIZE),
    ROW(flows_capacity, INT, H(FLOWS), S(flows_config)),
    ROW(flows_init, INT, MAKES(BLANK_FLOWS), SI(flows_config), O(handle)),
    ROW(flows_attach, INT, FINDS(FLOWS)),
    ROW(flows_fini, INT, H(FLOWS)),
    ROW(flows_stats, INT, H(FLOWS), S(flow_stats)),
    ROW(flows_next_count, INT, H(FLOWS), K(NEXT), O(count)),
    ROW(flows_drop_count, INT, H(FLOWS), K(REASON), O(count)),
    ROW(flows_meter, INT, H(FLOWS), X(0x2F000001), S(meter)),
    ROW(flows_meters, INT, H(FLOWS), O(cursor), S(meter)),
    ROW(flows_packet, INT, H(FLOWS), H(REGION), PACKET, X(NOW), S(outcome)),
    ROW(flows_burst, INT, H(FLOWS), H(REGION), A(bursts, 8), CNT(2, sizeof(sekisho_burst)), X(NOW)),
    ROW(flows_expire, INT, H(FLOWS), X(NOW), X(10)),
    ROW(steering_footprint, SIZE, K(FRAGMENTS)),
    ROW0(steering_align, SIZE),
    ROW(steering_init, INT, MAKES(BLANK_STEERING), SI(flows_config), O(handle)),
    ROW(steering_attach, INT, FINDS(STEERING)),
    ROW(steering_fini, INT, H(STEERING)),
    ROW(steering_owner, INT, H(STEERING), H(REGION), PACKET, X(NOW)),
    ROW(lpm_init, INT, MAKES(BLANK_LPM), K(ROUTES), K(TABLES), O(handle)),
    ROW(lpm_init_config, INT, {MAKE, BLANK_SHARED, 0, 0}, {MAKE_ALL, BLANK_SHARED, 0, 0}, SI(lpm_config),
        O(handle)),
    ROW(lpm_attach, INT, FINDS(LPM)),
    ROW(lpm_fini, INT, H(LPM)),
    ROW(lpm_footprint, SIZE, K(ROUTES), K(TABLES)),
    ROW(lpm_config_footprint, SIZE, SI(lpm_config)),
    ROW0(lpm_align, SIZE),
    ROW(lpm_capacity, INT, H(LPM), S(lpm_config)),
    ROW(lpm_check, INT, H(LPM)),
    ROW(lpm_get_stats, INT, H(LPM), S(lpm_stats)),
    ROW(lpm_lookup, INT, H(LPM), T(0, SEKISHO_ENOENT), X(TEN_FIVE), O(next_hop)),
    ROW(lpm_lookup_prefix, INT, H(LPM), T(0, SEKISHO_ENOENT), X(TEN_FIVE), O(prefix), O(depth), O(next_hop)),
    ROW(lpm_lookup_bulk, INT, H(LPM), XT, LOOKUPS),
    ROW(lpm_lookup_bulk_be, INT, H(LPM), XT, LOOKUPS),
    ROW(lpm_lookup_mixed, INT, H(LPM), A(tables, 4), LOOKUPS),
    ROW(lpm_hits, INT, A(next_hops, 4), CNT(9, 4), X(0), A(hits, 4)),
    ROW(lpm_reader_register, INT, H(SHARED), K(NEW_INDEX), {OUTPUT, AT(new_reader), 8, 0}),
    ROW(lpm_reader_quiescent, INT, K(READER)),
    ROW(lpm_reader_pause, INT, K(READER)),
    ROW(lpm_reader_resume, INT, K(READER)),
    ROW(lpm_reader_unregister, INT, K(READER)),
    ROW(lpm_forget_reader, INT, H(SHARED), X(0)),
    ROW(lpm_reclaim, INT, H(SHARED)),
    ROW(lpm_reader_lookup, INT, K(READER), T(0, SEKISHO_ENOENT), X(TEN_FIVE), O(next_hop)),
    ROW(lpm_reader_lookup_bulk, INT, K(READER), XT, LOOKUPS),
    ROW(lpm_reader_lookup_bulk_be, INT, K(READER), XT, LOOKUPS),
    ROW(lpm_reader_lookup_mixed, INT, K(READER), A(tables, 4), LOOKUPS),
    ROW(lpm_add, INT, H(LPM), T(0, SEKISHO_EINVAL), X(TEN_FIVE), D(31), K(NEXT_HOP)),
    ROW(lpm_add_flags, INT, H(LPM), T(0, SEKISHO_EINVAL), X(TEN), D(31), K(NEXT_HOP), {FLAGS, 3, 0, 0},
        W(next_hop)),
    ROW(lpm_delete, INT, H(LPM), T(0, SEKISHO_EINVAL), X(0), D(0)),
    ROW(lpm_delete_flags, INT, H(LPM), T(0, SEKISHO_EINVAL), X(0), D(0), {FLAGS, 2, 0, 0}, W(next_hop)),
    ROW(lpm_get, INT, H(LPM), T(0, SEKISHO_ENOENT), X(0), D(0), O(next_hop)),
    ROW(lpm_next, INT, H(LPM), T(0, SEKISHO_ENOENT), O(ip), {CURSOR, AT(depth), 0, 0}, O(next_hop)),
    ROW(lpm_covered, INT, H(LPM), T(0, SEKISHO_ENOENT), X(0), D(0), O(ip), {CURSOR, AT(depth), 0, 0},
        O(next_hop)),
    ROW(lpm_covering, INT, H(LPM), T(0, SEKISHO_ENOENT), X(0), D(0), O(ip), {CURSOR, AT(depth), 0, 0},
        O(next_hop)),
    ROW(lpm_table_create, INT, H(LPM), O(table)),
    ROW(lpm_table_create_root, INT, H(LPM), K(ROOT_BITS), O(table)),
    ROW(lpm_table_delete, INT, H(LPM), T(0, SEKISHO_EINVAL)),
    ROW(lpm_clear, INT, H(LPM), T(0, SEKISHO_EINVAL)),
    ROW(lpm_load, INT, H(LPM), T(EMPTY_TABLE, SEKISHO_EINVAL), A(routes, 4), CNT(3, sizeof(sekisho_lpm_route))),
    ROW(lpm_replace_begin, INT, H(LPM), T(0, SEKISHO_EINVAL)),
    ROW(lpm_replace_finish, INT, H(LPM), T(0, SEKISHO_EINVAL), O(removed)),
    ROW(record_encode, INT, PLACED(0), COMMAND, MADE(16)),
    ROW(record_check, INT, FRAMES(record, RECORD), O(found)),
    ROW(snapshot_save, INT, H(REGION), PLACED(0), MADE(200)),
    ROW(snapshot_load, INT, H(EMPTY), {HANDLE, REGION, 0, 1}, FRAMES(snapshot, SNAPSHOT), O(found)),
    ROW(journal_format, INT, K(NEW_JOURNAL), K(STORAGE), H(REGION), PLACED(0)),
    ROW(journal_mount, INT, K(NEW_JOURNAL), K(STORAGE), H(EMPTY), SW(recovery)),
    ROW(journal_close, INT, K(JOURNAL)),
    ROW(journal_position, INT, K(JOURNAL), O(found)),
    ROW(journal_apply, INT, K(JOURNAL), H(REGION), COMMAND, {SEND, 0, 0, 1}, X(0)),
    ROW(journal_receive, INT, K(JOURNAL), H(REGION), FRAMES(record, RECORD)),
    ROW(journal_adopt, INT, K(JOURNAL), H(REGION), PLACED(0)),
    ROW(journal_serve, INT, K(JOURNAL), H(REGION), FRAMES(request, REQUEST), K(SEND), X(0)),
    ROW(follower_receive, INT, PLACED(0), H(REGION), FRAMES(record, RECORD)),
    ROW(request_encode, INT, PLACED(1), MADE(12)),
    ROW(strerror, TEXT, K(CODE)),
    ROW(drop_reason_name, TEXT, K(CODE)),
    ROW0(version, TEXT),
};
enum { FUNCTIONS = sizeof functions / sizeof functions[0] };

/* The argument of a parameter that nothing is wrong with. */
static union value right(const struct param *param)
{
    union value value;
    memset(&value, 0, sizeof value);
    uint8_t *const mine = world[CALLER].at;
    switch (param->kind) {
    case HANDLE: case MAKE: case FIND: value.p = world[param->at].at; break;
    case MAKE_LEN: case MAKE_ALL: case FIND_LEN: value.n = world[param->at].size; break;
    case SIZED: case SIZED_IN: case SIZED_WANTED: case OUTPUT: case WANTED: case ARRAY: case BYTES: case CURSOR:
    case POSITION: case FRAME:
        value.p = mine + param->at;
        break;
    case READER: value.p = mine + AT(reader); break;
    case JOURNAL: value.p = mine + AT(journal); break;
    case NEW_JOURNAL: value.p = mine + AT(new_journal); break;
    case STORAGE: value.p = mine + AT(storage); break;
    case FRAME_LEN: value.n = lens[param->at]; break;
    case SEND: value.send = take_frame; break;
    case COUNT: case NOT_MANY: case BYTES_LEN: case ROOM: case ANY: case TABLE: case DEPTH:
        value.n = param->at;
        break;
    case ROUTES: value.n = LPM_ROUTES; break;
    case TABLES: value.n = LPM_TABLES; break;
    case FRAGMENTS: value.n = 4; break;
    case ORIGIN: value.n = OUT; break;
    case PORT: value.id = I1; break;
    case REASON: value.n = SEKISHO_DROP_LOOP; break;
    case NEW_INDEX: value.n = 1; break;
    default: break; /* 0 is right */
    }
    return value;
}

static void rights(const struct function *function, union value *values)
{
    for (size_t i = 0; i < function->count; i++)
        values[i] = right(function->params + i);
}

#endif
