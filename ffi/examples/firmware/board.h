/* What the images ask of a board. mps2.c and microbit.c are the boards; startup.c, stack.c are of any
 * Cortex-M. */
#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Switches the board's UARTs and its clock on. */
void board_start(void);

/* Ticks of the board's clock, modulo 2^32. */
uint32_t board_ticks(void);
/* Milliseconds since the start. */
uint32_t board_milliseconds(void);

/* The console. Takes the next byte that has come, if any. */
bool console_take(char *byte);
/* Whether bytes have been lost since this was asked last; a NUL stands for them in their line. */
bool console_has_lost(void);
/* Sleeps until an interrupt, unless there is a byte already. */
void console_wait(void);
void console_text(const char *text);

/* The log, on a line of its own. */
void log_text(const char *text);
void log_number(uint32_t number);

/* Paints the stack's memory that is not in use; then tells how many bytes from its top have been used. */
void stack_paint(void);
uint32_t stack_deepest(void);
/* Bytes of the stack that are in use now. */
uint32_t stack_used(void);

/* Ends the emulator. On a board this is where it would be reset. */
_Noreturn void board_exit(bool success);

#endif
