/* An arena of routing tables in static memory, as large as the project's configuration says. */
#ifndef SEKISHO_ARENA_H
#define SEKISHO_ARENA_H

#include "sekisho.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The arena, for CONFIG_SEKISHO_MAX_ROUTES routes in CONFIG_SEKISHO_MAX_TABLES tables. The first call makes it
 * and has to be over before another thread calls; never NULL. */
sekisho_lpm *sekisho_arena(void);

#ifdef __cplusplus
}
#endif

#endif
