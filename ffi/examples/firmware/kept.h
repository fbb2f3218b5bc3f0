/* The configuration of a region on storage that a reset leaves as it is. */
#ifndef KEPT_H
#define KEPT_H

#include <stddef.h>
#include <stdint.h>

#include "sekisho.h"

/* What a change is answered that could not be stored, and was not made. */
#define KEPT_NOT_STORED SEKISHO_EIO

/* Brings what the storage has kept into an empty region, and tells the log about it. */
void kept_open(sekisho_region *region);

/* Does what a line says, if it is a change, and EINVAL if it is none: 0, that it is refused, or
 * KEPT_NOT_STORED. A change is on the storage to stay before it is made. */
int kept_apply(sekisho_region *region, const char *line, size_t length);

/* Ticks that the program has waited for the storage so far, modulo 2^32. */
uint32_t kept_waited(void);

#endif
