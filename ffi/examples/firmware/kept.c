/* A journal on storage as NOR flash is: erased by the sector, programmed by the word, slow, and torn by a
 * reset. It lies in external memory that a reset leaves as it is; the board in QEMU has no flash to
 * program. On a board with flash the same functions talk to its controller.
 */
#include "kept.h"

#include "board.h"

enum {
    SECTORS = 2,
/* Room for the largest state of the firmware profile, or for states of some thousands of objects. */
#ifdef LARGE
    SECTOR = 128 * 1024,
#else
    SECTOR = 8 * 1024,
#endif
    WORD = sizeof(uint32_t),
    WORDS = SECTOR / WORD,
    /* Parts of a sector that are erased one after another. */
    PARTS = 64,
    /* Ticks that a word takes to be programmed, 20 microseconds, and a sector to be erased, 50
     * milliseconds, as in the flash of microcontrollers. */
    PROGRAM = 500,
    ERASE = 1250000,
    /* Which history of changes this is. There is one board here; else take the chip's number. */
    HISTORY = 1,
};

#define ERASED UINT32_MAX
/* Bits that fall later than the others of their word: a reset may come between. */
#define SLOW UINT32_C(0x55555555)

static volatile uint32_t storage[SECTORS][WORDS] __attribute__((section(".kept")));
static sekisho_journal journal;
static uint32_t waited;

uint32_t kept_waited(void)
{
    return waited;
}

static void wait(uint32_t ticks)
{
    const uint32_t start = board_ticks();
    while (board_ticks() - start < ticks)
        ;
    waited += board_ticks() - start;
}

/* Whether a part of a sector is within it. */
static bool is_within(uint32_t sector, uint32_t at, size_t length)
{
    return sector < SECTORS && at <= SECTOR && length <= SECTOR - at;
}

static int read(void *user, uint32_t sector, uint32_t at, uint8_t *into, size_t length)
{
    (void)user;
    if (!is_within(sector, at, length))
        return -1;
    for (size_t i = 0; i < length; i++, at++)
        into[i] = (uint8_t)(storage[sector][at / WORD] >> 8 * (at % WORD));
    return 0;
}

/* Clears the bits of a word that the value has not, some before the others. */
static bool program(volatile uint32_t *word, uint32_t value)
{
    if (*word != ERASED)
        return false;
    *word &= value | SLOW;
    wait(PROGRAM / 2);
    *word &= value;
    wait(PROGRAM / 2);
    return *word == value;
}

static int write(void *user, uint32_t sector, uint32_t at, const uint8_t *bytes, size_t length)
{
    (void)user;
    if (!is_within(sector, at, length) || at % WORD != 0 || length % WORD != 0)
        return -1;
    for (size_t i = 0; i < length; i += WORD) {
        const uint32_t value = (uint32_t)bytes[i] | (uint32_t)bytes[i + 1] << 8 | (uint32_t)bytes[i + 2] << 16 |
                               (uint32_t)bytes[i + 3] << 24;
        if (!program(&storage[sector][(at + i) / WORD], value))
            return -1;
    }
    return 0;
}

static int erase(void *user, uint32_t sector)
{
    (void)user;
    if (sector >= SECTORS)
        return -1;
    for (uint32_t i = 0; i < WORDS; i++) {
        storage[sector][i] = ERASED;
        if (i % (WORDS / PARTS) == 0)
            wait(ERASE / PARTS);
    }
    return 0;
}

/* Everything is there when the functions above return. */
static int sync(void *user)
{
    (void)user;
    return 0;
}

void kept_open(sekisho_region *region)
{
    static const sekisho_storage flash = {
        .size = sizeof flash,
        .sectors = SECTORS,
        .sector_size = SECTOR,
        .write_size = WORD,
        .erased = 0xFF,
        .read = read,
        .write = write,
        .erase = erase,
        .sync = sync,
    };
    sekisho_recovery recovery = {.size = sizeof recovery};
    stack_paint();
    int code = sekisho_journal_mount(&journal, &flash, region, &recovery);
    if (code == 0) {
        log_text("storage: sequence=");
        log_number((uint32_t)recovery.position.sequence);
        log_text(" records=");
        log_number(recovery.records);
        log_text(recovery.cut != 0 ? " cut=true" : " cut=false");
        log_text(recovery.pending != 0 ? " not in order yet\n" : "\n");
    }
    if (code == SEKISHO_ENOENT) {
        const sekisho_position start = {.sequence = 0, .history = HISTORY};
        log_text("storage: nothing yet\n");
        code = sekisho_journal_format(&journal, &flash, region, &start);
    }
    log_text("storage: stack=");
    log_number(stack_deepest());
    log_text("\n");
    /* Nothing is guessed: the region stays empty, the storage as it is. */
    if (code != 0) {
        log_text("error: storage: ");
        log_text(sekisho_strerror(code));
        log_text("; it takes no change\n");
    }
}

int kept_apply(sekisho_region *region, const char *line, size_t length)
{
    const int code = sekisho_journal_apply(&journal, region, line, length, NULL, NULL);
    if (code == 0 || code == SEKISHO_EINVAL || code <= -SEKISHO_REFUSED)
        return code;
    /* The storage failed, or there is no journal, as the storage was damaged. */
    log_text("error: a change is not stored and not made: ");
    log_text(code == SEKISHO_EPROTO ? "there is no journal" : sekisho_strerror(code));
    log_text("\n");
    return KEPT_NOT_STORED;
}
