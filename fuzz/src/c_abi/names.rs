//! Calls about no memory or about all of it: names, profiles, capacities, answers to packets.

use core::ffi::CStr;
use core::ptr::null_mut;

use sekisho_ffi::*;

use super::World;
use super::calls::LINES;
use super::slot::Kind;
use super::tally::call;

impl World<'_> {
    /// One call of these.
    pub(super) fn names(&mut self) {
        match self.bytes.below(6) {
            0 => self.constants(),
            1 => self.profiles(),
            2 => self.time_exceeded(),
            3 => self.uncounted(),
            4 => self.border(),
            _ => self.capacity(),
        }
    }

    fn constants(&mut self) {
        let reason = self.bytes.word() >> self.bytes.pick(&[0, 27]);
        let name = call!(sekisho_drop_reason_name(reason));
        let version = call!(sekisho_version());
        // SAFETY: both are static.
        let (name, version) = unsafe { (CStr::from_ptr(name), CStr::from_ptr(version)) };
        assert_eq!(name == c"?", !(1..=23).contains(&reason));
        assert_eq!(version.to_bytes().iter().filter(|byte| **byte == b'.').count(), 2);
        let aligns = [
            call!(sekisho_region_align()),
            call!(sekisho_lpm_align()),
            call!(sekisho_flows_align()),
            call!(sekisho_steering_align()),
        ];
        assert_eq!(aligns, [SEKISHO_ALIGN; 4]);
    }

    fn profiles(&mut self) {
        let size = size_of::<sekisho_profile>() as u32;
        let stated = self.bytes.pick(&[size, size, 0, size - 1, size + 1, u32::MAX]);
        let is_large = self.bytes.flag();
        let before = sekisho_profile { size: stated, ..Default::default() };
        let mut profile = before;
        // SAFETY: a place for the output.
        let code = unsafe {
            match is_large {
                true => call!(sekisho_profile_large(&mut profile)),
                false => call!(sekisho_profile_firmware(&mut profile)),
            }
        };
        let wanted = match stated {
            _ if stated == size => 0,
            _ if stated > size => SEKISHO_EPROTO,
            _ => SEKISHO_EINVAL,
        };
        assert_eq!(code, wanted);
        assert_eq!(profile == before, code != 0);
        // SAFETY: a profile.
        let bytes = unsafe { call!(sekisho_region_footprint(&profile)) };
        assert_eq!(bytes == 0, code != 0);
    }

    fn time_exceeded(&mut self) {
        let len = self.bytes.pick(&[0, 19, 20, 28, 60]);
        let packet = self.packet_of(len);
        let room = self.bytes.pick(&[SEKISHO_MAX_ANSWER, 0, 27, 55, 56, 60]);
        let mut out = vec![0xA5; room].into_boxed_slice();
        let router = self.bytes.word();
        // SAFETY: both are as long as they say.
        let code = unsafe {
            let (bytes, into) = (packet.as_ptr(), out.as_mut_ptr());
            call!(sekisho_time_exceeded(bytes, len, router, into, room))
        };
        let written = match code {
            SEKISHO_ENOSPC => 0,
            code => usize::try_from(code).expect("a length or no room"),
        };
        assert!(written <= room && out[written..].iter().all(|byte| *byte == 0xA5));
        if written > 0 {
            assert_eq!(out[12..16], router.to_be_bytes());
            assert_eq!(out[16..20], packet[12..16]);
            assert_eq!((out[9], out[20]), (1, 11));
        }
    }

    /// A line without flow tables; and a reader of the region that goes.
    fn uncounted(&mut self) {
        let n = self.slot(Kind::Region);
        let line = self.bytes.pick(&LINES);
        let index = self.bytes.pick(&[0, 1, u16::MAX]);
        let region = self.slots[n].at();
        // SAFETY: the memory has as many words as a header, and the line is as long as it says.
        let code = unsafe {
            let (text, len) = (line.as_ptr().cast(), line.len());
            call!(sekisho_region_line(region, text, len, null_mut(), 0, null_mut()))
        };
        self.judge(n, Kind::Region, code);
        // SAFETY: as above.
        let code = unsafe { call!(sekisho_region_reader_unregister(region, index)) };
        self.judge(n, Kind::Region, code);
        if self.is_live(n, Kind::Region) == Some(true) {
            assert!(matches!(code, 0 | SEKISHO_EINVAL), "{code}");
            // SAFETY: as above.
            let again = unsafe { call!(sekisho_region_reader_unregister(region, index)) };
            assert_eq!(again, SEKISHO_EINVAL);
        }
    }

    /// Everything that lets packets out.
    fn border(&mut self) {
        let n = self.slot(Kind::Region);
        for line in &LINES[..15] {
            // SAFETY: the memory has as many words as a header, and the line is as long as it says.
            let code = unsafe {
                let (region, text) = (self.slots[n].at(), line.as_ptr().cast());
                call!(sekisho_region_line(region, text, line.len(), null_mut(), 0, null_mut()))
            };
            self.judge(n, Kind::Region, code);
        }
    }

    fn capacity(&mut self) {
        let n = self.slot(Kind::Flows);
        let mut config = sekisho_flows_config::default();
        config.size = size_of_val(&config) as u32;
        let before = config;
        let flows = self.slots[n].at::<sekisho_flows>();
        // SAFETY: the memory has as many words as a header, and a place for the output.
        let code = unsafe { call!(sekisho_flows_capacity(flows, &mut config)) };
        self.judge(n, Kind::Flows, code);
        assert_eq!(config == before, code != 0);
        if self.is_live(n, Kind::Flows) == Some(true) {
            assert_eq!((config.flows, config.fragments), (4, 4));
            // SAFETY: a configuration.
            let bytes = unsafe { call!(sekisho_flows_footprint(&config)) };
            assert!(bytes > 0 && bytes <= self.slots[n].len() * 4);
        }
    }
}
