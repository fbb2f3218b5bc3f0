//! What the images share: a board's UART, clock and stack, and lines out of bytes.
//!
//! ```text
//! interrupt --> uart: ring of bytes --> line --> console::run --> uart
//!               clock: milliseconds       |   stack: how deep that went      both to defmt
//!                                         +-> store::Journal -> flash: what a reset leaves
//! ```
//!
//! The images are in `src/bin/`: `console`, the console language on the UART; `beside`, lookups in an
//! interrupt while the main program changes what they look at; `newcomer`, a routing table on the
//! smallest board.

#![no_std]

use defmt_semihosting as _;

pub mod clock;
pub mod flash;
pub mod line;
pub mod random;
pub mod stack;
pub mod uart;

defmt::timestamp!("{=u32:ms}", clock::milliseconds());

/// Where answers go that nobody reads.
pub struct Nowhere;

impl core::fmt::Write for Nowhere {
    fn write_str(&mut self, _: &str) -> core::fmt::Result {
        Ok(())
    }
}

/// Ends QEMU. On a board this is where it would be reset.
pub fn exit(success: bool) -> ! {
    semihosting::process::exit(if success { 0 } else { 1 })
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    let (file, line) = info.location().map_or(("?", 0), |at| (at.file(), at.line()));
    defmt::error!("panicked at {=str}:{=u32}", file, line);
    exit(false)
}
