/* How deep the stack has been, by painting what lies below it; and numbers for the log. */
#include "board.h"

#define PAINT UINT32_C(0x5EC15150)

extern uint32_t stack_low[], stack_top[];

static uint32_t *stack_pointer(void)
{
    uint32_t *pointer;
    __asm__ volatile("mrs %0, msp" : "=r"(pointer));
    return pointer;
}

__attribute__((noinline)) void stack_paint(void)
{
    /* Nothing lives below the stack pointer while interrupts are off. */
    __asm__ volatile("cpsid i" : : : "memory");
    for (volatile uint32_t *word = stack_low; word < stack_pointer(); word++)
        *word = PAINT;
    __asm__ volatile("cpsie i" : : : "memory");
}

uint32_t stack_deepest(void)
{
    const volatile uint32_t *word = stack_low;
    while (word < stack_top && *word == PAINT)
        word++;
    return (uint32_t)((uintptr_t)stack_top - (uintptr_t)word);
}

uint32_t stack_used(void)
{
    return (uint32_t)((uintptr_t)stack_top - (uintptr_t)stack_pointer());
}

void log_number(uint32_t number)
{
    char digits[11], *digit = digits + sizeof digits - 1;
    *digit = '\0';
    do
        *--digit = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    log_text(digit);
}
