/* State that survives: records, snapshots, a journal on callbacks, followers. */
#include "check.h"

/* Two sectors in memory, which fail when told to. */
#define SECTOR 4096
struct disk {
    uint8_t bytes[2 * SECTOR];
    int writes_left; /* then the power is off; negative: never */
    int synced;
};

static int disk_read(void *user, uint32_t sector, uint32_t at, uint8_t *into, size_t len)
{
    struct disk *disk = (struct disk *)user;
    if (sector > 1 || at + len > SECTOR) {
        return 1;
    }
    memcpy(into, disk->bytes + sector * SECTOR + at, len);
    return 0;
}

static int disk_write(void *user, uint32_t sector, uint32_t at, const uint8_t *bytes, size_t len)
{
    struct disk *disk = (struct disk *)user;
    size_t n;
    if (sector > 1 || at % 4 != 0 || len % 4 != 0 || at + len > SECTOR) {
        return 1;
    }
    if (disk->writes_left == 0) {
        /* As much as half of it has happened. */
        memcpy(disk->bytes + sector * SECTOR + at, bytes, len / 2);
        return 5;
    }
    if (disk->writes_left > 0) {
        disk->writes_left--;
    }
    for (n = 0; n < len; n++) {
        if (disk->bytes[sector * SECTOR + at + n] != 0xFF) {
            return 2;
        }
    }
    memcpy(disk->bytes + sector * SECTOR + at, bytes, len);
    disk->synced = 0;
    return 0;
}

static int disk_erase(void *user, uint32_t sector)
{
    struct disk *disk = (struct disk *)user;
    memset(disk->bytes + sector * SECTOR, 0xFF, SECTOR);
    return 0;
}

static int disk_sync(void *user)
{
    ((struct disk *)user)->synced = 1;
    return 0;
}

static struct disk *new_disk(void)
{
    struct disk *disk = (struct disk *)zeroed(sizeof *disk);
    memset(disk->bytes, 0xFF, sizeof disk->bytes);
    disk->writes_left = -1;
    return disk;
}

static sekisho_storage storage_of(struct disk *disk)
{
    sekisho_storage storage;
    memset(&storage, 0, sizeof storage);
    storage.size = sizeof storage;
    storage.sectors = 2;
    storage.sector_size = SECTOR;
    storage.write_size = 4;
    storage.erased = 0xFF;
    storage.user = disk;
    storage.read = disk_read;
    storage.write = disk_write;
    storage.erase = disk_erase;
    storage.sync = disk_sync;
    return storage;
}

static sekisho_position at(uint32_t history, uint64_t sequence)
{
    sekisho_position position;
    memset(&position, 0, sizeof position);
    position.history = history;
    position.sequence = sequence;
    return position;
}

/* Frames on their way to a follower. */
struct inbox {
    uint8_t frames[64][SEKISHO_FRAME_MAX];
    size_t lengths[64];
    size_t count, room;
};

static int post(void *user, const uint8_t *frame, size_t len)
{
    struct inbox *inbox = (struct inbox *)user;
    if (inbox->count == inbox->room) {
        return 1;
    }
    memcpy(inbox->frames[inbox->count], frame, len);
    inbox->lengths[inbox->count++] = len;
    return 0;
}

static struct inbox *new_inbox(void)
{
    struct inbox *inbox = (struct inbox *)zeroed(sizeof *inbox);
    inbox->room = 64;
    return inbox;
}

static const char *const LINES[] = {
    "create-vpc vpc-1 vtb-1 10.0.0.0/16", "create-vswitch vsw-1 vpc-1 10.0.0.0/24",
    "create-instance i-1 vsw-1 10.0.0.10", "allocate-eip eip-1 47.0.0.1",
    "associate-eip eip-1 i-1",             "create-ipv4-gateway ipv4gw-1 vpc-1",
    "enable-vpc-ipv4-gateway ipv4gw-1 vtb-1"};
#define COUNT (sizeof LINES / sizeof *LINES)

static int store(sekisho_journal *journal, sekisho_region *region, const char *line)
{
    return sekisho_journal_apply(journal, region, line, strlen(line), NULL, NULL);
}

static void records(void)
{
    uint8_t bytes[SEKISHO_FRAME_MAX];
    sekisho_position position = at(7, 1), found = at(0, 0);
    size_t needed = 0, len = strlen(LINES[0]), n;
    SAME(sekisho_record_encode(&position, LINES[0], len, NULL, 0, &needed), SEKISHO_ENOSPC);
    for (n = 1; n < needed; n++) {
        /* A buffer that is too short stays as it is, and nothing behind it is touched. */
        uint8_t *room = guarded(n);
        size_t again = 0, byte;
        SAME(sekisho_record_encode(&position, LINES[0], len, room, n, &again), SEKISHO_ENOSPC);
        SAME(again, needed);
        for (byte = 0; byte < n; byte++) {
            SAME(room[byte], 0);
        }
    }
    SAME(sekisho_record_encode(&position, LINES[0], len, bytes, needed, &needed), 0);
    SAME(sekisho_record_check(bytes, needed, &found), 0);
    SAME(found.history, 7);
    SAME(found.sequence, 1);
    for (n = 0; n < needed; n++) {
        uint8_t *cut = guarded(n + 1);
        memcpy(cut, bytes, n);
        SAME(sekisho_record_check(cut, n, &found), SEKISHO_EBADMSG);
        bytes[n] ^= 16;
        SAME(sekisho_record_check(bytes, needed, &found), SEKISHO_EBADMSG);
        bytes[n] ^= 16;
    }
    SAME(sekisho_record_check(bytes, needed + 1, &found), SEKISHO_EBADMSG);
    SAME(sekisho_record_encode(&position, "show vpc-1", 10, bytes, sizeof bytes, &needed),
         SEKISHO_EINVAL);
    SAME(sekisho_record_encode(&position, "# none", 6, bytes, sizeof bytes, &needed),
         SEKISHO_EINVAL);
    SAME(sekisho_record_encode(&position, "create-vpc", 10, bytes, sizeof bytes, &needed),
         SEKISHO_ERROR_INVALID_COMMAND);
    SAME(sekisho_record_encode(NULL, LINES[0], len, bytes, sizeof bytes, &needed), SEKISHO_EINVAL);
    SAME(sekisho_record_encode(&position, LINES[0], len, NULL, 9, &needed), SEKISHO_EINVAL);
    SAME(sekisho_record_encode(&position, LINES[0], len, bytes, sizeof bytes, NULL),
         SEKISHO_EINVAL);
    position.reserved = 1;
    SAME(sekisho_record_encode(&position, LINES[0], len, bytes, sizeof bytes, &needed),
         SEKISHO_EPROTO);
}

static void snapshots(void)
{
    sekisho_region *region = new_region(), *copy = new_region();
    sekisho_position position = at(7, 70), found = at(0, 0);
    size_t needed = 0, n;
    uint8_t *bytes;
    uint64_t empty = hash(copy);
    for (n = 0; n < COUNT; n++) {
        SAME(apply(region, LINES[n]), 0);
    }
    SAME(sekisho_snapshot_save(region, &position, NULL, 0, &needed), SEKISHO_ENOSPC);
    bytes = guarded(needed);
    for (n = 0; n < needed; n++) {
        SAME(sekisho_snapshot_save(region, &position, bytes, n, &needed), SEKISHO_ENOSPC);
    }
    SAME(sekisho_snapshot_save(region, &position, bytes, needed, &needed), 0);
    for (n = 0; n < needed; n++) {
        SAME(sekisho_snapshot_load(copy, NULL, bytes, n, &found), SEKISHO_EBADMSG);
        bytes[n] ^= 1;
        TRUE(sekisho_snapshot_load(copy, NULL, bytes, needed, &found) < 0);
        bytes[n] ^= 1;
        TRUE(hash(copy) == empty);
    }
    SAME(sekisho_snapshot_load(copy, region, bytes, needed, &found), 0);
    SAME(found.sequence, 70);
    SAME(found.history, 7);
    TRUE(hash(copy) == hash(region));
    SAME(sekisho_snapshot_load(copy, NULL, bytes, needed, &found), SEKISHO_EEXIST);
    TRUE(hash(copy) == hash(region));
    free(region);
    free(copy);
}

static void journals(void)
{
    struct disk *disk = new_disk();
    sekisho_storage storage = storage_of(disk);
    sekisho_region *region = new_region(), *copy = new_region();
    sekisho_position start = at(3, 0), found = at(0, 0);
    sekisho_journal journal, again;
    sekisho_recovery recovery;
    uint64_t before;
    size_t n;
    memset(&journal, 0, sizeof journal);
    memset(&again, 0, sizeof again);
    memset(&recovery, 0, sizeof recovery);
    recovery.size = sizeof recovery;
    SAME(store(&journal, region, LINES[0]), SEKISHO_EPROTO);
    SAME(store(NULL, region, LINES[0]), SEKISHO_EINVAL);
    SAME(sekisho_journal_mount(&journal, &storage, region, &recovery), SEKISHO_ENOENT);
    SAME(sekisho_journal_format(&journal, &storage, region, &start), 0);
    for (n = 0; n < COUNT; n++) {
        SAME(store(&journal, region, LINES[n]), 0);
        SAME(disk->synced, 1);
    }
    SAME(store(&journal, region, "show vpc-1"), SEKISHO_EINVAL);
    SAME(store(&journal, region, "delete-vpc vpc-9"), SEKISHO_ERROR_NO_VPC);
    SAME(sekisho_journal_position(&journal, &found), 0);
    SAME(found.sequence, COUNT);
    /* What cannot be stored is not done. */
    before = hash(region);
    disk->writes_left = 0;
    SAME(store(&journal, region, "region blackout=on"), SEKISHO_EIO);
    TRUE(hash(region) == before);
    disk->writes_left = -1;
    /* The power had failed: the torn record is cut. */
    SAME(sekisho_journal_close(&journal), 0);
    SAME(store(&journal, region, LINES[0]), SEKISHO_EPROTO);
    SAME(sekisho_journal_mount(&again, &storage, copy, &recovery), 0);
    SAME(recovery.position.sequence, COUNT);
    SAME(recovery.records, COUNT);
    SAME(recovery.cut, 1);
    SAME(recovery.pending, 0);
    TRUE(hash(copy) == before);
    SAME(store(&again, copy, "region blackout=on"), 0);
    SAME(sekisho_journal_mount(&journal, &storage, copy, &recovery), SEKISHO_EEXIST);
    /* Whatever the storage is: with any other answer the region would be empty. */
    storage.sectors = 1;
    SAME(sekisho_journal_mount(&journal, &storage, copy, &recovery), SEKISHO_EEXIST);
    storage.sectors = storage_of(disk).sectors;
    SAME(sekisho_journal_format(&again, &storage, copy, &start), SEKISHO_EEXIST);
    /* A change past the journal is noticed. */
    SAME(sekisho_region_line(copy, "region gwlb=off", 15, NULL, 0, NULL), 0);
    before = hash(copy);
    SAME(store(&again, copy, "region gwlb=on"), SEKISHO_ESTALE);
    SAME(store(&again, region, "region gwlb=on"), SEKISHO_ESTALE);
    TRUE(hash(copy) == before);
    SAME(sekisho_journal_position(&again, &found), 0);
    SAME(sekisho_journal_adopt(&again, copy, &found), 0);
    SAME(store(&again, copy, "region gwlb=on"), 0);
    /* Structures of another size, and callbacks that are not there. */
    storage.size++;
    SAME(sekisho_journal_format(&journal, &storage, copy, &start), SEKISHO_EPROTO);
    storage.size -= 2;
    SAME(sekisho_journal_format(&journal, &storage, copy, &start), SEKISHO_EINVAL);
    storage = storage_of(disk);
    storage.sync = NULL;
    SAME(sekisho_journal_format(&journal, &storage, copy, &start), SEKISHO_EINVAL);
    storage = storage_of(disk);
    storage.erased = 256;
    SAME(sekisho_journal_format(&journal, &storage, copy, &start), SEKISHO_EINVAL);
    storage = storage_of(disk);
    storage.sectors = 1;
    SAME(sekisho_journal_format(&journal, &storage, copy, &start), SEKISHO_EINVAL);
    free(region);
    free(copy);
    free(disk);
}

static void followers(void)
{
    struct disk *disk = new_disk();
    sekisho_storage storage = storage_of(disk);
    sekisho_region *region = new_region(), *copy = new_region(), *late = new_region();
    sekisho_position start = at(3, 0), here = at(3, 0), found = at(0, 0);
    sekisho_journal journal;
    struct inbox *inbox = new_inbox();
    uint8_t request[SEKISHO_FRAME_MAX], snapshot[SECTOR];
    size_t needed = 0, n, length = 0;
    memset(&journal, 0, sizeof journal);
    SAME(sekisho_journal_format(&journal, &storage, region, &start), 0);
    for (n = 0; n < COUNT; n++) {
        SAME(sekisho_journal_apply(&journal, region, LINES[n], strlen(LINES[n]), post, inbox), 0);
    }
    SAME(inbox->count, COUNT);
    /* The second before the first, and each of them twice. */
    SAME(sekisho_follower_receive(&here, copy, inbox->frames[1], inbox->lengths[1]),
         SEKISHO_ESTALE);
    for (n = 0; n < 3; n++) {
        SAME(sekisho_follower_receive(&here, copy, inbox->frames[n], inbox->lengths[n]), 1);
        SAME(sekisho_follower_receive(&here, copy, inbox->frames[n], inbox->lengths[n]), 0);
    }
    /* The rest it asks for. */
    inbox->count = 0;
    SAME(sekisho_request_encode(&here, request, sizeof request, &needed), 0);
    SAME(sekisho_journal_serve(&journal, region, request, needed, post, inbox), 0);
    SAME(inbox->count, COUNT - 3);
    for (n = 0; n < inbox->count; n++) {
        SAME(sekisho_follower_receive(&here, copy, inbox->frames[n], inbox->lengths[n]), 1);
    }
    TRUE(hash(copy) == hash(region));
    SAME(here.sequence, COUNT);
    /* One that knows nothing gets a snapshot, and one whose callback has had enough does not. */
    inbox->count = 0;
    SAME(sekisho_request_encode(NULL, request, sizeof request, &needed), 0);
    inbox->room = 0;
    SAME(sekisho_journal_serve(&journal, region, request, needed, post, inbox),
         SEKISHO_ECANCELED);
    inbox->room = 64;
    SAME(sekisho_journal_serve(&journal, region, request, needed, post, inbox), 0);
    for (n = 0; n < inbox->count; n++) {
        memcpy(snapshot + length, inbox->frames[n], inbox->lengths[n]);
        length += inbox->lengths[n];
    }
    SAME(sekisho_snapshot_load(late, NULL, snapshot, length, &found), 0);
    TRUE(hash(late) == hash(region));
    SAME(found.sequence, COUNT);
    SAME(sekisho_journal_serve(&journal, region, request, needed - 1, post, inbox),
         SEKISHO_EBADMSG);
    SAME(sekisho_journal_serve(&journal, region, request, needed, NULL, NULL), SEKISHO_EINVAL);
    free(region);
    free(copy);
    free(late);
    free(inbox);
    free(disk);
}

/* A follower with a disk of its own. */
static void stored_follower(void)
{
    struct disk *disk = new_disk(), *other = new_disk();
    sekisho_storage storage = storage_of(disk), own = storage_of(other);
    sekisho_region *region = new_region(), *copy = new_region(), *again = new_region();
    sekisho_position start = at(3, 0);
    sekisho_journal journal, follower;
    struct inbox *inbox = new_inbox();
    sekisho_recovery recovery;
    size_t n;
    memset(&journal, 0, sizeof journal);
    memset(&follower, 0, sizeof follower);
    memset(&recovery, 0, sizeof recovery);
    recovery.size = sizeof recovery;
    SAME(sekisho_journal_format(&journal, &storage, region, &start), 0);
    SAME(sekisho_journal_format(&follower, &own, copy, &start), 0);
    for (n = 0; n < COUNT; n++) {
        SAME(sekisho_journal_apply(&journal, region, LINES[n], strlen(LINES[n]), post, inbox), 0);
        SAME(sekisho_journal_receive(&follower, copy, inbox->frames[n], inbox->lengths[n]), 1);
        SAME(sekisho_journal_receive(&follower, copy, inbox->frames[n], inbox->lengths[n]), 0);
    }
    start = at(3, 500);
    SAME(sekisho_journal_adopt(&follower, copy, &start), 0);
    SAME(sekisho_journal_close(&follower), 0);
    SAME(sekisho_journal_mount(&follower, &own, again, &recovery), 0);
    SAME(recovery.position.sequence, 500);
    SAME(recovery.records, 0);
    TRUE(hash(again) == hash(region));
    free(region);
    free(copy);
    free(again);
    free(inbox);
    free(disk);
    free(other);
}

int main(void)
{
    records();
    snapshots();
    journals();
    followers();
    stored_follower();
    printf("store: records, snapshots, journals, followers\n");
    return 0;
}
