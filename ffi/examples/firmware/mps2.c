/* The Arm MPS2 board with image AN386: the console on UART0, the log on UART1, SysTick for the time. */
#include "board.h"

/* Arm's CMSDK APB UART. */
struct uart {
    volatile uint32_t data, state, control, interrupt, divider;
};
#define CONSOLE ((struct uart *)0x40004000)
#define LOG ((struct uart *)0x40005000)

enum {
    /* state */
    TX_FULL = 1 << 0,
    RX_FULL = 1 << 1,
    RX_OVERRUN = 1 << 3,
    /* control */
    TX_ENABLE = 1 << 0,
    RX_ENABLE = 1 << 1,
    RX_INTERRUPT = 1 << 3,
    /* interrupt */
    RX_CLEAR = 1 << 1,

    CLOCK = 25000000,
    TICKS = CLOCK / 1000,
    DIVIDER = CLOCK / 115200,
    RING = 1024,
    /* No word of the console holds it, so the line that has lost bytes is refused. */
    REPLACEMENT = 0,
};

/* SysTick's control, reload and current value, and the interrupt controller's enabling word. */
#define SYSTICK ((volatile uint32_t *)0xE000E010)
#define INTERRUPT_ENABLE (*(volatile uint32_t *)0xE000E100)

void systick(void);
void interrupt_0(void);

static volatile uint32_t milliseconds;

/* Bytes on their way from the interrupt to the main program: a line, and the next meanwhile. How many were
 * put in and taken out so far has one writer each. */
static volatile char ring[RING];
static volatile uint32_t put, taken;
static volatile bool lost;

static void fence(void)
{
    __asm__ volatile("" : : : "memory");
}

void board_start(void)
{
    SYSTICK[1] = TICKS - 1;
    SYSTICK[2] = 0;
    SYSTICK[0] = 7;
    LOG->divider = CONSOLE->divider = DIVIDER;
    LOG->control = TX_ENABLE;
    CONSOLE->control = TX_ENABLE | RX_ENABLE | RX_INTERRUPT;
    INTERRUPT_ENABLE = 1;
}

void systick(void)
{
    milliseconds++;
}

uint32_t board_milliseconds(void)
{
    return milliseconds;
}

uint32_t board_ticks(void)
{
    for (;;) {
        const uint32_t before = milliseconds;
        const uint32_t within = TICKS - 1 - SYSTICK[2];
        if (milliseconds == before)
            return before * TICKS + within;
    }
}

/* The receiver's interrupt: takes its byte, or leaves it there as long as the ring is full. */
void interrupt_0(void)
{
    CONSOLE->interrupt = RX_CLEAR;
    while ((CONSOLE->state & (RX_FULL | RX_OVERRUN)) != 0) {
        if (put - taken == RING) {
            CONSOLE->control = TX_ENABLE | RX_ENABLE;
            return;
        }
        char byte = REPLACEMENT;
        if ((CONSOLE->state & RX_OVERRUN) != 0) {
            CONSOLE->state = RX_OVERRUN;
            lost = true;
        } else {
            byte = (char)CONSOLE->data;
        }
        ring[put % RING] = byte;
        fence();
        put++;
    }
}

bool console_take(char *byte)
{
    if (put == taken)
        return false;
    *byte = ring[taken % RING];
    fence();
    taken++;
    if ((CONSOLE->control & RX_INTERRUPT) == 0) {
        CONSOLE->control = TX_ENABLE | RX_ENABLE | RX_INTERRUPT;
        /* The byte that was left in the receiver interrupts no more. */
        __asm__ volatile("cpsid i" : : : "memory");
        interrupt_0();
        __asm__ volatile("cpsie i" : : : "memory");
    }
    return true;
}

bool console_has_lost(void)
{
    const bool has = lost;
    if (has)
        lost = false;
    return has;
}

void console_wait(void)
{
    __asm__ volatile("cpsid i" : : : "memory");
    if (put == taken)
        __asm__ volatile("wfi" : : : "memory");
    __asm__ volatile("cpsie i" : : : "memory");
}

static void send(struct uart *uart, const char *text)
{
    for (; *text != '\0'; text++) {
        while ((uart->state & TX_FULL) != 0)
            ;
        uart->data = (unsigned char)*text;
    }
}

void console_text(const char *text)
{
    send(CONSOLE, text);
}

void log_text(const char *text)
{
    send(LOG, text);
}
