//! Lookups in an interrupt while the main program changes what they look at: every answer has to be the
//! one before the change or the one after it.
//!
//! The interrupt has readers of a region and of routes and takes no lock; the main program never switches
//! interrupts off for a change. First each change is made in two steps: then the interrupt has to find what
//! is between them, which shows that it comes in time to do so. In one step it never may.

#![no_std]
#![no_main]

mod border;
mod routes;
mod watch;

use core::sync::atomic::{AtomicBool, Ordering};

use cortex_m::Peripherals;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::{entry, exception};
use sekisho::{lpm, region};
use sekisho_firmware::{exit, stack};
use watch::Seen;

/// Ticks of the clock between interrupts, a prime: they come at another place of each change.
const PERIOD: u32 = 9_973;

/// Whether there is something to register readers of.
static READY: AtomicBool = AtomicBool::new(false);

#[entry]
fn main() -> ! {
    let Some(mut core) = Peripherals::take() else { exit(false) };
    stack::paint();
    core.SYST.set_clock_source(SystClkSource::Core);
    core.SYST.set_reload(PERIOD - 1);
    core.SYST.clear_current();
    core.SYST.enable_counter();
    match run(&mut || core.SYST.enable_interrupt()) {
        Ok(()) => {
            defmt::info!("beside: stack={=usize}", stack::deepest());
            exit(true)
        }
        Err(what) => {
            defmt::error!("beside: {=str}", what);
            exit(false)
        }
    }
}

fn run(begin: &mut dyn FnMut()) -> Result<(), &'static str> {
    let mut border = border::Border::new()?;
    let mut routes = routes::Routes::new()?;
    READY.store(true, Ordering::Release);
    begin();
    judge("border", border.in_two_steps()?, border.in_one_step()?)?;
    judge("routes", routes.in_two_steps()?, routes.in_one_step()?)
}

/// Whether the interrupt has seen what lies between two steps, and of one step before and after alone.
fn judge(what: &str, two: Seen, one: Seen) -> Result<(), &'static str> {
    defmt::info!("beside: {=str} in two steps: {}", what, two);
    defmt::info!("beside: {=str} in one step: {}", what, one);
    if two.neither == 0 {
        return Err("the interrupt does not find what is between two steps");
    }
    if one.changing < 1000 || one.before == 0 || one.after == 0 {
        return Err("the interrupt has hardly met a change");
    }
    if one.neither == 0 { Ok(()) } else { Err("an answer was neither before nor after") }
}

#[exception]
fn SysTick() {
    static mut BORDER: Option<region::Reader<'static>> = None;
    static mut ROUTES: Option<lpm::Reader<'static>> = None;
    if !READY.load(Ordering::Acquire) {
        return;
    }
    if BORDER.is_none() {
        *BORDER = region::Reader::register(&border::MEMORY, 0).ok();
        *ROUTES = lpm::Reader::register(&routes::MEMORY, 0).ok();
    }
    if let Some(reader) = BORDER {
        border::WATCH.look(|host| border::ask(&reader.tables(), host));
        reader.quiescent();
    }
    if let Some(reader) = ROUTES {
        routes::WATCH.look(|addr| routes::ask(reader, addr));
        reader.quiescent();
    }
}
