//! The console on UART0: a line in, its answer out, as the host's program answers.
//!
//! Each change is on the storage before it is answered, and there after a reset. The byte 0x04, which is
//! Ctrl-D on a terminal, ends the input and the run. About each line the log tells how deep the stack was
//! and how many ticks of 25 MHz it took, its answer sent, without waiting for the storage.

#![no_std]
#![no_main]

mod check;

use core::fmt::Write as _;
use core::sync::atomic::Ordering;

use cortex_m::{Peripherals, asm, interrupt};
use cortex_m_rt::{entry, exception};
use sekisho::console::{self, Line as Parsed, Status};
use sekisho::flow::{Config, FlowTable};
use sekisho::limits::Profile;
use sekisho::region::{Error, Region};
use sekisho::store::{self, ApplyError, Journal, Position};
use sekisho::{Memory, MemoryError};
use sekisho_firmware::flash::{self, Flash};
use sekisho_firmware::line::Line;
use sekisho_firmware::uart::{self, Transmitter};
use sekisho_firmware::{clock, exit, stack};

#[cfg(not(feature = "large"))]
const PROFILE: Profile = Profile::FIRMWARE;
#[cfg(feature = "large")]
const PROFILE: Profile = Profile::LARGE;

/// The smallest flow table.
const FLOWS: Config = Config::new(16);

#[cfg_attr(feature = "large", unsafe(link_section = ".psram"))]
static REGION: Memory<{ PROFILE.footprint() }> = Memory::new();
static FLOW_TABLE: Memory<{ FLOWS.footprint() }> = Memory::new();

/// Bytes of a sector of the storage: room for the largest state of the firmware profile, or for states of
/// some thousands of objects.
const SECTOR: usize = if cfg!(feature = "large") { 128 * 1024 } else { 8 * 1024 };
#[unsafe(link_section = ".kept")]
static STORAGE: Memory<{ 2 * SECTOR / 4 }> = Memory::new();
/// Which history of changes this is. There is one board here; else take the chip's number.
const HISTORY: u32 = 1;
/// Records that a start has to replay at most.
const COMPACT_AFTER: u32 = 64;

/// Ends the input.
const END: u8 = 0x04;
/// How long a line may stay unfinished without a byte coming, in milliseconds.
const PATIENCE: u32 = 10_000;

#[entry]
fn main() -> ! {
    if let Some(mut core) = Peripherals::take() {
        clock::start(&mut core.SYST);
    }
    if let Err(what) = check::run() {
        defmt::error!("check: {=str} is not as it should be", what);
        exit(false);
    }
    let (Ok(mut region), Ok(flows)) = (open_region(), FlowTable::init(&FLOW_TABLE, &FLOWS)) else {
        defmt::error!("the memory is not fit for use");
        exit(false)
    };
    let journal = recover(&mut region);
    uart::start();
    defmt::info!(
        "ready: region={=usize} flows={=usize} used={=usize}",
        size_of_val(&REGION),
        size_of_val(&FLOW_TABLE),
        stack::used(),
    );
    let mut console = Console { region, journal, flows, line: Line::new(), lines: 0 };
    console.serve();
    defmt::info!("end of input: {=u32} lines", console.lines);
    exit(true)
}

/// An empty region.
fn open_region() -> Result<Region<'static>, MemoryError> {
    // External memory is not zeroed at a reset.
    REGION[0].store(0, Ordering::Relaxed);
    Region::init(&REGION, &PROFILE)
}

/// Brings the state that the storage has kept into the region. If that is damaged, nothing is guessed: the
/// region stays empty, the storage as it is, and no change is made.
fn recover(region: &mut Region<'_>) -> Kept {
    stack::paint();
    let kept = match Journal::mount(Flash::new(&STORAGE), region) {
        Ok((journal, recovery)) => {
            defmt::info!("storage: {}", recovery);
            Ok(journal)
        }
        Err(store::Error::Unformatted) => {
            defmt::info!("storage: nothing yet");
            Journal::format(Flash::new(&STORAGE), region, Position::start(HISTORY))
        }
        damaged => damaged.map(|(journal, _)| journal),
    };
    defmt::info!("storage: stack={=usize}", stack::deepest());
    kept.map(|mut journal| {
        journal.compact_after(COMPACT_AFTER);
        journal
    })
    .inspect_err(|error| defmt::error!("storage: {}; it takes no change", error))
}

/// The journal, or why there is none.
type Kept = Result<Journal<Flash<'static>>, store::Error>;

struct Console {
    region: Region<'static>,
    journal: Kept,
    flows: FlowTable<'static>,
    line: Line,
    lines: u32,
}

impl Console {
    /// Answers lines until the input ends.
    fn serve(&mut self) {
        let mut last = clock::milliseconds();
        loop {
            if uart::has_lost() {
                defmt::warn!("bytes have come too fast; their line will be refused");
            }
            match uart::take() {
                Some(END) => {
                    if !self.line.bytes().is_empty() {
                        defmt::warn!("the input ends within a line, which counts");
                        self.answer();
                    }
                    return;
                }
                Some(byte) => {
                    last = clock::milliseconds();
                    if self.line.push(byte) {
                        self.answer();
                    }
                }
                None if self.line.bytes().is_empty() => wait(),
                None if clock::milliseconds().wrapping_sub(last) < PATIENCE => wait(),
                None => self.give_up(),
            }
        }
    }

    /// Answers the line, tells the log about it, and begins the next.
    fn answer(&mut self) {
        if self.line.dropped() > 0 {
            defmt::warn!(
                "a line is {=u32} bytes longer than room is kept for",
                self.line.dropped()
            );
        }
        stack::paint();
        let start = clock::ticks().wrapping_sub(flash::waited());
        let answered = self.run();
        let ticks = clock::ticks().wrapping_sub(flash::waited()).wrapping_sub(start);
        let deepest = stack::deepest();
        match answered {
            Ok(Status::Silent) => {}
            Ok(status) => {
                let verb = verb(self.line.bytes());
                defmt::info!(
                    "line: {} stack={=usize} ticks={=u32} {}",
                    verb,
                    deepest,
                    ticks,
                    status
                );
            }
            Err(error) => defmt::error!("a change is not stored and not made: {}", error),
        }
        self.lines += 1;
        self.line.clear();
    }

    /// Does what the line says. A change is on the storage to stay before it is made and answered.
    fn run(&mut self) -> Result<Status, store::Error> {
        let line = self.line.bytes();
        let Ok(Some(Parsed::Command(command))) = console::parse(line) else {
            let counters = [self.flows.watch()];
            let answered = console::run_with(&mut self.region, line, &counters, &mut Transmitter);
            return answered.map_err(|_| store::Error::Output);
        };
        let journal = self.journal.as_mut().map_err(|error| ApplyError::NotStored(*error));
        let applied = journal.and_then(|journal| journal.apply(&mut self.region, &command));
        // The transmitter takes everything.
        let _ = match applied {
            Ok(()) => writeln!(Transmitter, "ok"),
            Err(ApplyError::Refused(error)) => writeln!(Transmitter, "error {error}"),
            Err(ApplyError::NotStored(_)) => writeln!(Transmitter, "error NotStored"),
        };
        match applied {
            Ok(()) => Ok(Status::Done),
            Err(ApplyError::Refused(error)) => Ok(Status::Refused(error)),
            Err(ApplyError::NotStored(error)) => Err(error),
        }
    }

    /// Refuses what has come of a line whose end does not come: it could be half of another command.
    fn give_up(&mut self) {
        defmt::warn!(
            "a line of {=usize} bytes has not ended in time and is refused",
            self.line.bytes().len()
        );
        // The transmitter takes everything.
        let _ = writeln!(Transmitter, "error {}", Error::InvalidCommand);
        self.lines += 1;
        self.line.clear();
    }
}

/// Sleeps until an interrupt, unless there is a byte already.
fn wait() {
    interrupt::free(|_| {
        if uart::is_empty() {
            asm::wfi();
        }
    });
}

/// The first word of the line, and of `dry-run` and its like the second too; for the log.
fn verb(line: &[u8]) -> &str {
    let text = str::from_utf8(line).unwrap_or("?").trim_start();
    let word = |text: &str| text.find([' ', '\t', '\r', '\n', '#']).unwrap_or(text.len());
    let first = word(text);
    let (verb, rest) = text.split_at(first);
    match verb {
        "dry-run" | "begin" | "explain" => {
            let skipped = rest.len() - rest.trim_start().len();
            &text[..first + skipped + word(rest.trim_start())]
        }
        _ => verb,
    }
}

#[exception]
fn SysTick() {
    clock::tick();
}

#[exception]
unsafe fn DefaultHandler(interrupt: i16) {
    match interrupt {
        uart::RECEIVED => uart::receive(),
        _ => {
            defmt::error!("nobody expects interrupt {=i16}", interrupt);
            exit(false)
        }
    }
}
