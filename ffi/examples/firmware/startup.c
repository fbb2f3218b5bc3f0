/* From the reset to main: vectors, initialised and zeroed memory. */
#include "board.h"

extern uint32_t data_start[], data_end[], bss_start[], bss_end[], stack_top[];
extern const uint32_t data_load[];

int main(void);
void reset(void);
/* A board has these where it uses them. */
void systick(void) __attribute__((weak, alias("unexpected")));
void interrupt_0(void) __attribute__((weak, alias("unexpected")));
void unexpected(void);

_Noreturn void board_exit(bool success)
{
    /* Semihosting: SYS_EXIT with ADP_Stopped_ApplicationExit or ADP_Stopped_RunTimeErrorUnknown. */
    register uint32_t operation __asm__("r0") = 0x18;
    register uint32_t reason __asm__("r1") = success ? 0x20026 : 0x20023;
    __asm__ volatile("bkpt 0xab" : : "r"(operation), "r"(reason) : "memory");
    for (;;)
        ;
}

void unexpected(void)
{
    log_text("an exception that nobody expects\n");
    board_exit(false);
}

void reset(void)
{
    const uint32_t *from = data_load;
    for (uint32_t *to = data_start; to < data_end;)
        *to++ = *from++;
    for (uint32_t *to = bss_start; to < bss_end;)
        *to++ = 0;
    board_exit(main() == 0);
}

/* What the processor finds at address 0: the top of the stack, its exceptions, and the board's interrupts,
 * of which one is switched on. */
__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    void (*exceptions[15])(void);
    void (*interrupts[1])(void);
} vectors = {
    stack_top,
    {reset, unexpected, unexpected, unexpected, unexpected, unexpected, NULL, NULL, NULL, NULL, unexpected,
     unexpected, NULL, unexpected, systick},
    {interrupt_0},
};
