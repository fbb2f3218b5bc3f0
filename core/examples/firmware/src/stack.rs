//! How deep the stack has been: what lies below it is painted, and looked at later.

use core::ptr;

use cortex_m::interrupt;
use cortex_m::register::msp;

const PAINT: u32 = 0x5EC1_5150;

unsafe extern "C" {
    /// The ends of the stack's memory, by the linker: the stack grows from `_stack_start` down.
    static mut _stack_start: u32;
    static mut _stack_end: u32;
}

fn top() -> usize {
    (&raw const _stack_start).addr()
}

/// Paints the stack's memory that is not in use.
#[inline(never)]
pub fn paint() {
    interrupt::free(|_| {
        let low = &raw mut _stack_end;
        let words = (msp::read() as usize - low.addr()) / 4;
        for word in 0..words {
            // SAFETY: from the linker's end of the stack to the stack pointer, so within the stack's memory.
            let word = unsafe { low.add(word) };
            // SAFETY: below the stack pointer nothing lives while interrupts are off; this function calls
            // nothing.
            unsafe { ptr::write_volatile(word, PAINT) };
        }
    });
}

/// Bytes of the stack, from its top, that have been used since [`paint`], interrupts included.
pub fn deepest() -> usize {
    let low = &raw const _stack_end;
    let words = (top() - low.addr()) / 4;
    // SAFETY: as in `paint`, up to the stack's top.
    let is_painted = |word: usize| unsafe { ptr::read_volatile(low.wrapping_add(word)) } == PAINT;
    let untouched = (0..words).take_while(|&word| is_painted(word)).count();
    (words - untouched) * 4
}

/// Bytes of the stack that are in use now.
#[inline(always)]
pub fn used() -> usize {
    top() - msp::read() as usize
}
