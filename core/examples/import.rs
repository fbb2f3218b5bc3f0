//! A VPC from the vendor's API, as console lines that make it again.
//!
//! ```text
//! aliyun vpc DescribeVpcAttribute --VpcId vpc-… > vpc.json      # and so on
//! cargo run --release --example import -- *.json > vpc.console
//! cargo run --release --example console -- --strict vpc.console
//! ```

use std::process::ExitCode;

#[path = "support/import/mod.rs"]
mod import;

use import::{Options, import};

const HELP: &str = "\
Reads answers of the vendor's API, a JSON text in each FILE, and writes console lines that make the
same network. What the lines cannot say is a comment: `# unsupported: ...`, `# unknown: ...` where the
answers do not say it, `# incomplete: ...` where pages are missing.

Usage: import [--strict] [--region REGION] [--forward ID]... FILE...

  --strict   exit with 1 if there is such a comment
  --region   the real region, if the answers do not name it
  --forward  an instance or network interface that passes on packets that are not its own
  --help     print this

Read are: DescribeVpcs, DescribeVpcAttribute, DescribeVSwitches, DescribeRouteTableList,
DescribeRouteEntryList, ListGatewayRouteTableEntries, ListIpv4Gateways, DescribeEipAddresses,
DescribeNatGateways, DescribeSnatTableEntries, DescribeForwardTableEntries, DescribeInstances,
DescribeNetworkInterfaces, DescribeLoadBalancers.

Exits 2 if the arguments are wrong, or a FILE cannot be read or is not JSON.
";

fn main() -> ExitCode {
    let (mut strict, mut options, mut files) = (false, Options::default(), Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--strict" => strict = true,
            "--help" | "-h" => {
                print!("{HELP}");
                return ExitCode::SUCCESS;
            }
            "--region" | "--forward" => {
                let Some(value) = arguments.next() else {
                    return refuse(&format!("{argument} needs a value\n\n{HELP}"));
                };
                match argument.as_str() {
                    "--region" => options.region = Some(value),
                    _ => options.forward.push(value),
                }
            }
            option if option.starts_with('-') => {
                return refuse(&format!("unknown option {option}\n\n{HELP}"));
            }
            _ => files.push(argument),
        }
    }
    if files.is_empty() {
        return refuse(&format!("no file\n\n{HELP}"));
    }
    let mut texts = Vec::new();
    for file in &files {
        match std::fs::read_to_string(file) {
            Ok(text) => texts.push((file.as_str(), text)),
            Err(error) => return refuse(&format!("{file}: {error}\n")),
        }
    }
    let documents: Vec<(&str, &str)> =
        texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
    match import(&documents, &options) {
        Ok(imported) => {
            print!("{}", imported.text);
            match imported.problems {
                0 => ExitCode::SUCCESS,
                problems => {
                    eprintln!("import: {problems} things are not in these lines; see the comments");
                    if strict { ExitCode::FAILURE } else { ExitCode::SUCCESS }
                }
            }
        }
        Err(error) => refuse(&format!("{error}\n")),
    }
}

fn refuse(message: &str) -> ExitCode {
    eprint!("import: {message}");
    ExitCode::from(2)
}
