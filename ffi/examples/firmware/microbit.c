/* The BBC micro:bit: a log on its UART, which is what the newcomer's program needs. */
#include "board.h"

#define UART(offset) (*(volatile uint32_t *)(0x40002000 + (offset)))
#define START_TX UART(0x008)
#define TX_READY UART(0x11C)
#define ENABLE UART(0x500)
#define TX_PIN UART(0x50C)
#define TX_DATA UART(0x51C)
#define BAUD_RATE UART(0x524)

enum {
    ENABLED = 4,
    PIN = 24,
    BAUD_115200 = 0x01D7E000,
};

void board_start(void)
{
    TX_PIN = PIN;
    BAUD_RATE = BAUD_115200;
    ENABLE = ENABLED;
    START_TX = 1;
}

void log_text(const char *text)
{
    for (; *text != '\0'; text++) {
        TX_READY = 0;
        TX_DATA = (unsigned char)*text;
        while (TX_READY == 0)
            ;
    }
}
