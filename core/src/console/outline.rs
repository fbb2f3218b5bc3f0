//! What a drawing of the region needs and `show` leaves out: settings, CIDRs, kinds of tables.

use core::fmt::{self, Write};

use super::plan::change;
use crate::region::Region;
use crate::region::objects::{RouteTable, VSwitch, Vpc, VpcCidr};
use crate::region::plan::Edit;
use crate::text::Word;

/// Writes `ok`, then the region's settings and every VPC, vSwitch and route table, as `dry-run` writes
/// what would be made.
///
/// ```
/// # use sekisho::{Memory, console, limits::Profile, region::Region};
/// # static REGION: Memory<{ Profile::FIRMWARE.footprint() }> = Memory::new();
/// # let mut region = Region::init(&REGION, &Profile::FIRMWARE)?;
/// # let mut answer = String::new();
/// let _ = console::run(&mut region, b"create-vpc vpc-1 vtb-1 10.0.0.0/16", &mut answer)?;
/// let mut outline = String::new();
/// console::outline(&region, &mut outline)?;
/// assert_eq!(
///     outline,
///     "ok\n  \
///      region gateway=on clb-restricted=off gwlb=on ingress=drop-unsolicited blackout=off\n  \
///      vpc-1 mode=direct\n  \
///      vpc-1 cidr=10.0.0.0/16\n  \
///      vtb-1 vpc=vpc-1 type=system\n"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn outline(region: &Region<'_>, out: &mut dyn Write) -> fmt::Result {
    out.write_str("ok\n")?;
    change(region, &Edit::Options(region.options()), out)?;
    for vpc in region.all::<Vpc>() {
        change(region, &Edit::PutVpc(vpc), out)?;
        writeln!(out, "  {} cidr={}", vpc.id, vpc.cidr)?;
        for VpcCidr { user, prefix, .. } in region.cidrs_of(vpc.id) {
            let name = Word(if user { "user-cidr" } else { "cidr" });
            writeln!(out, "  {} {name}={prefix}", vpc.id)?;
        }
    }
    for vswitch in region.all::<VSwitch>() {
        change(region, &Edit::PutVSwitch(vswitch), out)?;
    }
    for table in region.all::<RouteTable>() {
        change(region, &Edit::PutTable(table), out)?;
    }
    Ok(())
}
