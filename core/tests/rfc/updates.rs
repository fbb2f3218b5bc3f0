//! RFC 7857: what it changes and adds. The numbers are those of its sections.

use std::collections::BTreeSet;

use sekisho::flow::{Config, Timeouts};
use sekisho::packet::{Next, Origin};
use sekisho::resolve::DropReason;

use super::border::{Border, FAR, HOSTS, MINUTE, NAT, OTHER, SECOND, host, octets};
use super::wire::{REPLY, REQUEST, UNREACHABLE, error, ports, query, source, tcp, udp};

fn sends(border: &Border, flags: &str) -> Vec<u8> {
    border.out(2, &tcp((HOSTS[2], 5000), (FAR, 443), flags).bytes())
}

fn gets(border: &Border, flags: &str) -> bool {
    let bytes = tcp((FAR, 443), (NAT, 5000), flags).bytes();
    border.step(Origin::Internet, &bytes).0 == Next::Deliver(host(2))
}

fn established() -> Border {
    let border = Border::new();
    sends(&border, "S");
    assert!(gets(&border, "SA"));
    sends(&border, "A");
    border
}

#[test]
fn rfc7857_2_1_after_rst_a_session_stays_transitory() {
    let mut border = established();
    assert!(gets(&border, "R"));
    sends(&border, "A");
    assert_eq!(border.flows().stats().established, 0);
    border.wait(4 * MINUTE);
    assert!(!gets(&border, "A"));
}

#[test]
fn rfc7857_2_2_a_shorter_transitory_timer() {
    let timeouts = Timeouts { tcp_transitory: 30_000, ..Timeouts::DEFAULT };
    let mut border = Border::with(&Config { timeouts, ..Config::new(64) });
    sends(&border, "S");
    border.wait(30 * SECOND);
    assert!(!gets(&border, "SA"));
    let mut border = Border::new();
    sends(&border, "S");
    border.wait(4 * MINUTE - 1);
    assert!(gets(&border, "SA"));
}

#[test]
fn rfc7857_2_3_rst_is_translated_and_waited_for() {
    for from_inside in [true, false] {
        let mut border = established();
        if from_inside {
            sends(&border, "R");
        } else {
            assert!(gets(&border, "RA"));
        }
        border.wait(4 * MINUTE - 1);
        assert!(gets(&border, "A"));
        border.wait(4 * MINUTE);
        assert!(!gets(&border, "A"));
    }
}

#[test]
fn rfc7857_4_paired_for_all_protocols() {
    let border = Border::new();
    border.line("associate-eip eip-3 ngw-1");
    border.line("create-snat-entry ngw-1 10.0.2.11/32 eip-3");
    for (number, public) in [(2, NAT), (3, "47.0.0.3")] {
        let inside = HOSTS[usize::from(number)];
        let packets = [
            udp((inside, 5000), (FAR, 53)),
            tcp((inside, 5000), (OTHER, 443), "S"),
            query(REQUEST, inside, FAR, 5000),
        ];
        for packet in packets {
            assert_eq!(source(&border.out(number, &packet.bytes())), octets(public));
        }
    }
}

#[test]
fn rfc7857_5_mappings_are_of_one_protocol() {
    let border = Border::new();
    border.out(3, &udp((HOSTS[3], 5000), (FAR, 53)).bytes());
    assert_ne!(ports(&border.out(2, &udp((HOSTS[2], 5000), (FAR, 53)).bytes())).0, 5000);
    assert_eq!(ports(&sends(&border, "S")).0, 5000);
    let ping = query(REQUEST, HOSTS[2], FAR, 5000).bytes();
    assert_eq!(ports(&border.out(2, &ping)).0, 5000);
}

#[test]
fn rfc7857_7_what_is_filtered_renews_nothing() {
    let mut border = Border::new();
    border.out(2, &udp((HOSTS[2], 5000), (FAR, 53)).bytes());
    border.wait(5 * MINUTE - 1);
    let filtered = udp((OTHER, 53), (NAT, 5000)).bytes();
    assert_eq!(border.refused(&filtered), DropReason::NoDnatEntry);
    border.wait(1);
    let answer = udp((FAR, 53), (NAT, 5000)).bytes();
    assert_eq!(border.refused(&answer), DropReason::NoDnatEntry);
}

#[test]
fn rfc7857_7_1_outbound_errors_renew_nothing() {
    let mut border = Border::new();
    border.out(2, &udp((HOSTS[2], 5000), (FAR, 53)).bytes());
    border.wait(5 * MINUTE - 1);
    let error = error(HOSTS[2], UNREACHABLE, &udp((FAR, 53), (HOSTS[2], 5000)).bytes());
    border.out(2, &error.bytes());
    border.wait(1);
    let answer = udp((FAR, 53), (NAT, 5000)).bytes();
    assert_eq!(border.refused(&answer), DropReason::NoDnatEntry);
}

#[test]
fn rfc7857_7_1_an_outbound_rst_renews() {
    let mut border = established();
    border.wait(3 * MINUTE);
    sends(&border, "R");
    border.wait(3 * MINUTE);
    assert!(gets(&border, "A"));
}

#[test]
fn rfc7857_9_ports_that_only_the_seed_tells() {
    let given: BTreeSet<u16> = (0..8)
        .map(|seed| {
            let border = Border::with(&Config { seed, ..Config::new(64) });
            border.out(3, &udp((HOSTS[3], 5000), (FAR, 53)).bytes());
            ports(&border.out(2, &udp((HOSTS[2], 5000), (FAR, 53)).bytes())).0
        })
        .collect();
    assert!(given.len() > 6, "{given:?}");
}

#[test]
fn rfc7857_10_the_identification_stays() {
    let border = Border::new();
    for number in [2, 3] {
        let mut packet = udp((HOSTS[usize::from(number)], 5000), (FAR, 53));
        packet.header.identification = 77;
        let sent = packet.bytes();
        assert_eq!(border.out(number, &sent)[4..6], sent[4..6]);
    }
}

#[test]
fn rfc7857_11_a_mapping_ends_with_its_last_session() {
    let mut border = Border::new();
    for to in [FAR, OTHER] {
        border.out(2, &query(REQUEST, HOSTS[2], to, 5000).bytes());
    }
    assert_eq!(border.flows().stats().mappings, 1);
    border.wait(30 * SECOND);
    border.reaches(2, &query(REPLY, FAR, NAT, 5000).bytes());
    border.wait(30 * SECOND);
    border.flows().expire(border.now, 8);
    assert_eq!(border.flows().stats().mappings, 1);
    border.wait(30 * SECOND);
    border.flows().expire(border.now, 8);
    assert_eq!(border.flows().stats().mappings, 0);
}
