#include "sekisho_arena.h"

/* Zephyr's build gives the configuration to each file; ESP-IDF has a header. */
#if !defined(CONFIG_SEKISHO_MAX_ROUTES) && defined(__has_include)
#if __has_include("sdkconfig.h")
#include "sdkconfig.h"
#endif
#endif

/* Of no type of its own, as a pointer to it becomes the handle. */
static uint32_t memory[SEKISHO_LPM_FOOTPRINT(CONFIG_SEKISHO_MAX_ROUTES, CONFIG_SEKISHO_MAX_TABLES) /
                       sizeof(uint32_t)];

sekisho_lpm *sekisho_arena(void)
{
    static sekisho_lpm *arena;
    if (arena == NULL) {
        /* Cannot fail: the memory is zeroed, aligned and as large as that takes. */
        (void)sekisho_lpm_init(memory, sizeof memory, CONFIG_SEKISHO_MAX_ROUTES, CONFIG_SEKISHO_MAX_TABLES, &arena);
    }
    return arena;
}
