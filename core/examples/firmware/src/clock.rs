//! Time since the start, by SysTick.

use core::sync::atomic::{AtomicU32, Ordering};

use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;

/// Ticks of the board's clock a millisecond.
pub const MILLISECOND: u32 = if cfg!(board = "microbit") { 16_000 } else { 25_000 };

static MILLISECONDS: AtomicU32 = AtomicU32::new(0);

/// Lets SysTick interrupt each millisecond; the image calls [`tick`] then.
pub fn start(syst: &mut SYST) {
    syst.set_clock_source(SystClkSource::Core);
    syst.set_reload(MILLISECOND - 1);
    syst.clear_current();
    syst.enable_counter();
    syst.enable_interrupt();
}

/// For the SysTick interrupt, which alone writes the time.
pub fn tick() {
    MILLISECONDS.store(milliseconds().wrapping_add(1), Ordering::Relaxed);
}

/// Milliseconds since [`start`].
pub fn milliseconds() -> u32 {
    MILLISECONDS.load(Ordering::Relaxed)
}

/// Ticks of the board's clock since [`start`], modulo 2^32.
pub fn ticks() -> u32 {
    loop {
        let before = milliseconds();
        let within = MILLISECOND - 1 - SYST::get_current();
        if milliseconds() == before {
            return before.wrapping_mul(MILLISECOND).wrapping_add(within);
        }
    }
}
