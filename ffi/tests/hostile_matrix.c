/* Every function of the header under every attack on each of its parameters, one at a time. Each is answered
 * with its code, and not a byte of any memory changes; nor does the library touch a byte beside what it was
 * given. With --list prints the functions. */
#include "hostile_functions.h"

/* What is wrong with one argument, and what is answered. */
struct attack {
    const char *what;
    union value value;
    int want;
    /* Done to a block before the call. */
    enum block block;
    void (*prepare)(struct memory *memory, size_t number);
    size_t number;
};

enum { MOST = 8 * SECTOR };
static struct attack attacks[MOST];
static size_t attack_count;

static struct attack *attack(const char *what, int want)
{
    TRUE(attack_count < MOST);
    struct attack *next = attacks + attack_count++;
    memset(next, 0, sizeof *next);
    next->what = what;
    next->want = want;
    return next;
}
static void number(const char *what, uint64_t n, int want)
{
    attack(what, want)->value.n = n;
}
static void pointer(const char *what, void *p, int want)
{
    attack(what, want)->value.p = p;
}
static void prepared(const char *what, enum block block, void *p, int want,
                     void (*prepare)(struct memory *memory, size_t number), size_t n)
{
    struct attack *next = attack(what, want);
    next->value.p = p;
    next->block = block;
    next->prepare = prepare;
    next->number = n;
}

static void noise(struct memory *memory, size_t seed)
{
    random_state = (uint32_t)seed;
    for (size_t i = 0; i < memory->size; i++)
        memory->at[i] = (uint8_t)(random_word() >> 24);
}
static void ones(struct memory *memory, size_t n)
{
    (void)n;
    memset(memory->at, 0xFF, memory->size);
}
static void text(struct memory *memory, size_t n)
{
    (void)n;
    for (size_t i = 0; i < memory->size; i++)
        memory->at[i] = (uint8_t)"sekisho 9.9.9 (another layout)\n"[i % 31];
}
static void flipped(struct memory *memory, size_t bit)
{
    memory->at[bit / 8] ^= (uint8_t)(1u << bit % 8);
}
/* The size that a structure of the caller's states. */
static size_t stated_at;
static void stated(struct memory *memory, size_t size)
{
    const uint32_t word = (uint32_t)size;
    memcpy(memory->at + stated_at, &word, sizeof word);
}
static void depth_of_cursor(struct memory *memory, size_t depth)
{
    memory->at[offsetof(struct caller, depth)] = (uint8_t)depth;
}
static void a_flag(struct memory *memory, size_t at)
{
    memory->at[at] = 1;
}

static void on_handle(const struct param *param)
{
    const enum block mine = (enum block)param->at;
    const enum block like = mine == EMPTY ? REGION : mine;
    const enum block kind = mine == SHARED ? LPM : like;
    uint8_t *const at = world[mine].at;
    if (!param->code)
        pointer("NULL", NULL, SEKISHO_EINVAL);
    for (size_t off = 1; off < 4; off++)
        pointer("misaligned", at + off, SEKISHO_EFAULT);
    pointer("zero", world[ZERO].at, SEKISHO_EPROTO);
    pointer("never initialised", world[BLANK_REGION + like].at, SEKISHO_EPROTO);
    pointer("after fini", world[ENDED_REGION + like].at, SEKISHO_EPROTO);
    prepared("ones", ODD, world[ODD].at, SEKISHO_EPROTO, ones, 0);
    prepared("text", ODD, world[ODD].at, SEKISHO_EPROTO, text, 0);
    for (size_t seed = 1; seed <= 8; seed++)
        prepared("noise", ODD, world[ODD].at, SEKISHO_EPROTO, noise, seed);
    for (int other = REGION; other <= STEERING; other++)
        if ((other == SHARED ? LPM : other) != (int)kind)
            pointer("of another kind", world[other].at, SEKISHO_EPROTO);
    /* The version of the layout and the length. */
    for (size_t bit = 0; bit < 64; bit++)
        prepared("header damaged", mine, at, SEKISHO_EPROTO, flipped, bit);
}

static void on_structure(const struct param *param, int is_read)
{
    uint8_t *const at = world[CALLER].at + param->at;
    const size_t known = param->size;
    stated_at = param->at;
    if (param->kind != SIZED_WANTED)
        pointer("NULL", NULL, SEKISHO_EINVAL);
    for (size_t off = 1; off < 4; off++)
        pointer("misaligned", at + off, SEKISHO_EFAULT);
    const size_t small[] = {0, 1, 4, known / 2 + 1, known - 4, known - 1};
    const size_t large[] = {known + 1, known + 4, 2 * known, UINT16_MAX, UINT32_MAX};
    for (size_t i = 0; i < sizeof small / sizeof small[0]; i++)
        prepared("states a smaller size", CALLER, at, SEKISHO_EINVAL, stated, small[i]);
    for (size_t i = 0; i < sizeof large / sizeof large[0]; i++)
        prepared("states a larger size", CALLER, at, SEKISHO_EPROTO, stated, large[i]);
    if (is_read && param->at == offsetof(struct caller, lpm_config))
        prepared("reserved is not zero", CALLER, at, SEKISHO_EPROTO, a_flag,
                 param->at + offsetof(sekisho_lpm_config, reserved));
}

/* Geometries that are none. */
static const struct {
    const char *what;
    size_t at;
    uint32_t number;
} geometries[] = {
    {"no sector", AT(storage.sectors), 0},
    {"one sector", AT(storage.sectors), 1},
    {"no bytes of a sector", AT(storage.sector_size), 0},
    {"a small sector", AT(storage.sector_size), 1016},
    {"a sector that is no multiple", AT(storage.sector_size), SECTOR + 4},
    {"no bytes of a write", AT(storage.write_size), 0},
    {"no power of two", AT(storage.write_size), 24},
    {"a large write", AT(storage.write_size), 1024},
    {"a large write", AT(storage.write_size), UINT32_MAX},
    {"no byte", AT(storage.erased), 256},
    {"no byte", AT(storage.erased), UINT32_MAX},
};
static void geometry(struct memory *memory, size_t n)
{
    memcpy(memory->at + geometries[n].at, &geometries[n].number, sizeof geometries[n].number);
}
static void no_function(struct memory *memory, size_t at)
{
    memset(memory->at + at, 0, sizeof(void (*)(void)));
}
static void on_storage(void)
{
    const struct param is_structure = {SIZED_IN, OF(storage), 0};
    uint8_t *const at = world[CALLER].at + AT(storage);
    on_structure(&is_structure, 0);
    prepared("reserved is not zero", CALLER, at, SEKISHO_EPROTO, a_flag, AT(storage.reserved));
    static const size_t functions_at[] = {AT(storage.read), AT(storage.write), AT(storage.erase), AT(storage.sync)};
    for (size_t i = 0; i < sizeof functions_at / sizeof functions_at[0]; i++)
        prepared("no function", CALLER, at, SEKISHO_EINVAL, no_function, functions_at[i]);
    for (size_t i = 0; i < sizeof geometries / sizeof geometries[0]; i++)
        prepared(geometries[i].what, CALLER, at, SEKISHO_EINVAL, geometry, i);
}
/* All attacks on a parameter. */
static void plan(const struct param *param)
{
    const struct memory *block = world + (param->at < BLOCKS ? param->at : 0);
    uint8_t *const mine = world[CALLER].at + param->at;
    attack_count = 0;
    switch (param->kind) {
    case HANDLE: on_handle(param); break;
    case MAKE:
        pointer("NULL", NULL, SEKISHO_EINVAL);
        for (size_t off = 1; off < 4; off++)
            pointer("misaligned", block->at + off, SEKISHO_EFAULT);
        pointer("live", world[param->at - BLANK_REGION].at, SEKISHO_EEXIST);
        prepared("noise", (enum block)param->at, block->at, SEKISHO_EEXIST, noise, 1);
        prepared("ones", (enum block)param->at, block->at, SEKISHO_EEXIST, ones, 1);
        break;
    case MAKE_LEN:
        for (size_t less = 1; less <= block->size; less += less < 9 ? 1 : less / 2)
            number("too short", block->size - less, SEKISHO_ENOSPC);
        number("none", 0, SEKISHO_ENOSPC);
        number("too long to exist", SIZE_MAX, SEKISHO_EINVAL);
        number("too long to exist", SIZE_MAX / 2 + 1, SEKISHO_EINVAL);
        break;
    case MAKE_ALL:
        for (size_t len = 0; len < 96; len++)
            number("too short", len, SEKISHO_ENOSPC);
        number("too long to exist", SIZE_MAX, SEKISHO_EINVAL);
        number("too long to exist", SIZE_MAX / 2 + 1, SEKISHO_EINVAL);
        break;
    case FIND:
        pointer("NULL", NULL, SEKISHO_EINVAL);
        for (size_t off = 1; off < 4; off++)
            pointer("misaligned", block->at + off, SEKISHO_EFAULT);
        pointer("never initialised", world[BLANK_REGION + param->at].at, SEKISHO_EPROTO);
        pointer("after fini", world[ENDED_REGION + param->at].at, SEKISHO_EPROTO);
        prepared("noise", (enum block)param->at, block->at, SEKISHO_EPROTO, noise, 1);
        prepared("text", (enum block)param->at, block->at, SEKISHO_EPROTO, text, 1);
        for (size_t bit = 0; bit < 64; bit++)
            prepared("header damaged", (enum block)param->at, block->at, SEKISHO_EPROTO, flipped, bit);
        break;
    case FIND_LEN:
        for (size_t len = 0; len < block->size; len += len < 160 ? 1 : len / 2)
            number("too short", len, SEKISHO_ENOSPC);
        number("too short", block->size - 1, SEKISHO_ENOSPC);
        number("too long to exist", SIZE_MAX, SEKISHO_EINVAL);
        number("too long to exist", SIZE_MAX / 2 + 1, SEKISHO_EINVAL);
        break;
    case SIZED:
    case SIZED_WANTED: on_structure(param, 0); break;
    case SIZED_IN: on_structure(param, 1); break;
    case OUTPUT:
    case CURSOR:
        pointer("NULL", NULL, SEKISHO_EINVAL);
        /* fall through */
    case WANTED:
        for (size_t off = 1; off < param->size && off < 8; off++)
            pointer("misaligned", mine + off, SEKISHO_EFAULT);
        if (param->kind == CURSOR)
            for (size_t depth = 33; depth < 255; depth++)
                prepared("depth", CALLER, mine, SEKISHO_EINVAL, depth_of_cursor, depth);
        break;
    case ARRAY:
        pointer("NULL", NULL, SEKISHO_EINVAL);
        for (size_t off = 1; off < param->size; off++)
            pointer("misaligned", mine + off, SEKISHO_EFAULT);
        break;
    case COUNT:
        number("too many", SIZE_MAX, SEKISHO_EINVAL);
        number("too many", SIZE_MAX / 2 / param->size + 1, SEKISHO_EINVAL);
        number("so many that bytes wrap around", SIZE_MAX / param->size + 1, SEKISHO_EINVAL);
        number("so many that bytes wrap around", SIZE_MAX / param->size + 2, SEKISHO_EINVAL);
        break;
    case BYTES: pointer("NULL", NULL, SEKISHO_EINVAL); break;
    case BYTES_LEN:
        number("too long to exist", SIZE_MAX, SEKISHO_EINVAL);
        number("too long to exist", SIZE_MAX / 2 + 1, SEKISHO_EINVAL);
        break;
    case ROOM:
        for (size_t room = 0; room < param->size; room++)
            number("too small", room, SEKISHO_ENOSPC);
        number("too long to exist", SIZE_MAX, SEKISHO_EINVAL);
        break;
    case TABLE:
        number("not made", NO_TABLE, param->code);
        number("none", LPM_TABLES, param->code);
        number("none", UINT16_MAX + 1u, param->code);
        number("none", INT32_MAX, param->code);
        number("none", UINT32_MAX, param->code);
        break;
    case DEPTH:
        for (unsigned depth = 33; depth < 256; depth++)
            number("over 32", depth, SEKISHO_EINVAL);
        break;
    case NEXT_HOP:
        number("over 31 bits", SEKISHO_LPM_MAX_NEXT_HOP + 1u, SEKISHO_ERANGE);
        number("over 31 bits", SEKISHO_LPM_MISS, SEKISHO_ERANGE);
        break;
    case FLAGS:
        for (unsigned bit = 0; bit < 32; bit++)
            if ((param->at >> bit & 1) == 0)
                number("unknown", (uint32_t)1 << bit, SEKISHO_EINVAL);
        number("unknown", UINT32_MAX, SEKISHO_EINVAL);
        break;
    case ROOT_BITS:
        for (unsigned bits = 1; bits < 40; bits++)
            if (bits != 16 && bits != 24)
                number("none", bits, SEKISHO_EINVAL);
        number("none", UINT32_MAX, SEKISHO_EINVAL);
        number("more than there are", 16, SEKISHO_ENOSPC);
        number("more than there are", 24, SEKISHO_ENOSPC);
        break;
    case ROUTES:
        number("none", 0, SEKISHO_EINVAL);
        number("too many", UINT32_MAX, SEKISHO_EINVAL);
        number("too many", 3000000, SEKISHO_EINVAL);
        break;
    case TABLES:
        number("none", 0, SEKISHO_EINVAL);
        number("too many", UINT32_MAX, SEKISHO_EINVAL);
        number("too many", (1 << 20) + 1, SEKISHO_EINVAL);
        break;
    case FRAGMENTS: number("too many", UINT32_MAX, SEKISHO_EINVAL); break;
    case ORIGIN:
        number("none", 3, SEKISHO_EINVAL);
        number("none", 256, SEKISHO_EINVAL);
        number("none", UINT32_MAX, SEKISHO_EINVAL);
        break;
    case FLOW:
        number("none", 2, SEKISHO_EINVAL);
        number("none", 257, SEKISHO_EINVAL);
        number("none", UINT32_MAX, SEKISHO_EINVAL);
        break;
    case NEXT:
        number("one that no table answers", SEKISHO_NEXT_TRANSLATE, SEKISHO_EINVAL);
        for (uint32_t next = 8; next < 40; next++)
            number("none", next, SEKISHO_EINVAL);
        number("none", 256, SEKISHO_EINVAL);
        number("none", UINT32_MAX, SEKISHO_EINVAL);
        break;
    case REASON:
        number("none", 0, SEKISHO_EINVAL);
        for (uint32_t reason = 24; reason < 40; reason++)
            number("none", reason, SEKISHO_EINVAL);
        number("none", 256 + 1, SEKISHO_EINVAL);
        number("none", UINT32_MAX, SEKISHO_EINVAL);
        break;
    case PORT:
        for (uint16_t kind = 0; kind < 300; kind++) {
            const int can_send = kind == SEKISHO_KIND_INSTANCE || kind == SEKISHO_KIND_NETWORK_INTERFACE ||
                                 kind == SEKISHO_KIND_LOAD_BALANCER || kind == SEKISHO_KIND_ENDPOINT;
            if (kind > 20 && kind % 16 != 5)
                continue;
            attack("a kind that sends nothing, or an id that is not there",
                   can_send ? SEKISHO_ENOENT : SEKISHO_EINVAL)
                ->value.id.kind = kind;
            attacks[attack_count - 1].value.id.number = 9;
        }
        break;
    case NEW_INDEX:
        number("registered", 0, SEKISHO_EEXIST);
        number("none", READERS, SEKISHO_EINVAL);
        number("none", UINT16_MAX, SEKISHO_EINVAL);
        break;
    case OLD_INDEX:
        number("not registered", 1, SEKISHO_EINVAL);
        number("none", READERS, SEKISHO_EINVAL);
        number("none", UINT16_MAX, SEKISHO_EINVAL);
        break;
    case READER:
        pointer("NULL", NULL, SEKISHO_EINVAL);
        for (size_t off = 1; off < 8; off++)
            pointer("misaligned", world[CALLER].at + offsetof(struct caller, reader) + off, SEKISHO_EFAULT);
        pointer("zero", world[ZERO].at, SEKISHO_EPROTO);
        prepared("ones", ODD, world[ODD].at, SEKISHO_EPROTO, ones, 0);
        for (size_t seed = 1; seed <= 8; seed++)
            prepared("noise", ODD, world[ODD].at, SEKISHO_EPROTO, noise, seed);
        break;
    case JOURNAL:
        pointer("NULL", NULL, SEKISHO_EINVAL);
        for (size_t off = 1; off < _Alignof(sekisho_journal); off++)
            pointer("misaligned", world[CALLER].at + AT(journal) + off, SEKISHO_EFAULT);
        pointer("zero", world[ZERO].at, SEKISHO_EPROTO);
        prepared("ones", ODD, world[ODD].at, SEKISHO_EPROTO, ones, 0);
        prepared("text", ODD, world[ODD].at, SEKISHO_EPROTO, text, 0);
        for (size_t seed = 1; seed <= 8; seed++)
            prepared("noise", ODD, world[ODD].at, SEKISHO_EPROTO, noise, seed);
        for (size_t bit = 0; bit < 64; bit++)
            prepared("its first word damaged", CALLER, world[CALLER].at + AT(journal), SEKISHO_EPROTO, flipped,
                     8 * AT(journal) + bit);
        break;
    case NEW_JOURNAL:
        pointer("NULL", NULL, SEKISHO_EINVAL);
        for (size_t off = 1; off < _Alignof(sekisho_journal); off++)
            pointer("misaligned", world[CALLER].at + AT(new_journal) + off, SEKISHO_EFAULT);
        pointer("in use", world[CALLER].at + AT(journal), SEKISHO_EEXIST);
        break;
    case STORAGE: on_storage(); break;
    case POSITION:
        if (!param->code)
            pointer("NULL", NULL, SEKISHO_EINVAL);
        for (size_t off = 1; off < _Alignof(sekisho_position); off++)
            pointer("misaligned", mine + off, SEKISHO_EFAULT);
        prepared("reserved is not zero", CALLER, mine, SEKISHO_EPROTO, a_flag,
                 param->at + offsetof(sekisho_position, reserved));
        break;
    case FRAME:
        pointer("NULL", NULL, SEKISHO_EINVAL);
        for (size_t byte = 0; byte < lens[param->size]; byte++)
            prepared("damaged", CALLER, mine, SEKISHO_EBADMSG, flipped, 8 * (param->at + byte) + byte % 8);
        break;
    case FRAME_LEN:
        for (size_t len = 0; len < lens[param->at]; len++)
            number("cut", len, SEKISHO_EBADMSG);
        number("with bytes behind it", lens[param->at] + 1, SEKISHO_EBADMSG);
        number("too long to exist", SIZE_MAX, SEKISHO_EINVAL);
        number("too long to exist", SIZE_MAX / 2 + 1, SEKISHO_EINVAL);
        break;
    case SEND:
        if (!param->code) {
            attack("NULL", SEKISHO_EINVAL)->value.send = NULL;
            attack("one that has had enough", SEKISHO_ECANCELED)->value.send = refuse_frame;
        }
        break;
    case ANY:
    case ANY_TABLE:
    case NOT_MANY:
    case CODE: break;
    }
}

static size_t cells;

static void fail_cell(const struct function *function, size_t param, const char *what, const char *why,
                      long long have, long long want)
{
    fprintf(stderr, "%s, parameter %zu, %s: %s (%lld, not %lld)\n", function->name, param, what, why, have,
            want);
    exit(1);
}

static uint64_t hash_of_empty;

/* Takes a field of the caller's back to what it was before the call. */
static void was(size_t at, size_t size)
{
    const struct memory *m = world + CALLER;
    memcpy(m->at + at, m->before + (m->at - m->start) + at, size);
}

/* Whether a function is given a memory as its handle. */
static int is_given(const struct function *function, enum block block)
{
    for (size_t i = 0; i < function->count; i++)
        if (function->params[i].kind == HANDLE && function->params[i].at == (size_t)block)
            return 1;
    return 0;
}

/* The clock, one word, has moved on to the time of the call, and nothing else is another. */
static int is_moved_on(enum block block)
{
    const struct memory *m = world + block;
    size_t moved = 0;
    for (size_t i = 0; i < m->span; i += 4) {
        uint32_t old, new;
        memcpy(&old, m->before + i, 4);
        memcpy(&new, m->start + i, 4);
        if (old == new)
            continue;
        if (new != NOW || moved++ > 0)
            return 0;
    }
    /* A steering's need not. */
    return moved == 1 || block == STEERING;
}

/* One attack. */
static void cell(const struct function *function, size_t param, const struct attack *attack)
{
    union value values[10];
    for (int block = 0; block < BLOCKS; block++)
        put_back((enum block)block);
    rights(function, values);
    values[param] = attack->value;
    if (attack->prepare != NULL)
        attack->prepare(world + attack->block, attack->number);
    for (int block = 0; block < BLOCKS; block++)
        note((enum block)block);
    alarm(20); /* ends the program if this does not end */
    const int64_t answer = function->call(values);
    alarm(0);
    const int64_t want = function->answer == SIZE ? 0 : attack->want;
    if (answer != want)
        fail_cell(function, param, attack->what, "answered wrongly", answer, want);
    /* What size an answer needs is told. */
    if (attack->want == SEKISHO_ENOSPC && strncmp(function->name, "sekisho_region_line", 19) == 0) {
        TRUE(caller->needed >= SEKISHO_ANSWER_MIN && caller->needed < 600);
        was(offsetof(struct caller, needed), sizeof caller->needed);
    }
    if (attack->want == SEKISHO_ENOSPC && function->params[param].at == sizeof caller->made) {
        TRUE(caller->needed >= function->params[param].size && caller->needed <= sizeof caller->made);
        was(offsetof(struct caller, needed), sizeof caller->needed);
    }
    /* Whom a region is to take the place of is noted in it; it is empty as before. */
    const int is_loaded = strcmp(function->name, "sekisho_snapshot_load") == 0 && attack->want == SEKISHO_EBADMSG;
    if (is_loaded)
        SAME(hash(PLACE(EMPTY, sekisho_region)), hash_of_empty);
    for (int block = 0; block < BLOCKS; block++) {
        /* A clock moves on, wherever packets come from. */
        const int has_clock = attack->want == SEKISHO_ENOENT && is_given(function, (enum block)block) &&
                              (block == FLOWS || block == STEERING);
        const int is_right = has_clock ? is_moved_on((enum block)block) : is_untouched((enum block)block);
        if (!is_right && !(is_loaded && block == EMPTY))
            fail_cell(function, param, attack->what, "changed a memory", block, -1);
    }
    cells++;
}

/* Nothing wrong: the call succeeds, so that what is wrong in a cell is what was attacked; and writes to no
 * memory beside those that it was given. */
static void right_call(const struct function *function)
{
    union value values[10];
    for (int block = 0; block < BLOCKS; block++) {
        put_back((enum block)block);
        note((enum block)block);
    }
    rights(function, values);
    const int64_t answer = function->call(values);
    if (function->answer == INT ? answer < 0 : answer == 0)
        fail_cell(function, 0, "nothing", "refused", answer, 0);
    for (int block = 0; block < BLOCKS; block++) {
        int given = block == CALLER;
        for (size_t i = 0; i < function->count; i++) {
            const struct param *param = function->params + i;
            given |= (param->kind == HANDLE || param->kind == MAKE) && param->at == (size_t)block;
            given |= param->kind == READER && block == SHARED;
            given |= (param->kind == JOURNAL || param->kind == STORAGE) && block == DISK;
        }
        if (!given && !is_untouched((enum block)block))
            fail_cell(function, 0, "nothing", "changed another memory", block, -1);
        const struct memory *m = world + block;
        for (const uint8_t *at = m->start; at < m->at; at++)
            SAME(*at, 0xC5);
    }
    cells++;
}

/* Any number has a name, or one that says that it is none. */
static void names(const struct function *function)
{
    const int64_t numbers[] = {0, 1, -1, 22, -22, 23, 24, -1000, -1001, -1101, -1102, INT16_MAX, INT32_MIN, INT32_MAX};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        union value value;
        value.n = (uint64_t)numbers[i];
        const char *name = (const char *)(intptr_t)function->call(&value);
        TRUE(name != NULL && strlen(name) > 0 && strlen(name) < 64);
        cells++;
    }
}

/* The largest capacity that has a footprint, and the one behind it. */
static uint32_t largest(size_t (*footprint)(uint32_t))
{
    uint32_t most = 1, none = UINT32_MAX;
    TRUE(footprint(most) != 0 && footprint(none) == 0);
    while (none - most > 1) {
        const uint32_t middle = most + (none - most) / 2;
        *(footprint(middle) != 0 ? &most : &none) = middle;
    }
    return most;
}
static sekisho_flows_config of_fragments(uint32_t fragments)
{
    sekisho_flows_config config = small_flows();
    config.fragments = fragments;
    return config;
}
static size_t plain_arena(uint32_t routes)
{
    return sekisho_lpm_footprint(routes, 1);
}
static sekisho_lpm_config of_routes(uint32_t routes)
{
    sekisho_lpm_config config = small_arena(1);
    config.max_routes = routes;
    return config;
}
static size_t shared_arena(uint32_t routes)
{
    const sekisho_lpm_config config = of_routes(routes);
    return sekisho_lpm_config_footprint(&config);
}
static size_t flow_table(uint32_t fragments)
{
    const sekisho_flows_config config = of_fragments(fragments);
    return sekisho_flows_footprint(&config);
}

/* Each is taken up to its end and refused behind it: in memory that is too small, and nothing is written. */
static void limits(void)
{
    void *out = NULL;
    uint8_t *const blank = world[BLANK_LPM].at;
    const size_t len = world[BLANK_LPM].size;
    for (int block = 0; block < BLOCKS; block++) {
        put_back((enum block)block);
        note((enum block)block);
    }
    for (uint32_t past = 0; past < 2; past++) {
        const int want = past ? SEKISHO_EINVAL : SEKISHO_ENOSPC;
        const sekisho_lpm_config routes = of_routes(largest(shared_arena) + past);
        const sekisho_flows_config fragments = of_fragments(largest(flow_table) + past);
        SAME(sekisho_lpm_init(blank, len, largest(plain_arena) + past, 1, (sekisho_lpm **)&out), want);
        /* There routes fit as long as memory does, however many are allowed. */
        SAME(sekisho_lpm_init_config(blank, 64, &routes, (sekisho_lpm **)&out), SEKISHO_ENOSPC);
        SAME(sekisho_flows_init(blank, 64, &fragments, (sekisho_flows **)&out), want);
        const sekisho_flows_config steered = of_fragments(largest(sekisho_steering_footprint) + past);
        SAME(sekisho_steering_init(blank, 64, &steered, (sekisho_steering **)&out), want);
        TRUE(out == NULL && is_untouched(BLANK_LPM));
        cells += 4;
    }
    printf("hostile_matrix: at most %u routes, %u beside readers, %u fragments of a flow table, %u of a steering\n",
           largest(plain_arena), largest(shared_arena), largest(flow_table), largest(sekisho_steering_footprint));
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--list") == 0) {
        for (size_t i = 0; i < FUNCTIONS; i++)
            puts(functions[i].name);
        return 0;
    }
    new_world();
    hash_of_empty = hash(PLACE(EMPTY, sekisho_region));
    for (size_t i = 0; i < FUNCTIONS; i++) {
        const struct function *function = functions + i;
        right_call(function);
        for (size_t param = 0; param < function->count; param++) {
            plan(function->params + param);
            for (size_t n = 0; n < attack_count; n++)
                cell(function, param, attacks + n);
        }
        if (function->answer == TEXT && function->count > 0)
            names(function);
    }
    limits();
    printf("hostile_matrix: %zu cells of %d functions ok\n", cells, (int)FUNCTIONS);
    return 0;
}
