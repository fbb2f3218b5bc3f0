//! UART0 of the MPS2 board, Arm's CMSDK APB UART: bytes come by interrupt into a ring, and go out as the
//! transmitter takes them.

use core::fmt;
use core::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};

use cortex_m::interrupt::InterruptNumber;
use cortex_m::peripheral::NVIC;

const BASE: usize = 0x4000_4000;

/// The registers, by their offsets.
#[derive(Clone, Copy)]
enum Register {
    Data = 0x00,
    State = 0x04,
    Control = 0x08,
    InterruptClear = 0x0C,
    BaudDivider = 0x10,
}

// Bits of `State`.
const TX_FULL: u32 = 1 << 0;
const RX_FULL: u32 = 1 << 1;
const RX_OVERRUN: u32 = 1 << 3;
// Bits of `Control`.
const TX_ENABLE: u32 = 1 << 0;
const RX_ENABLE: u32 = 1 << 1;
const RX_INTERRUPT: u32 = 1 << 3;
/// The receiver's bit of `InterruptClear`.
const RX_CLEAR: u32 = 1 << 1;

/// Stands for bytes that were lost. No word of the console holds it, so their line is refused.
const REPLACEMENT: u8 = 0;

/// 115,200 baud at 25 MHz.
const DIVIDER: u32 = 25_000_000 / 115_200;

/// The receiver's interrupt.
pub const RECEIVED: i16 = 0;

#[derive(Clone, Copy)]
struct Interrupt;

// SAFETY: it is the number of an interrupt of this board, and always the same.
unsafe impl InterruptNumber for Interrupt {
    fn number(self) -> u16 {
        RECEIVED as u16
    }
}

fn read(register: Register) -> u32 {
    // SAFETY: a register of the board's UART, aligned; reading one is always allowed.
    unsafe { ((BASE + register as usize) as *const u32).read_volatile() }
}

fn write(register: Register, value: u32) {
    // SAFETY: a register of the board's UART, aligned; none of them leads the hardware to memory.
    unsafe { ((BASE + register as usize) as *mut u32).write_volatile(value) }
}

/// Bytes on their way from the interrupt to the main program: a line, and the next meanwhile.
static RING: [AtomicU8; 1024] = [const { AtomicU8::new(0) }; 1024];
/// Bytes put into the ring and taken out of it so far: each has one writer.
static PUT: AtomicUsize = AtomicUsize::new(0);
static TAKEN: AtomicUsize = AtomicUsize::new(0);
/// Whether the receiver has lost bytes.
static LOST: AtomicBool = AtomicBool::new(false);

/// Switches the UART on, at 115,200 baud.
pub fn start() {
    write(Register::BaudDivider, DIVIDER);
    write(Register::Control, TX_ENABLE | RX_ENABLE | RX_INTERRUPT);
    // SAFETY: no critical section relies on this interrupt being off.
    unsafe { NVIC::unmask(Interrupt) };
}

/// For the receiver's interrupt: takes its byte, or leaves it there as long as the ring is full.
pub fn receive() {
    write(Register::InterruptClear, RX_CLEAR);
    while read(Register::State) & (RX_FULL | RX_OVERRUN) != 0 {
        let put = PUT.load(Ordering::Relaxed);
        if put.wrapping_sub(TAKEN.load(Ordering::Acquire)) == RING.len() {
            write(Register::Control, TX_ENABLE | RX_ENABLE);
            return;
        }
        let byte = if read(Register::State) & RX_OVERRUN != 0 {
            write(Register::State, RX_OVERRUN);
            LOST.store(true, Ordering::Relaxed);
            REPLACEMENT
        } else {
            read(Register::Data) as u8
        };
        RING[put % RING.len()].store(byte, Ordering::Relaxed);
        PUT.store(put.wrapping_add(1), Ordering::Release);
    }
}

/// Whether no byte has come that was not taken.
pub fn is_empty() -> bool {
    PUT.load(Ordering::Acquire) == TAKEN.load(Ordering::Relaxed)
}

/// The next byte that has come, if any.
pub fn take() -> Option<u8> {
    if is_empty() {
        return None;
    }
    let taken = TAKEN.load(Ordering::Relaxed);
    let byte = RING[taken % RING.len()].load(Ordering::Relaxed);
    TAKEN.store(taken.wrapping_add(1), Ordering::Release);
    if read(Register::Control) & RX_INTERRUPT == 0 {
        write(Register::Control, TX_ENABLE | RX_ENABLE | RX_INTERRUPT);
        // The byte that was left in the receiver interrupts no more.
        cortex_m::interrupt::free(|_| receive());
    }
    Some(byte)
}

/// Whether bytes have been lost since this was asked last, as they came faster than they were taken.
pub fn has_lost() -> bool {
    // Without compare-and-swap: what is lost in between is told with the next.
    let lost = LOST.load(Ordering::Relaxed);
    if lost {
        LOST.store(false, Ordering::Relaxed);
    }
    lost
}

/// The transmitter, as a place for answers.
pub struct Transmitter;

impl fmt::Write for Transmitter {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            while read(Register::State) & TX_FULL != 0 {}
            write(Register::Data, byte.into());
        }
        Ok(())
    }
}
