/* Nothing but the header, and how its structures lie in memory: for every compiler and standard, and for
 * firmware's 32 bits too. Compiled, never linked. */
#include "sekisho.h"

#ifdef __cplusplus
#define LAYOUT(condition) static_assert(condition, #condition)
#define ALIGN_OF(type) alignof(type)
#else
#define LAYOUT(condition) _Static_assert(condition, #condition)
#define ALIGN_OF(type) _Alignof(type)
#endif

#include "golden/layout.h"
