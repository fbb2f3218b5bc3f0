//! Another static library of Rust, with a panic handler of its own and panics that call it: one C program
//! links it and sekisho, see `two.c`. Compiled by rustc alone.
#![no_std]

use core::ffi::c_uint;

#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// The sum of the first `count` of eight numbers; panics on more.
#[unsafe(no_mangle)]
pub extern "C" fn other_sum(count: usize) -> c_uint {
    let numbers: [c_uint; 8] = [1, 2, 3, 4, 5, 6, 7, 8];
    numbers[..count].iter().sum()
}
