/* Stands in for Zephyr's. */
#include <stdint.h>
