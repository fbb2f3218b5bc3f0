//! The answers about every packet: a body line for each thing that is found.
//!
//! They are not inlined, so that a program can load what they need apart from the rest.

use core::fmt::{self, Write};

use super::answer::Failure;
use crate::addr::{Decimal, VpcId};
use crate::answers;
use crate::console::print::HopOf;
use crate::region::{Command, Error, Region};
use crate::resolve::DropReason;
use crate::text::Word;

/// Body lines below `ok`, which is written once it is known that there is an answer.
struct Body<'o> {
    out: &'o mut dyn Write,
    begun: bool,
}

impl Body<'_> {
    fn begin(&mut self) -> fmt::Result {
        let begun = core::mem::replace(&mut self.begun, true);
        if begun { Ok(()) } else { self.out.write_str("ok\n") }
    }

    fn line(&mut self, line: fmt::Arguments<'_>) -> fmt::Result {
        self.begin()?;
        // Not by writeln!, which would format a format.
        self.out.write_str("  ")?;
        self.out.write_fmt(line)?;
        self.out.write_char('\n')
    }

    fn end(mut self, answered: Result<fmt::Result, Error>) -> Result<(), Failure> {
        answered??;
        Ok(self.begin()?)
    }
}

#[inline(never)]
pub(super) fn diff(
    region: &mut Region<'_>,
    command: &Command,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let mut body = Body { out, begun: false };
    // One bit for each reason of which a remedy is due.
    let mut reasons = 0_u32;
    let answered = answers::diff(region, command, &mut |change| {
        reasons |= change.loss().map_or(0, |reason| 1 << (u32::from(reason.number()) & 31));
        body.line(format_args!("{change}"))
    });
    answered??;
    body.begin()?;
    let due = |reason: &&DropReason| reasons >> (u32::from(reason.number()) & 31) & 1 == 1;
    for reason in DropReason::ALL.iter().filter(due) {
        body.line(format_args!("remedy {reason} {}", Word(reason.remedy())))?;
    }
    Ok(())
}

#[inline(never)]
pub(super) fn readiness(
    region: &mut Region<'_>,
    vpc: VpcId,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let mut body = Body { out, begun: false };
    let answered = answers::readiness(region, vpc, &mut |line| body.line(format_args!("{line}")));
    body.end(answered)
}

#[inline(never)]
pub(super) fn audit(region: &Region<'_>, vpc: VpcId, out: &mut dyn Write) -> Result<(), Failure> {
    let (mut ways, mut unsupervised) = (0_u64, 0_u64);
    let mut body = Body { out, begun: false };
    let answered = answers::audit(region, vpc, &mut |way| {
        ways += 1;
        unsupervised += u64::from(!way.gateway);
        body.line(format_args!("{way}"))
    });
    answered??;
    let mut is_ignored = false;
    answers::ignored(region, vpc, &mut |table, entry, id| {
        is_ignored = true;
        let (prefix, hop) = (entry.prefix, HopOf(entry));
        body.line(format_args!("ignored {table} {prefix} {hop} by {id}"))
    })?;
    if is_ignored {
        body.line(format_args!(
            "remedy Enable the IPv4 gateway, or make the range a user CIDR of the VPC."
        ))?;
    }
    Ok(body.line(format_args!("ways={} unsupervised={}", Decimal(ways), Decimal(unsupervised)))?)
}

#[inline(never)]
pub(super) fn prove(
    region: &Region<'_>,
    property: &answers::Property,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let Some(packets) = answers::prove(region, property)? else {
        return Ok(out.write_str("ok proved=yes\n")?);
    };
    out.write_str("ok proved=no\n")?;
    for packet in &packets {
        writeln!(out, "  {packet}\n  {}", packet.seen)?;
    }
    Ok(writeln!(out, "  remedy {}", Word(property.remedy()))?)
}
