//! Our table beside its peers, interleaved in one run, so that a noisy machine is noisy for all alike.
//!
//! `cargo run --release -p sekisho-benches --bin peers -- --help`; benches/README.md says what the
//! figures mean.

mod args;
mod baselines;
mod churn;
mod contender;
mod crates;
#[cfg(feature = "dpdk")]
mod dpdk;
mod figures;
mod json;
mod machine;
mod measure;
mod ours;
mod report;
mod run;
mod sections;
mod svg;

use std::process::ExitCode;

use sekisho_benches::huge::Huge;

#[global_allocator]
static ALLOCATOR: Huge = Huge;

fn main() -> ExitCode {
    let options = match args::parse(std::env::args_os()) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("{error}\n\n{}", args::HELP);
            return ExitCode::from(2);
        }
    };
    if options.help {
        print!("{}", args::HELP);
        return ExitCode::SUCCESS;
    }
    match run::run(&options, &mut std::io::stdout().lock()) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("peers: {error}");
            ExitCode::FAILURE
        }
    }
}
