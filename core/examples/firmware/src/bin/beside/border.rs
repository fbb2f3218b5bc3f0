//! A border whose gateway is enabled and deleted again, and hosts whose packets it judges meanwhile.

use sekisho::Memory;
use sekisho::addr::{Addr, InstanceId};
use sekisho::console::{self, Status};
use sekisho::limits::Profile;
use sekisho::region::{Error, Region};
use sekisho::resolve::{Action, Flow, Header, path};
use sekisho::tables::Tables;
use sekisho_firmware::Nowhere;

use crate::watch::{Seen, Watch};

const PROFILE: Profile = Profile { readers: 1, ..Profile::FIRMWARE };
pub static MEMORY: Memory<{ PROFILE.footprint() }> = Memory::new();
pub static WATCH: Watch = Watch::new();

/// How often the gateway is enabled and deleted.
const ROUNDS: u32 = 500;

/// Two hosts with public addresses, in vSwitches with a table each.
const NETWORK: [&str; 11] = [
    "create-vpc vpc-1 vtb-1 10.0.0.0/16",
    "create-vswitch vsw-1 vpc-1 10.0.0.0/24",
    "create-vswitch vsw-2 vpc-1 10.0.1.0/24",
    "create-route-table vtb-2 vpc-1",
    "associate-route-table vtb-2 vsw-2",
    "create-instance i-1 vsw-1 10.0.0.10",
    "create-instance i-2 vsw-2 10.0.1.10",
    "allocate-eip eip-1 47.0.0.1",
    "allocate-eip eip-2 47.0.0.2",
    "associate-eip eip-1 i-1",
    "associate-eip eip-2 i-2",
];

/// What becomes of a packet of host `i-1` or `i-2` to the Internet: the path by which it leaves, or 0.
pub fn ask(tables: &Tables<'_>, host: u32) -> u32 {
    let header = Header {
        source: Addr::new(10, 0, host as u8 - 1, 10),
        destination: Addr::new(8, 8, 8, 8),
        protocol: 17,
        source_port: 5000,
        destination_port: 53,
    };
    match tables.egress(InstanceId(host as u16).into(), &header, Flow::New) {
        Some(verdict) if matches!(verdict.action, Action::Egress { .. }) => {
            verdict.paths.last().copied().map_or(0, u32::from)
        }
        _ => 0,
    }
}

const DIRECT: u32 = path::DIRECT as u32;
const GATEWAY: u32 = path::GATEWAY as u32;

pub struct Border(Region<'static>);

impl Border {
    pub fn new() -> Result<Border, &'static str> {
        let mut border =
            Border(Region::init(&MEMORY, &PROFILE).map_err(|_| "the region's memory")?);
        for line in NETWORK {
            border.apply(line).map_err(|_| line)?;
        }
        Ok(border)
    }

    fn apply(&mut self, line: &str) -> Result<(), Error> {
        match console::run(&mut self.0, line.as_bytes(), &mut Nowhere) {
            Ok(Status::Refused(error)) => Err(error),
            _ => Ok(()),
        }
    }

    /// Applies a line while the interrupt asks about a host whose packets leave by these paths before and
    /// after.
    fn watched(
        &mut self,
        host: u32,
        paths: (u32, u32),
        line: &'static str,
    ) -> Result<(), &'static str> {
        let is_busy = |error: &Error| *error == Error::Busy;
        WATCH.during(host, paths, is_busy, || self.apply(line)).map_err(|_| line)
    }

    /// The mode changes with the routes of both tables.
    pub fn in_one_step(&mut self) -> Result<Seen, &'static str> {
        for round in 0..ROUNDS {
            let host = 1 + round % 2;
            self.watched(host, (DIRECT, DIRECT), "create-ipv4-gateway ipv4gw-1 vpc-1")?;
            self.watched(host, (DIRECT, GATEWAY), "enable-vpc-ipv4-gateway ipv4gw-1 vtb-1 vtb-2")?;
            self.watched(host, (GATEWAY, DIRECT), "delete-ipv4-gateway ipv4gw-1 mode=public")?;
        }
        Ok(WATCH.take())
    }

    /// The mode changes, then the routes: between them packets have no way.
    pub fn in_two_steps(&mut self) -> Result<Seen, &'static str> {
        for _ in 0..ROUNDS {
            self.watched(1, (DIRECT, DIRECT), "create-ipv4-gateway ipv4gw-1 vpc-1")?;
            self.watched(1, (DIRECT, GATEWAY), "enable-vpc-ipv4-gateway ipv4gw-1")?;
            self.watched(1, (GATEWAY, GATEWAY), "create-route-entry vtb-1 0.0.0.0/0 ipv4gw-1")?;
            self.watched(1, (GATEWAY, DIRECT), "delete-ipv4-gateway ipv4gw-1 mode=public")?;
        }
        Ok(WATCH.take())
    }
}
