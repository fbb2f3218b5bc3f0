//! Threads that judge packets through the C functions while another changes the region.

use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use sekisho_ffi::*;

const READERS: u16 = 2;

/// A handle that threads share, as C's do.
#[derive(Clone, Copy)]
struct Handle(*mut sekisho_region);

// SAFETY: the library says which functions may be called side by side, and only those are.
unsafe impl Send for Handle {}
// SAFETY: likewise.
unsafe impl Sync for Handle {}

impl Handle {
    fn line(self, line: &str) -> i32 {
        // SAFETY: the region's memory is there, and one thread calls this.
        unsafe {
            sekisho_region_line(self.0, line.as_ptr().cast(), line.len(), null_mut(), 0, null_mut())
        }
    }

    /// What happens to a UDP packet from i-1 to 8.8.8.8 with this source port.
    fn judge(self, port: u16) -> sekisho_outcome {
        let mut packet = [0u8; 28];
        packet[0] = 0x45;
        (packet[3], packet[8], packet[9], packet[25]) = (28, 64, 17, 8);
        packet[12..16].copy_from_slice(&[10, 0, 0, 10]);
        packet[16..20].copy_from_slice(&[8, 8, 8, 8]);
        let sum = sekisho::packet::checksum(&packet[..20]);
        packet[10..12].copy_from_slice(&sum.to_be_bytes());
        packet[20..22].copy_from_slice(&port.to_be_bytes());
        let size = size_of::<sekisho_outcome>() as u32;
        let mut out = sekisho_outcome { size, ..sekisho_outcome::default() };
        let from = sekisho_id { kind: sekisho::addr::Kind::Instance.number().into(), number: 1 };
        let origin = sekisho_origin::SEKISHO_ORIGIN_INTERFACE as u32;
        let (bytes, length) = (packet.as_mut_ptr(), packet.len());
        // SAFETY: the region's memory is there, and this thread is a registered reader.
        let code = unsafe { sekisho_packet(self.0, origin, from, bytes, length, 0, &raw mut out) };
        assert_eq!(code, 0);
        out
    }
}

/// Appliances fail, come back and are joined by more, so that their lists grow and shrink; a flow
/// always meets one of those that were healthy before or after.
#[test]
fn a_packet_sees_one_list_of_appliances_while_it_changes() {
    let size = size_of::<sekisho_profile>() as u32;
    let mut profile = sekisho_profile { size, ..sekisho_profile::default() };
    // SAFETY: a place for a profile.
    assert_eq!(unsafe { sekisho_profile_firmware(&raw mut profile) }, 0);
    (profile.readers, profile.appliances) = (READERS, 10);
    // SAFETY: a profile.
    let bytes = unsafe { sekisho_region_footprint(&raw const profile) };
    let memory: Vec<AtomicU32> = (0..bytes / 4).map(|_| AtomicU32::new(0)).collect();
    let mut region = null_mut();
    let place = memory.as_ptr().cast_mut().cast();
    // SAFETY: zeroed memory of that size, which stays.
    let code = unsafe { sekisho_region_init(place, bytes, &raw const profile, &raw mut region) };
    assert_eq!(code, 0);
    let region = Handle(region);
    for line in [
        "create-vpc vpc-1 vtb-1 10.0.0.0/16",
        "create-vswitch vsw-1 vpc-1 10.0.0.0/24",
        "create-instance i-1 vsw-1 10.0.0.10",
        "create-gwlb gwlb-1",
        "register-appliance gwlb-1 app-100",
        "create-route-table vtb-2 vpc-1",
        "create-vswitch vsw-2 vpc-1 10.0.1.0/24",
        "associate-route-table vtb-2 vsw-2",
        "create-route-entry vtb-2 0.0.0.0/0 peer-1",
        "create-gwlb-endpoint ep-1 vsw-2 gwlb-1",
        "create-route-entry vtb-1 0.0.0.0/0 ep-1",
    ] {
        assert_eq!(region.line(line), 0, "{line}");
    }
    let done = AtomicBool::new(false);
    let judged = AtomicU32::new(0);
    thread::scope(|scope| {
        for index in 0..READERS {
            let (done, judged) = (&done, &judged);
            scope.spawn(move || {
                let region = region;
                // SAFETY: the region's memory is there.
                assert_eq!(unsafe { sekisho_region_reader_register(region.0, index) }, 0);
                let mut port = index;
                while !done.load(Ordering::Relaxed) {
                    for _ in 0..8 {
                        port = port.wrapping_add(7);
                        let outcome = region.judge(port);
                        assert_eq!(outcome.next, sekisho_next::SEKISHO_NEXT_INSPECT as u32);
                        assert_eq!(outcome.id.number, 1);
                        let known = matches!(outcome.appliance, 1..=9 | 100);
                        assert!(known, "app-{}", outcome.appliance);
                    }
                    judged.fetch_add(8, Ordering::Relaxed);
                    // SAFETY: likewise, and registered by this thread.
                    assert_eq!(unsafe { sekisho_region_reader_quiescent(region.0, index) }, 0);
                }
                // SAFETY: likewise.
                assert_eq!(unsafe { sekisho_region_reader_unregister(region.0, index) }, 0);
            });
        }
        let change = |line: &str| {
            while region.line(line) == busy() {
                thread::yield_now();
            }
        };
        for round in 0..20u32 {
            for app in 1..=9u32 {
                change(&format!("register-appliance gwlb-1 app-{}", (app * 4 + round) % 9 + 1));
            }
            for app in 1..=9u32 {
                change(&format!("set-appliance app-{} unhealthy", (app * 2 + round) % 9 + 1));
            }
            for app in 1..=9 {
                change(&format!("deregister-appliance app-{app}"));
            }
        }
        while judged.load(Ordering::Relaxed) < 10_000 {
            thread::yield_now();
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(region.line("deregister-appliance app-100"), 0);
    assert_eq!(region.judge(1).next, sekisho_next::SEKISHO_NEXT_DROP as u32);
}

/// What a change is answered that has to wait for readers.
fn busy() -> i32 {
    -1000 - i32::from(sekisho::region::Error::Busy.number())
}
