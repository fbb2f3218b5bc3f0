//! Counters that threads read through the C functions while another passes packets.

use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::thread;

use sekisho_ffi::*;

/// As many bytes as no packet has, so that the low words of counters run over after a few. Memory that is
/// only read where a packet's header would be is not there.
const BYTES: usize = 1 << 30;
const PACKETS: u64 = 1_000_000;
const READERS: usize = 2;

/// A handle that threads share, as C's do.
struct Handle<T>(*mut T);

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Handle<T> {
        *self
    }
}
impl<T> Copy for Handle<T> {}

// SAFETY: the library says which functions may be called side by side, and only those are.
unsafe impl<T> Send for Handle<T> {}
// SAFETY: likewise.
unsafe impl<T> Sync for Handle<T> {}

fn zeroed(bytes: usize) -> Vec<AtomicU32> {
    (0..bytes / 4).map(|_| AtomicU32::new(0)).collect()
}

fn dropped(flows: Handle<sekisho_flows>) -> [sekisho_count; 2] {
    let mut counts = [sekisho_count::default(); 2];
    let (next, reason) = (sekisho_next::SEKISHO_NEXT_DROP as u32, 18);
    let [all, malformed] = &mut counts;
    // SAFETY: the table's memory is there.
    assert_eq!(unsafe { sekisho_flows_next_count(flows.0, next, all) }, 0);
    // SAFETY: likewise.
    assert_eq!(unsafe { sekisho_flows_drop_count(flows.0, reason, malformed) }, 0);
    counts
}

/// No number goes back or is one that never was, whatever the reader's luck.
#[test]
fn counters_are_whole_and_only_grow_while_packets_pass() {
    let size = size_of::<sekisho_profile>() as u32;
    let mut profile = sekisho_profile { size, ..sekisho_profile::default() };
    // SAFETY: a place for a profile.
    assert_eq!(unsafe { sekisho_profile_firmware(&raw mut profile) }, 0);
    // SAFETY: a profile.
    let bytes = unsafe { sekisho_region_footprint(&raw const profile) };
    let of_region = zeroed(bytes);
    let mut region = null_mut();
    let place = of_region.as_ptr().cast_mut().cast();
    // SAFETY: zeroed memory of that size, which stays.
    let code = unsafe { sekisho_region_init(place, bytes, &raw const profile, &raw mut region) };
    assert_eq!(code, 0);

    let size = size_of::<sekisho_flows_config>() as u32;
    let mut config = sekisho_flows_config { size, ..sekisho_flows_config::default() };
    // SAFETY: a place for a configuration.
    assert_eq!(unsafe { sekisho_flows_config_default(&raw mut config, 16) }, 0);
    // SAFETY: a configuration.
    let bytes = unsafe { sekisho_flows_footprint(&raw const config) };
    let of_flows = zeroed(bytes);
    let mut flows = null_mut();
    let place = of_flows.as_ptr().cast_mut().cast();
    // SAFETY: zeroed memory of that size, which stays.
    let code = unsafe { sekisho_flows_init(place, bytes, &raw const config, &raw mut flows) };
    assert_eq!(code, 0);

    let (flows, region) = (Handle(flows), Handle(region));
    let passed = AtomicU64::new(0);
    let done = AtomicBool::new(false);
    let mut nothing = vec![0u8; BYTES];
    thread::scope(|scope| {
        let readers = [(); READERS].map(|()| {
            let (passed, done) = (&passed, &done);
            scope.spawn(move || {
                let flows = flows;
                let mut last = [sekisho_count::default(); 2];
                let mut reads = 0;
                while !done.load(Ordering::Relaxed) || reads < 1000 {
                    let least = passed.load(Ordering::Acquire);
                    let now = dropped(flows);
                    for (count, before) in now.iter().zip(last) {
                        let whole = count.bytes / BYTES as u64;
                        assert_eq!(count.bytes, whole * BYTES as u64, "{count:?}");
                        assert!(count.bytes >= before.bytes && count.packets >= before.packets);
                        // Bytes are read behind packets, and all of them behind what has been told.
                        assert!(count.packets >= least && whole >= least, "{count:?} {least}");
                        assert!(whole <= PACKETS && count.packets <= PACKETS);
                    }
                    last = now;
                    reads += 1;
                }
            })
        });
        let size = size_of::<sekisho_outcome>() as u32;
        let mut out = sekisho_outcome { size, ..sekisho_outcome::default() };
        let (origin, nobody) =
            (sekisho_origin::SEKISHO_ORIGIN_INTERNET as u32, sekisho_id::default());
        for packet in 1..=PACKETS {
            let bytes = nothing.as_mut_ptr();
            // SAFETY: the memory of all is there, and only this thread passes packets.
            let code = unsafe {
                sekisho_flows_packet(
                    flows.0,
                    region.0,
                    origin,
                    nobody,
                    bytes,
                    BYTES,
                    packet,
                    &raw mut out,
                )
            };
            assert_eq!((code, out.drop), (0, 18));
            passed.store(packet, Ordering::Release);
        }
        done.store(true, Ordering::Relaxed);
        // By name, which ThreadSanitizer sees; the end of a scope it does not.
        for reader in readers {
            reader.join().unwrap();
        }
    });
    let all = sekisho_count { packets: PACKETS, bytes: PACKETS * BYTES as u64 };
    assert_eq!(dropped(flows), [all; 2]);
}
