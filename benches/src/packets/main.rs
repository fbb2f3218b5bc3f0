//! Real packets through the border, one at a time and in bursts: what a packet costs by what is done to
//! it and by how many flows there are, and what a flood of new flows leaves of the established ones.
//!
//! `cargo run --release -p sekisho-benches --bin packets -- --help`; benches/README.md says what the
//! figures mean, and `make bench-packets` adds instruction counts.

mod args;
mod cases;
mod flood;
mod place;
mod report;
mod run;
mod traffic;

use std::process::ExitCode;

use sekisho_benches::huge::Huge;

#[global_allocator]
static ALLOCATOR: Huge = Huge;

fn main() -> ExitCode {
    let done = args::parse(std::env::args_os()).and_then(|options| run::run(&options));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("packets: {error}\n\n{}", args::HELP);
            ExitCode::FAILURE
        }
    }
}
