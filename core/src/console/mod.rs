//! The console language: one line in, one answer out, byte for byte the same everywhere.
//!
//! ```text
//! create-vpc vpc-1 vtb-1 10.0.0.0/16          # ok
//! create-vswitch vsw-1 vpc-1 10.0.0.0/24      # ok
//! create-instance i-1 vsw-1 10.0.0.10         # ok
//! allocate-eip eip-1 47.0.0.1                 # ok
//! associate-eip eip-1 i-1                     # ok
//! send i-1 8.8.8.8                            # egress public=47.0.0.1 path=15
//! ```
//!
//! # Lines
//!
//! At most [`MAX_LINE`] bytes; `#` starts a comment anywhere; words are separated by spaces and
//! tabs. A verb, its positional words, then its options as `key=value` in any order. An option
//! left out means `off` for an on|off one, otherwise the first value of its list; `region` sets
//! only the options named. Ids are the kind's prefix, a dash and a number of 0 to 65535; addresses
//! and prefixes are written without leading zeros, prefixes without host bits. A next hop is an id
//! of a kind that can be one, or 2 to 16 different router interfaces of equal cost joined by `+`:
//! `ri-1+ri-2`, which answers show in ascending order. Forward entries of `any` have port 0 on both
//! sides, those of `tcp` and `udp` ports of 1 to 65535.
//!
//! | Verbs | Words |
//! |---|---|
//! | `region` | `[gateway=on\|off] [clb-restricted=on\|off] [gwlb=on\|off] [ingress=drop-unsolicited\|deliver-local] [blackout=on\|off]` |
//! | `create-vpc` | `vpc vtb cidr [cidr=p]* [user-cidr=p]* [flag=normal-nat\|vpn\|subnet-route-v1\|shared-principal\|unsupported]*` |
//! | `create-vswitch` | `vsw vpc cidr` |
//! | `create-route-table` | `vtb vpc [type=vswitch\|gateway]` |
//! | `associate-route-table`, `unassociate-route-table` | `vtb vsw` |
//! | `create-route-entry` | `vtb prefix next-hop` |
//! | `modify-route-entry`, `update-gateway-route-table-entry-attribute` | `vtb prefix next-hop\|local` |
//! | `delete-route-entry` | `vtb prefix` |
//! | `announce-route`, `withdraw-route` | `vtb prefix next-hop`, `vtb prefix` |
//! | `create-ipv4-gateway` | `ipv4gw vpc` |
//! | `enable-vpc-ipv4-gateway` | `ipv4gw [vtb ...]` |
//! | `update-ipv4-gateway-attribute` | `ipv4gw` |
//! | `delete-ipv4-gateway` | `ipv4gw [mode=private\|public]` |
//! | `associate-route-table-with-gateway`, `dissociate-route-table-from-gateway` | `vtb ipv4gw` |
//! | `begin` | one of the six gateway commands above |
//! | `commit`, `abort` | `ipv4gw` |
//! | `dry-run` | any command above and below but the questions: runs its checks, changes nothing |
//! | `create-instance` | `i vsw address [public=eip:address] [forward=on\|off]` |
//! | `create-network-interface` | `eni vsw address [forward=on\|off]` |
//! | `set-forward` | `i\|eni on\|off` |
//! | `allocate-eip` | `eip address [kind=eip\|anycast] [mode=nat\|binded\|multi-binded]` |
//! | `associate-eip` | `eip i\|eni\|ngw\|lb` |
//! | `unassociate-eip`, `release-eip` | `eip` |
//! | `create-nat-gateway` | `ngw vsw address [mode=nat\|multi-binded]` |
//! | `create-snat-entry`, `delete-snat-entry` | `ngw prefix eip`, `ngw prefix` |
//! | `create-forward-entry`, `delete-forward-entry` | `ngw eip tcp\|udp\|any port address port`, `ngw eip tcp\|udp\|any port` |
//! | `create-load-balancer` | `lb internal vsw address`, or `lb internet vpc address` |
//! | `create-gwlb` | `gwlb [fail-open=on\|off]` |
//! | `register-appliance`, `deregister-appliance` | `gwlb app`, `app` |
//! | `set-appliance` | `app healthy\|unhealthy` |
//! | `create-gwlb-endpoint` | `ep vsw gwlb` |
//! | `create-route-target-group` | `rtg ep ep`, the active one first |
//! | `report-probe` | `rtg ep ok\|fail` |
//! | `switch-active` | `rtg` |
//! | `delete-vpc`, `-vswitch`, `-route-table`, `-instance`, `-network-interface`, `-nat-gateway`, `-load-balancer`, `-gwlb`, `-gwlb-endpoint`, `-route-target-group` | the id |
//! | `send` | `i\|eni\|lb destination [source=a] [proto=tcp\|udp\|icmp] [sport=n] [dport=n] [flow=new\|reply]` |
//! | `receive` | `source public-address [proto=…] [sport=…] [dport=…] [flow=…]` |
//! | `lookup` | `vtb address` |
//! | `show` | any id but an external next hop's |
//! | `list` | `kind [vpc]`, the kind being the prefix of its ids |
//! | `capacity`, `hash` | |
//!
//! # Answers
//!
//! One status line, then body lines that start with two spaces:
//!
//! ```text
//! ok [key=value ...]
//! error <Name>
//! egress public=<address> path=<n,n> [via=<hop,hop>]
//! deliver <target> path=<n,n> [via=...]
//! handoff <next-hop> path=<n,n> [via=...]
//! service path=<n,n> [via=...]
//! drop <REASON> [via=...]
//! ```
//!
//! `show` answers, with the parts as body lines:
//!
//! | Object | Status line | Parts |
//! |---|---|---|
//! | `vpc-` | `ok mode=direct\|centralized\|private-only gateway=<ipv4gw>\|none` | |
//! | `vsw-` | `ok vpc=<vpc> table=<vtb> exposure=public\|partial\|private` | |
//! | `vtb-` | `ok` | `<prefix> <next-hop>\|local system\|custom\|dynamic`, by address then length |
//! | `ipv4gw-` | `ok status=<Status> enabled=on\|off table=<vtb>\|none vpc=<vpc>` | |
//! | `i-`, `eni-` | `ok vswitch=<vsw> address=<a> forward=on\|off public=<a>\|none` | |
//! | `eip-` | `ok address=<a> kind=eip\|anycast\|static mode=nat\|binded\|multi-binded target=<id>\|none` | |
//! | `ngw-` | `ok vswitch=<vsw> address=<a> mode=nat\|multi-binded` | `snat <prefix> <eip>`, by prefix; then `dnat <eip> tcp\|udp\|any <port> <address> <port>`, by public address, protocol and port |
//! | `lb-` | `ok type=internal vswitch=<vsw> address=<a> public=<a>\|none`, or `ok type=internet vpc=<vpc> address=<a>` | |
//! | `gwlb-` | `ok fail-open=on\|off` | `<app> healthy\|unhealthy`, by id |
//! | `app-` | `ok gwlb=<gwlb> health=healthy\|unhealthy` | |
//! | `ep-` | `ok vswitch=<vsw> gwlb=<gwlb>` | |
//! | `rtg-` | `ok active=<ep> standby=<ep>` | `<ep> normal\|abnormal`, the active one first |
//!
//! `dry-run` answers the error that the command would answer, or `ok` and the changes it would
//! make, an object or entry a line with the fields that it would have, or `removed`; no line if it
//! would change nothing.
//!
//! `list` answers `ok n=<count>`, then a body line for each object: its id and the fields of its
//! status line. With a VPC it lists what is in it; of public addresses, those bound in it; of
//! internet load balancers, those that serve it; of GWLBs, which are in no VPC, those with an
//! endpoint in it, and of appliances, those of such GWLBs.
//! `capacity` answers `ok`, then `<name> used=<n> max=<n> high=<n>` for each capacity.
//! `hash` answers `ok hash=<16 hex digits>`.

mod answer;
mod parse;
mod plan;
mod print;
mod verbs;

use core::fmt;

use crate::region::{Error, Region};

pub use parse::{Line, MAX_LINE, Probe, Query, parse};

/// How a line was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Status {
    /// Nothing was written: the line was blank or a comment.
    Silent,
    /// The command was applied, or the question answered.
    Done,
    /// `error <Name>` was written, and nothing changed.
    Refused(Error),
}

/// Reads one line, does what it says, and writes the answer, each line of it ended by `\n`.
///
/// The line may carry its line ending. Fails only if `out` does; a command is applied all the same.
pub fn run(
    region: &mut Region<'_>,
    line: &[u8],
    out: &mut dyn fmt::Write,
) -> Result<Status, fmt::Error> {
    let answered = match parse(line) {
        Ok(None) => return Ok(Status::Silent),
        Ok(Some(Line::Command(command))) => match region.apply(&command) {
            Ok(()) => out.write_str("ok\n").map_err(answer::Failure::Write),
            Err(error) => Err(answer::Failure::Refused(error)),
        },
        Ok(Some(Line::DryRun(command))) => match region.dry_run(&command) {
            Ok(plan) => plan::answer(region, &plan, out).map_err(answer::Failure::Write),
            Err(error) => Err(answer::Failure::Refused(error)),
        },
        Ok(Some(Line::Query(query))) => answer::answer(region, query, out),
        Err(error) => Err(answer::Failure::Refused(error)),
    };
    match answered {
        Ok(()) => Ok(Status::Done),
        Err(answer::Failure::Refused(error)) => {
            writeln!(out, "error {error}")?;
            Ok(Status::Refused(error))
        }
        Err(answer::Failure::Write(error)) => Err(error),
    }
}
