//! The bytes that the tests of packets are made of: built, parsed back, and every checksum caught.
#![cfg(feature = "model")]

mod support;

use sekisho::model::Twin;
use sekisho::model::flow::{FlowModel, Kind, Packet, Scenario, Step, Transport};
use support::wire::{build, parse};

/// The packets of some scenarios, as they are sent and as they are after each step.
fn packets() -> Vec<Packet> {
    let mut all = Vec::new();
    for seed in 0..60 {
        let mut scenario = Scenario::new(seed, Kind::Time);
        let (mut model, mut twin) = (FlowModel::new(scenario.config()), Twin::new());
        for _ in 0..400 {
            match scenario.step(&twin) {
                Step::Command(command) => drop(twin.apply(&command)),
                Step::Cut { .. } => {}
                Step::Packet { from, packet, now } => {
                    all.push(packet.clone());
                    if let Some(answer) = model.process(&twin, from, &packet, now) {
                        scenario.note(from, &packet, &answer);
                        all.push(answer.packet);
                    }
                }
            }
        }
    }
    all
}

/// Whether the bytes tell all of the packet.
fn is_whole(packet: &Packet) -> bool {
    match &packet.transport {
        Transport::Error { about, shown, .. } => about.total_len() <= *shown && is_whole(about),
        _ => true,
    }
}

/// The same packet, with no more said to be shown than there is.
fn as_told(packet: &Packet) -> Packet {
    let mut packet = packet.clone();
    if let Transport::Error { about, shown, .. } = &mut packet.transport {
        **about = as_told(about);
        *shown = about.total_len().min(*shown);
    }
    packet
}

#[test]
fn there_and_back() {
    let (mut whole, mut parts) = (0, 0);
    for packet in packets() {
        let bytes = build(&packet);
        assert_eq!(bytes.len(), packet.total_len());
        let parsed = parse(&bytes).unwrap_or_else(|error| panic!("{error} in {packet:#?}"));
        if is_whole(&packet) {
            assert_eq!(parsed, as_told(&packet));
            whole += 1;
        } else {
            assert_eq!((parsed.source, parsed.ports()), (packet.source, packet.ports()));
            parts += 1;
        }
    }
    assert!(whole > 5000 && parts > 200, "{whole} {parts}");
}

#[test]
fn every_bit_is_under_a_checksum() {
    for packet in packets().iter().step_by(97).filter(|packet| is_whole(packet)) {
        let bytes = build(packet);
        let bare = match packet.transport {
            Transport::Other(_) | Transport::Later(_) => true,
            Transport::Udp { checksum, .. } => !checksum,
            _ => false,
        };
        let covered = if bare { packet.header_len() } else { bytes.len() };
        for bit in 0..covered * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let parsed = parse(&changed);
            assert!(parsed.is_err(), "bit {bit} of {packet:#?}");
        }
    }
}
