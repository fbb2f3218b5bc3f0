/* Storages that fail, lie and are damaged, at every place: every call ends with a code of the header, a
 * command that was not stored has not been made, and what can be mounted is a state that there has been. */
#include "hostile.h"

static size_t cases;

/* From the call of this number on a callback fails, or says that it has done what it has not. */
enum lie { FAILS, NOTHING, HALF, NOISE, LIES };
static enum lie lie;
static size_t calls, last_right;

static int is_honest(void)
{
    return calls++ < last_right;
}
/* How many of the bytes are there, if any, and what is answered. */
static size_t told(size_t len, int *answer)
{
    *answer = lie == FAILS ? -5 : 0;
    return lie == HALF ? len / 2 : 0;
}
static int bad_read(void *user, uint32_t sector, uint32_t at, uint8_t *into, size_t len)
{
    int answer = 0;
    if (is_honest())
        return disk_read(user, sector, at, into, len);
    const size_t some = told(len, &answer);
    memcpy(into, on_disk(sector, at, len), some);
    if (lie == NOISE)
        for (size_t i = 0; i < len; i++)
            into[i] = (uint8_t)(random_word() >> 24);
    return answer;
}
static int bad_write(void *user, uint32_t sector, uint32_t at, const uint8_t *bytes, size_t len)
{
    int answer = 0;
    if (is_honest())
        return disk_write(user, sector, at, bytes, len);
    const size_t some = told(len, &answer);
    memcpy(on_disk(sector, at, len), bytes, some);
    if (lie == NOISE)
        for (size_t i = 0; i < len; i++)
            on_disk(sector, at, len)[i] = (uint8_t)(random_word() >> 24);
    return answer;
}
static int bad_erase(void *user, uint32_t sector)
{
    int answer = 0;
    if (is_honest())
        return disk_erase(user, sector);
    memset(on_disk(sector, 0, SECTOR), 0xFF, told(SECTOR, &answer));
    return answer;
}
static int bad_sync(void *user)
{
    int answer = 0;
    (void)user;
    (void)told(0, &answer);
    return is_honest() ? 0 : answer;
}

/* As when the power is off: nobody ends the journal. */
static void end(void)
{
    memset(&caller->new_journal, 0, sizeof caller->new_journal);
}

static void again(void)
{
    for (int block = 0; block < BLOCKS; block++)
        put_back((enum block)block);
}

static sekisho_storage bad_storage(enum lie what, size_t right)
{
    sekisho_storage storage = caller->storage;
    storage.read = bad_read;
    storage.write = bad_write;
    storage.erase = bad_erase;
    storage.sync = bad_sync;
    lie = what;
    calls = 0;
    last_right = right;
    return storage;
}

static void is_code(int answer)
{
    TRUE(answer >= 0 || strcmp(sekisho_strerror(answer), "unknown error") != 0);
    cases++;
}

/* Mounts what is on the disk in an empty region, with callbacks that do what they should: a code, and unless
 * that is 0 an empty region. */
static int mounts(uint64_t *found)
{
    sekisho_region *empty = PLACE(EMPTY, sekisho_region);
    put_back(EMPTY);
    end();
    const uint64_t before = hash(empty);
    const int answer = sekisho_journal_mount(&caller->new_journal, &caller->storage, empty, &caller->recovery);
    is_code(answer);
    *found = hash(empty);
    if (answer != 0)
        SAME(*found, before);
    else
        SAME(sekisho_journal_close(&caller->new_journal), 0);
    return answer;
}

/* A journal under each lie from each call on: made, taken up, changed, adopted. */
static void lies(void)
{
    sekisho_region *region = PLACE(REGION, sekisho_region), *empty = PLACE(EMPTY, sekisho_region);
    SAME(sekisho_region_line(region, caller->command, COMMAND_LEN, NULL, 0, NULL), 0);
    /* What could not be made to stay may be there all the same. */
    const uint64_t made = hash(region);
    for (int what = 0; what < LIES; what++) {
        size_t most = 1;
        for (size_t right = 0; right <= most; right++) {
            again();
            sekisho_journal *journal = &caller->new_journal;
            sekisho_storage storage = bad_storage((enum lie)what, SIZE_MAX);
            SAME(sekisho_journal_format(journal, &storage, region, &caller->position), 0);
            const uint64_t old = hash(region);
            last_right = calls + right;
            int answer = sekisho_journal_apply(journal, region, caller->command, COMMAND_LEN, NULL, NULL);
            is_code(answer);
            /* Not stored, not made. */
            if (what == FAILS && answer != 0)
                SAME(hash(region), old);
            if (answer == 0)
                TRUE(hash(region) != old);
            is_code(sekisho_journal_adopt(journal, region, &caller->position));
            is_code(sekisho_journal_serve(journal, region, caller->request, lens[REQUEST], take_frame, NULL));
            is_code(sekisho_journal_receive(journal, region, caller->record, lens[RECORD]));
            most = calls - (last_right - right);
            uint64_t new = hash(region), found = 0;
            if (mounts(&found) == 0 && what == FAILS)
                TRUE(found == old || found == new || found == made);
        }
        TRUE(most > 5);
        most = 1;
        for (size_t right = 0; right <= most; right++) {
            again();
            sekisho_storage storage = bad_storage((enum lie)what, right);
            const uint64_t before = hash(empty);
            int answer = sekisho_journal_mount(&caller->new_journal, &storage, empty, &caller->recovery);
            is_code(answer);
            if (answer != 0)
                SAME(hash(empty), before);
            most = calls;
            again();
            storage = bad_storage((enum lie)what, right);
            is_code(sekisho_journal_format(&caller->new_journal, &storage, region, &caller->position));
            most = most > calls ? most : calls;
        }
        TRUE(most > 5);
    }
}

/* Each byte of the storage changed, several ways. */
static void damaged_disks(void)
{
    static const uint8_t flips[] = {0x01, 0x80, 0xFF};
    again();
    uint64_t old = hash(PLACE(REGION, sekisho_region)), new = 0, found = 0;
    size_t taken = 0;
    SAME(sekisho_journal_apply(&caller->journal, PLACE(REGION, sekisho_region), caller->command, COMMAND_LEN, NULL,
                               NULL),
         0);
    new = hash(PLACE(REGION, sekisho_region));
    uint8_t *const disk = world[DISK].at, *const kept = guarded(world[DISK].size);
    memcpy(kept, disk, world[DISK].size);
    for (size_t at = 0; at < world[DISK].size; at++)
        for (size_t i = 0; i < sizeof flips; i++) {
            memcpy(disk, kept, world[DISK].size);
            disk[at] ^= flips[i];
            if (mounts(&found) == 0) {
                taken++;
                TRUE(found == new || found == old);
            }
        }
    /* What is erased does not count. */
    TRUE(taken > world[DISK].size / 2);
}

/* A callback that calls for a change of the region whose journal is in use. */
static int meddles(void *user)
{
    SAME(apply((sekisho_region *)user, "region blackout=off"), SEKISHO_EBUSY);
    SAME(sekisho_snapshot_load((sekisho_region *)user, NULL, caller->snapshot, lens[SNAPSHOT], &caller->found),
         SEKISHO_EBUSY);
    SAME(sekisho_follower_receive(&caller->position, (sekisho_region *)user, caller->record, lens[RECORD]),
         SEKISHO_EBUSY);
    cases++;
    return 0;
}
static void amid(void)
{
    again();
    sekisho_region *region = PLACE(REGION, sekisho_region);
    sekisho_storage storage = caller->storage;
    SAME(sekisho_journal_format(&caller->new_journal, &storage, region, &caller->position), 0);
    const size_t before = cases;
    put_back(EMPTY);
    SAME(sekisho_journal_mount(&caller->new_journal, &storage, PLACE(EMPTY, sekisho_region), NULL), SEKISHO_EEXIST);
    SAME(sekisho_journal_close(&caller->new_journal), 0);
    storage.sync = meddles;
    storage.user = PLACE(EMPTY, sekisho_region);
    SAME(sekisho_journal_mount(&caller->new_journal, &storage, PLACE(EMPTY, sekisho_region), NULL), 0);
    SAME(sekisho_journal_apply(&caller->new_journal, PLACE(EMPTY, sekisho_region), caller->command, COMMAND_LEN,
                               NULL, NULL),
         0);
    TRUE(cases > before);
}

int main(void)
{
    new_world();
    lies();
    damaged_disks();
    amid();
    printf("hostile_store: %zu cases ok\n", cases);
    return 0;
}
