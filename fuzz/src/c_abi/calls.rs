//! Calls of every kind but those that change routes.

use core::ptr::{null, null_mut};

use sekisho_ffi::*;

use super::slot::{HEADER, KINDS, Kind};
use super::tally::call;
use super::{SLOTS, World};

/// Lines that make a border, and lines that do not.
pub(super) const LINES: [&str; 28] = [
    "create-vpc vpc-1 vtb-1 10.0.0.0/16",
    "create-vswitch vsw-1 vpc-1 10.0.0.0/24",
    "create-vswitch vsw-2 vpc-1 10.0.1.0/24",
    "create-route-table vtb-2 vpc-1",
    "associate-route-table vtb-2 vsw-1",
    "create-instance i-1 vsw-1 10.0.0.10",
    "create-instance i-2 vsw-1 10.0.0.11 forward=on",
    "create-nat-gateway ngw-1 vsw-2 10.0.1.20",
    "allocate-eip eip-1 47.0.0.1",
    "allocate-eip eip-2 47.0.0.2",
    "associate-eip eip-1 i-2",
    "associate-eip eip-2 ngw-1",
    "create-snat-entry ngw-1 10.0.0.0/16 eip-2",
    "create-forward-entry ngw-1 eip-2 tcp 443 10.0.0.10 80",
    "create-route-entry vtb-2 0.0.0.0/0 ngw-1",
    "create-ipv4-gateway ipv4gw-1 vpc-1",
    "enable-vpc-ipv4-gateway ipv4gw-1 vtb-1",
    "delete-ipv4-gateway ipv4gw-1 mode=public",
    "begin create-ipv4-gateway ipv4gw-1 vpc-1",
    "commit ipv4gw-1",
    "delete-route-entry vtb-2 0.0.0.0/0",
    "unassociate-eip eip-1",
    "delete-instance i-1",
    "delete-vswitch vsw-2",
    "show vpc-1",
    "list i",
    "counters",
    "capacity",
];

const PROFILES: [sekisho_profile; 3] = [
    sekisho_profile {
        size: size_of::<sekisho_profile>() as u32,
        vpcs: 1,
        cidrs_per_vpc: 1,
        vswitches_per_vpc: 3,
        tables_per_vpc: 3,
        entries_per_table: 4,
        dynamic_per_table: 1,
        ecmp_sets: 1,
        interfaces: 3,
        public_addresses: 2,
        nat_gateways: 1,
        snat_entries: 1,
        forward_entries: 1,
        load_balancers: 1,
        gwlbs: 1,
        appliances: 1,
        endpoints: 1,
        route_target_groups: 0,
        readers: 1,
    },
    sekisho_profile {
        size: size_of::<sekisho_profile>() as u32,
        vpcs: 1,
        cidrs_per_vpc: 0,
        vswitches_per_vpc: 2,
        tables_per_vpc: 2,
        entries_per_table: 2,
        dynamic_per_table: 0,
        ecmp_sets: 0,
        interfaces: 2,
        public_addresses: 2,
        nat_gateways: 1,
        snat_entries: 1,
        forward_entries: 1,
        load_balancers: 0,
        gwlbs: 0,
        appliances: 0,
        endpoints: 0,
        route_target_groups: 0,
        readers: 0,
    },
    sekisho_profile {
        size: size_of::<sekisho_profile>() as u32,
        vpcs: 0,
        cidrs_per_vpc: 0,
        vswitches_per_vpc: 0,
        tables_per_vpc: 0,
        entries_per_table: 0,
        dynamic_per_table: 0,
        ecmp_sets: 0,
        interfaces: 0,
        public_addresses: 0,
        nat_gateways: 0,
        snat_entries: 0,
        forward_entries: 0,
        load_balancers: 0,
        gwlbs: 0,
        appliances: 0,
        endpoints: 0,
        route_target_groups: 0,
        readers: 0,
    },
];

impl World<'_> {
    /// Initialises any memory, of any length up to its own, as anything.
    pub(super) fn init(&mut self) {
        let n = self.bytes.below(SLOTS);
        if self.bytes.flag() && self.slots[n].kind.is_none() {
            self.slots[n].clear();
        }
        let words = self.slots[n].len();
        let kind = self.bytes.pick(&KINDS);
        let len = match self.bytes.below(4) {
            0 => usize::from(self.bytes.byte()) * words / 256 * 4 + self.bytes.below(4),
            _ => words * 4,
        };
        let len = len.min(words * 4);
        let off = if self.bytes.below(16) == 0 { self.bytes.below(4) } else { 0 };
        let is_blank = self.slots[n].words().first().is_none_or(|word| *word == 0);
        let mem = self.slots[n].at::<u8>().wrapping_add(off).cast();
        let (mut readers, mut max_routes, mut tables, mut is_short) = (0, 0, 0, false);
        let (answer, needed) = match kind {
            Kind::Region => {
                let profile = self.bytes.pick(&PROFILES);
                let mut out = null_mut();
                // SAFETY: the memory has `len` bytes.
                let answer = unsafe { call!(sekisho_region_init(mem, len, &profile, &mut out)) };
                // SAFETY: a profile.
                (answer, unsafe { call!(sekisho_region_footprint(&profile)) })
            }
            Kind::Arena => {
                max_routes = self.bytes.pick(&[1, 3, 16, 17, 40]);
                tables = self.bytes.pick(&[1, 2, 3]);
                readers = self.bytes.pick(&[0, 0, 1, 2]);
                let mut config = sekisho_lpm_config { readers, ..Default::default() };
                config.size = size_of_val(&config) as u32;
                (config.max_routes, config.max_tables) = (max_routes, tables);
                let mut out = null_mut();
                // SAFETY: a configuration.
                let needed = unsafe { call!(sekisho_lpm_config_footprint(&config)) };
                // An arena takes all that it is given.
                let len = len.min(needed.max(64));
                is_short = len < needed;
                // SAFETY: the memory has `len` bytes.
                let answer = unsafe {
                    // One table without readers has a function of its own.
                    match (tables, readers) {
                        (1, 0) => call!(sekisho_lpm_init(mem, len, max_routes, tables, &mut out)),
                        _ => call!(sekisho_lpm_init_config(mem, len, &config, &mut out)),
                    }
                };
                let plain = call!(sekisho_lpm_footprint(max_routes, tables));
                assert!(readers > 0 || plain == needed);
                (answer, if answer == 0 { needed.min(len) } else { needed })
            }
            Kind::Flows => {
                let mut config = sekisho_flows_config::default();
                config.size = size_of_val(&config) as u32;
                // SAFETY: a structure that states its size.
                let filled = unsafe { call!(sekisho_flows_config_default(&mut config, 4)) };
                assert_eq!(filled, 0);
                config.mappings = self.bytes.pick(&[0, 2, 4]);
                (config.meters, config.fragments) = (self.bytes.pick(&[0, 2]), 4);
                config.instances = self.bytes.pick(&[1, 2, 0]);
                let mut out = null_mut();
                // SAFETY: the memory has `len` bytes.
                let answer = unsafe { call!(sekisho_flows_init(mem, len, &config, &mut out)) };
                // SAFETY: a configuration.
                (answer, unsafe { call!(sekisho_flows_footprint(&config)) })
            }
            Kind::Steering => {
                let instances = self.bytes.pick(&[1, 3, 0, 64513]);
                let mut config = sekisho_flows_config::default();
                config.size = size_of_val(&config) as u32;
                (config.instances, config.fragments, config.fragment_ms) = (instances, 4, 30_000);
                let mut out = null_mut();
                // SAFETY: the memory has `len` bytes.
                let answer = unsafe { call!(sekisho_steering_init(mem, len, &config, &mut out)) };
                let is_one = instances != 0 && instances != 64513;
                (answer, if is_one { call!(sekisho_steering_footprint(4)) } else { 0 })
            }
        };
        match answer {
            0 => {
                assert!(is_blank && off == 0 && needed != 0 && needed <= len);
                let slot = &mut self.slots[n];
                slot.hold(kind);
                // A reader of what was here before may write its word yet.
                let has_reader = self.readers.iter().any(|reader| reader.slot == Some(n));
                (slot.damaged, slot.header) = (has_reader, None);
                (slot.readers, slot.max_routes) = (readers, max_routes as usize);
                slot.tables = (0..tables).map(|_| None).collect();
                slot.is_short = is_short;
            }
            SEKISHO_EFAULT => assert!(off % 4 != 0),
            SEKISHO_EINVAL => assert!(needed == 0 || words == 0),
            SEKISHO_ENOSPC => assert!(needed == 0 || len < needed),
            SEKISHO_EEXIST => assert!(!is_blank),
            answer => panic!("{answer}"),
        }
    }

    /// Looks for anything in any memory, of any length up to its own.
    pub(super) fn attach(&mut self) {
        let n = self.bytes.below(SLOTS);
        let kind = self.bytes.pick(&KINDS);
        let words = self.slots[n].len();
        let len = if self.bytes.flag() { words * 4 } else { self.bytes.below(256) * words / 64 };
        let len = len.min(words * 4);
        let mem = self.slots[n].at();
        let before = 8usize as *mut core::ffi::c_void;
        let mut out = before;
        let place = &raw mut out;
        // SAFETY: the memory has `len` bytes, and a pointer of any type fits the place.
        let answer = match kind {
            Kind::Region => unsafe { call!(sekisho_region_attach(mem, len, place.cast())) },
            Kind::Arena => unsafe { call!(sekisho_lpm_attach(mem, len, place.cast())) },
            Kind::Flows => unsafe { call!(sekisho_flows_attach(mem, len, place.cast())) },
            Kind::Steering => unsafe { call!(sekisho_steering_attach(mem, len, place.cast())) },
        };
        assert_eq!(out == before, answer != 0);
        let slot = &self.slots[n];
        match answer {
            0 => assert!(slot.damaged || slot.kind == Some(kind)),
            SEKISHO_EPROTO => assert!(slot.damaged || slot.kind != Some(kind)),
            SEKISHO_ENOSPC => assert!(len < words * 4 || len < 4 * HEADER || slot.damaged),
            answer => panic!("{answer}"),
        }
    }

    /// Ends any memory as anything.
    pub(super) fn fini(&mut self) {
        let kind = self.bytes.pick(&KINDS);
        let n = self.slot(kind);
        let slot = &mut self.slots[n];
        // SAFETY: the memory has as many words as a header.
        let answer = match kind {
            Kind::Region => unsafe { call!(sekisho_region_fini(slot.at())) },
            Kind::Arena => unsafe { call!(sekisho_lpm_fini(slot.at())) },
            Kind::Flows => unsafe { call!(sekisho_flows_fini(slot.at())) },
            Kind::Steering => unsafe { call!(sekisho_steering_fini(slot.at())) },
        };
        if self.judge(n, kind, answer) == 0 {
            self.slots[n].forget();
            self.slots[n].damaged = true;
            self.slots[n].words()[0] = 0;
        }
    }

    /// Writes to a memory what was not there: one word of the header at most.
    pub(super) fn damage(&mut self) {
        let n = self.bytes.below(SLOTS);
        let (at, word) = (self.bytes.word() as usize, self.bytes.word());
        let slot = &mut self.slots[n];
        if slot.len() == 0 {
            return;
        }
        let at = at % slot.len();
        if at < HEADER && slot.header.is_some_and(|damaged| damaged != at) {
            return;
        }
        slot.header = if at < HEADER { Some(at) } else { slot.header };
        slot.damaged = true;
        let old = slot.words()[at];
        slot.words()[at] = match word % 4 {
            0 => word >> 2,
            1 => word >> 26,
            _ => old ^ (1 << ((word >> 3) % 32)),
        };
    }

    /// A line of the console, known or not, with any room for the answer.
    pub(super) fn line(&mut self) {
        let n = self.slot(Kind::Region);
        let mut line = [0; 64];
        let len = match self.bytes.below(8) {
            0 => {
                let len = self.bytes.below(65);
                line[..len].fill_with(|| self.bytes.byte());
                len
            }
            _ => {
                let known = self.bytes.pick(&LINES).as_bytes();
                line[..known.len()].copy_from_slice(known);
                known.len()
            }
        };
        let mut answer = vec![0xA5_u8; self.bytes.pick(&[0, 1, 127, 128, 200, 1000])];
        let cap = answer.len();
        let room = if cap == 0 { null_mut() } else { answer.as_mut_ptr().cast() };
        let mut needed = 77;
        let flows = self.slot(Kind::Flows);
        let flows: *const sekisho_flows = self.slots[flows].at::<sekisho_flows>();
        let counted = self.bytes.below(4) == 0;
        let (list, count) = if counted { (&raw const flows, 1) } else { (null(), 0) };
        let region = self.slots[n].at();
        let exact = line[..len].to_vec().into_boxed_slice();
        // SAFETY: everything is as long as it says.
        let code = unsafe {
            let line = exact.as_ptr().cast();
            call!(sekisho_region_line_counted(
                region,
                list,
                count,
                line,
                len,
                room,
                cap,
                &mut needed
            ))
        };
        if !counted {
            self.judge(n, Kind::Region, code);
        }
        let is_answered = code == 0 || code <= -SEKISHO_REFUSED;
        assert!(is_answered || code == SEKISHO_ENOSPC || needed == 77);
        if !is_answered && needed == 77 {
            assert!(answer.iter().all(|byte| *byte == 0xA5), "{code}");
        }
        if is_answered && cap > 0 {
            assert!(needed <= cap && answer[needed - 1] == 0);
            assert!(answer[needed..].iter().all(|byte| *byte == 0xA5));
        }
    }

    /// A packet through any memories.
    pub(super) fn packet(&mut self) {
        let len = self.bytes.pick(&[0, 19, 20, 27, 28, 34, 40, 46, 60]);
        let mut packet = self.packet_of(len);
        let before = packet.clone();
        let (region, flows) = (self.slot(Kind::Region), self.slot(Kind::Flows));
        let steering = self.slot(Kind::Steering);
        let origin = self.bytes.pick(&[0, 1, 1, 1, 2, 3, u32::MAX]);
        let port = sekisho_id {
            kind: self.bytes.pick(&[5, 5, 5, 6, 9, 12, 0, 0x105]),
            number: self.bytes.pick(&[1, 2, 9]),
        };
        let mut out =
            sekisho_outcome { size: size_of::<sekisho_outcome>() as u32, ..Default::default() };
        out.next = 99;
        let pattern = out;
        let now = u64::from(self.bytes.byte()) << self.bytes.pick(&[0, 8, 16, 50]);
        let region_at = self.slots[region].at::<sekisho_region>();
        let (is_live, code) = match self.bytes.below(4) {
            0 => {
                let flow = self.bytes.pick(&[0, 1, 2]);
                let bytes = packet.as_mut_ptr();
                // SAFETY: everything is as long as it says.
                let code = unsafe {
                    call!(sekisho_packet(region_at, origin, port, bytes, len, flow, &mut out))
                };
                (self.is_live(region, Kind::Region), code)
            }
            1 => {
                let at = self.slots[steering].at();
                let bytes = packet.as_ptr();
                // SAFETY: everything is as long as it says.
                let code = unsafe {
                    call!(sekisho_steering_owner(at, region_at, origin, port, bytes, len, now))
                };
                assert!(packet == before);
                (
                    self.is_live(steering, Kind::Steering)
                        .zip_and(self.is_live(region, Kind::Region)),
                    code,
                )
            }
            2 => {
                let at = self.slots[flows].at();
                let mut copy = before.clone();
                let mut burst = [&mut packet, &mut copy].map(|bytes| sekisho_burst {
                    bytes: bytes.as_mut_ptr(),
                    len,
                    origin,
                    port,
                    next: 99,
                    id: port,
                    detail: 0,
                });
                // SAFETY: everything is as long as it says.
                let code = unsafe {
                    call!(sekisho_flows_burst(at, region_at, burst.as_mut_ptr(), burst.len(), now))
                };
                assert_eq!(burst.iter().all(|packet| packet.next == 99), code != 0);
                (self.is_live(flows, Kind::Flows).zip_and(self.is_live(region, Kind::Region)), code)
            }
            _ => {
                let at = self.slots[flows].at();
                let bytes = packet.as_mut_ptr();
                // SAFETY: everything is as long as it says.
                let code = unsafe {
                    call!(sekisho_flows_packet(
                        at, region_at, origin, port, bytes, len, now, &mut out
                    ))
                };
                (self.is_live(flows, Kind::Flows).zip_and(self.is_live(region, Kind::Region)), code)
            }
        };
        assert!(code >= 0 || super::is_known(code));
        if code < 0 {
            assert!(out == pattern && packet == before, "{code}");
        }
        match is_live {
            Some(true) => assert!(code >= 0 || matches!(code, SEKISHO_EINVAL | SEKISHO_ENOENT)),
            Some(false) => assert!(code < 0),
            None => {}
        }
    }

    pub(super) fn packet_of(&mut self, len: usize) -> Box<[u8]> {
        let mut packet = vec![0; len].into_boxed_slice();
        if self.bytes.below(4) == 0 || len < 28 {
            packet.iter_mut().for_each(|byte| *byte = self.bytes.byte());
            return packet;
        }
        packet[..4].copy_from_slice(&[0x45, 0, 0, len as u8]);
        packet[8] = self.bytes.pick(&[64, 2, 1, 0]);
        packet[9] = self.bytes.pick(&[6, 17, 1, 47]);
        packet[6] = self.bytes.pick(&[0, 0, 0, 0x20]);
        packet[12..16].copy_from_slice(&self.bytes.pick(&[
            [10, 0, 0, 10],
            [10, 0, 0, 11],
            [8, 8, 8, 8],
        ]));
        packet[16..20].copy_from_slice(&self.bytes.pick(&[
            [8, 8, 8, 8],
            [47, 0, 0, 1],
            [47, 0, 0, 2],
        ]));
        let rest = &mut packet[20..];
        rest[..8].copy_from_slice(&[16, 0, 1, 187, 0, 0, 0, 0]);
        rest[0] = self.bytes.byte();
        let sum = packet[..20].chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1]));
        let sum = sum.sum::<u32>();
        let sum = !(((sum & 0xFFFF) + (sum >> 16)) as u16);
        packet[10..12].copy_from_slice(&sum.to_be_bytes());
        packet
    }

    /// What a table of flows and a region tell.
    pub(super) fn count(&mut self) {
        let n = self.slot(Kind::Flows);
        let flows = self.slots[n].at::<sekisho_flows>();
        let number = self.bytes.pick(&[0, 1, 3, 6]);
        let mut count = sekisho_count::default();
        let mut stats = sekisho_flow_stats {
            size: size_of::<sekisho_flow_stats>() as u32,
            ..Default::default()
        };
        let mut meter =
            sekisho_meter { size: size_of::<sekisho_meter>() as u32, ..Default::default() };
        let mut cursor = u32::from(self.bytes.byte()) << self.bytes.pick(&[0, 24]);
        // SAFETY: the memory has as many words as a header, and places for outputs.
        let code = unsafe {
            match self.bytes.below(6) {
                0 => call!(sekisho_flows_next_count(flows, number, &mut count)),
                1 => call!(sekisho_flows_drop_count(flows, number + 1, &mut count)),
                2 => call!(sekisho_flows_stats(flows, &mut stats)),
                3 => call!(sekisho_flows_meter(flows, 0x2F00_0001 + (number & 1), &mut meter)),
                4 => call!(sekisho_flows_meters(flows, &mut cursor, &mut meter)),
                _ => call!(sekisho_flows_expire(flows, u64::from(cursor) << 8, number)),
            }
        };
        self.judge(n, Kind::Flows, code);
        let n = self.slot(Kind::Region);
        let region = self.slots[n].at::<sekisho_region>();
        let mut hash = 0;
        let mut stats = sekisho_region_stats {
            size: size_of::<sekisho_region_stats>() as u32,
            ..Default::default()
        };
        let mut profile = PROFILES[0];
        // SAFETY: as above.
        let code = unsafe {
            match self.bytes.below(6) {
                0 => call!(sekisho_region_hash(region, &mut hash)),
                1 => call!(sekisho_stats(region, &mut stats)),
                2 => call!(sekisho_capacity(region, &mut profile)),
                3 => call!(sekisho_region_reader_register(region, number as u16)),
                4 => call!(sekisho_region_reader_quiescent(region, number as u16)),
                _ => call!(sekisho_region_check(region)),
            }
        };
        let code = self.judge(n, Kind::Region, code);
        assert!(code != SEKISHO_EUCLEAN || self.slots[n].damaged);
    }
}

/// Both must be so.
trait Both {
    fn zip_and(self, other: Option<bool>) -> Option<bool>;
}

impl Both for Option<bool> {
    fn zip_and(self, other: Option<bool>) -> Option<bool> {
        match (self, other) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        }
    }
}
