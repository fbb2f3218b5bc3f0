//! RFC 4787: UDP.

use std::collections::BTreeSet;

use sekisho::flow::{Config, Timeouts};
use sekisho::resolve::DropReason;

use super::border::{Border, FAR, HOSTS, MINUTE, NAT, ONE, OTHER, octets};
use super::wire::{
    REPLY, REQUEST, UNREACHABLE, about, check, destination, error, error_showing, icmp, kind,
    ports, query, source, udp, udp_with,
};

/// The ports of four instances' worth of a table: this one has four ports an address.
pub(crate) fn four_ports() -> Config {
    Config { instances: 16128, instance: 9744, ..Config::new(64) }
}

#[test]
fn rfc4787_req1_endpoint_independent_mapping() {
    let border = Border::new();
    let to = [(FAR, 53), (FAR, 123), (OTHER, 53), (OTHER, 4000)];
    let outside = |from: (u16, u16), to| {
        let bytes = border.out(from.0, &udp((HOSTS[usize::from(from.0)], from.1), to).bytes());
        assert_eq!(source(&bytes), octets(NAT));
        ports(&bytes).0
    };
    // Those who come second get other ports than their own, and keep them as well.
    let hosts = [(2, 5000), (3, 5000), (3, 5002)];
    let mapped: Vec<BTreeSet<u16>> = hosts.map(|from| to.map(|to| outside(from, to)).into()).into();
    assert!(mapped.iter().all(|ports| ports.len() == 1), "{mapped:?}");
    assert_eq!(mapped.iter().flatten().collect::<BTreeSet<_>>().len(), hosts.len());
}

#[test]
fn rfc4787_req2_paired_address_pooling() {
    let border = Border::new();
    border.line("associate-eip eip-3 ngw-1");
    border.line("create-snat-entry ngw-1 10.0.2.11/32 eip-3");
    for to in [FAR, OTHER] {
        for port in [5000, 5001] {
            let bytes = border.out(2, &udp((HOSTS[2], port), (to, 53)).bytes());
            assert_eq!(source(&bytes), octets(NAT));
            let bytes = border.out(3, &udp((HOSTS[3], port), (to, 53)).bytes());
            assert_eq!(source(&bytes), octets("47.0.0.3"));
        }
    }
}

#[test]
fn rfc4787_req3_no_port_overloading() {
    let border = Border::with(&four_ports());
    let mut given = BTreeSet::new();
    for port in 0..4 {
        let bytes = border.out(2, &udp((HOSTS[2], 5000 + port), (FAR, 53)).bytes());
        given.insert(ports(&bytes).0);
    }
    assert_eq!(given.len(), 4);
    // Not even for another destination.
    let fifth = udp((HOSTS[3], 5000), (OTHER, 53)).bytes();
    assert_eq!(border.kept_in(3, &fifth), DropReason::PortsExhausted);
    let known = udp((HOSTS[2], 5000), (OTHER, 53)).bytes();
    assert!(given.contains(&ports(&border.out(2, &known)).0));
}

#[test]
fn rfc4787_req3a_high_ports_stay_high() {
    let border = Border::new();
    for port in [1024, 5000, 65535] {
        for host in [2, 3] {
            let packet = udp((HOSTS[usize::from(host)], port), (FAR, 53));
            assert!(ports(&border.out(host, &packet.bytes())).0 >= 1024);
        }
    }
}

#[test]
fn rfc4787_req3a_low_ports_become_high() {
    let border = Border::new();
    for port in [1, 500, 1023] {
        assert!(ports(&border.out(2, &udp((HOSTS[2], port), (FAR, 53)).bytes())).0 >= 1024);
    }
}

#[test]
fn rfc4787_req4_port_parity() {
    let border = Border::new();
    for port in [500, 501, 5000, 5001] {
        for host in [2, 3] {
            let packet = udp((HOSTS[usize::from(host)], port), (FAR, 53));
            assert_eq!(ports(&border.out(host, &packet.bytes())).0 % 2, port % 2);
        }
    }
}

/// A mapping is there as long as time has not ended it.
fn lives(border: &Border, port: u16) -> bool {
    let flows = border.flows().stats().flows;
    let (next, _) =
        border.step(sekisho::packet::Origin::Internet, &udp((FAR, 53), (NAT, port)).bytes());
    assert!(border.flows().stats().flows <= flows);
    next == sekisho::packet::Next::Deliver(super::border::host(2))
}

#[test]
fn rfc4787_req5_two_minutes_at_least() {
    let mut border = Border::new();
    border.out(2, &udp((HOSTS[2], 5000), (FAR, 53)).bytes());
    border.wait(2 * MINUTE);
    assert!(lives(&border, 5000));
}

#[test]
fn rfc4787_req5b_a_configured_timer() {
    let timeouts = Timeouts { udp: 150_000, ..Timeouts::DEFAULT };
    let mut border = Border::with(&Config { timeouts, ..Config::new(64) });
    for port in [5000, 5001] {
        border.out(2, &udp((HOSTS[2], port), (FAR, 53)).bytes());
    }
    border.wait(149_999);
    assert!(lives(&border, 5000));
    border.wait(1);
    assert!(!lives(&border, 5001));
}

#[test]
fn rfc4787_req5c_five_minutes_by_default() {
    let mut border = Border::new();
    for port in [5000, 5001] {
        border.out(2, &udp((HOSTS[2], port), (FAR, 53)).bytes());
    }
    border.wait(5 * MINUTE - 1);
    assert!(lives(&border, 5000));
    border.wait(1);
    assert!(!lives(&border, 5001));
}

#[test]
fn rfc4787_req6_outbound_refresh() {
    let mut border = Border::new();
    for _ in 0..4 {
        border.out(2, &udp((HOSTS[2], 5000), (FAR, 53)).bytes());
        border.wait(5 * MINUTE - 1);
    }
    assert!(lives(&border, 5000));
}

#[test]
fn rfc4787_req6a_inbound_refresh() {
    let mut border = Border::new();
    border.out(2, &udp((HOSTS[2], 5000), (FAR, 53)).bytes());
    for _ in 0..4 {
        border.wait(5 * MINUTE - 1);
        assert!(lives(&border, 5000));
    }
}

#[test]
fn rfc4787_req8_filtering_is_address_and_port_dependent() {
    let border = Border::new();
    border.out(2, &udp((HOSTS[2], 5000), (FAR, 53)).bytes());
    for from in [(OTHER, 53), (FAR, 54)] {
        assert_eq!(border.refused(&udp(from, (NAT, 5000)).bytes()), DropReason::NoDnatEntry);
    }
    border.reaches(2, &udp((FAR, 53), (NAT, 5000)).bytes());
}

#[test]
fn rfc4787_req8a_a_forward_entry_lets_everyone_in() {
    let border = Border::new();
    border.line("create-forward-entry ngw-1 eip-2 udp 5000 10.0.2.10 5000");
    for from in [(FAR, 53), (OTHER, 53), (FAR, 54)] {
        border.reaches(2, &udp(from, (NAT, 5000)).bytes());
    }
}

#[test]
fn rfc4787_req9_hairpinning() {
    let border = Border::new();
    // To an address that is mapped one to one, and back.
    let inside = border.hairpin(2, 1, &udp((HOSTS[2], 5000), (ONE, 7000)).bytes());
    assert_eq!((destination(&inside), ports(&inside)), (octets(HOSTS[1]), (5000, 7000)));
    let back = border.hairpin(1, 2, &udp((HOSTS[1], 7000), (NAT, 5000)).bytes());
    assert_eq!((destination(&back), ports(&back)), (octets(HOSTS[2]), (7000, 5000)));
    // To a forwarding of the sender's own NAT gateway.
    border.line("create-forward-entry ngw-1 eip-2 udp 53 10.0.2.10 5353");
    let inside = border.hairpin(3, 2, &udp((HOSTS[3], 6000), (NAT, 53)).bytes());
    assert_eq!((destination(&inside), ports(&inside)), (octets(HOSTS[2]), (6000, 5353)));
    let back = border.hairpin(2, 3, &udp((HOSTS[2], 5353), (NAT, 6000)).bytes());
    assert_eq!((destination(&back), ports(&back)), (octets(HOSTS[3]), (53, 6000)));
}

#[test]
fn rfc4787_req9_hairpinning_between_mappings() {
    let border = Border::new();
    // Filtering wants both to have sent, as from anywhere else.
    let first = border.out(2, &udp((HOSTS[2], 5000), (NAT, 6000)).bytes());
    assert_eq!(border.refused(&first), DropReason::NoDnatEntry);
    let inside = border.hairpin(3, 2, &udp((HOSTS[3], 6000), (NAT, 5000)).bytes());
    assert_eq!((destination(&inside), ports(&inside)), (octets(HOSTS[2]), (6000, 5000)));
    let inside = border.hairpin(2, 3, &udp((HOSTS[2], 5000), (NAT, 6000)).bytes());
    assert_eq!((destination(&inside), ports(&inside)), (octets(HOSTS[3]), (5000, 6000)));
}

#[test]
fn rfc4787_req9a_the_external_source() {
    let border = Border::new();
    // Another's port, so that the outside one shows.
    border.out(3, &udp((HOSTS[3], 5000), (FAR, 53)).bytes());
    let inside = border.hairpin(2, 1, &udp((HOSTS[2], 5000), (ONE, 7000)).bytes());
    assert_eq!(source(&inside), octets(NAT));
    assert_ne!(ports(&inside).0, 5000);
}

#[test]
fn rfc4787_req10_no_gateway_for_applications() {
    let border = Border::new();
    border.out(3, &udp((HOSTS[3], 5060), (FAR, 5060)).bytes());
    let text = b"INVITE sip:a SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.2.10:5060\r\n";
    let bytes = border.out(2, &udp_with((HOSTS[2], 5060), (FAR, 5060), text).bytes());
    assert!(bytes.ends_with(text));
}

#[test]
fn rfc4787_req11_the_same_behaviour_when_crowded() {
    let border = Border::with(&four_ports());
    // Every port is given out, none is the inside one: mapping and filtering are as ever.
    let port = |host: u16, to| {
        ports(&border.out(host, &udp((HOSTS[usize::from(host)], 5000), to).bytes())).0
    };
    let two = port(2, (FAR, 53));
    let three = port(3, (FAR, 53));
    for number in 0..2 {
        border.out(2, &udp((HOSTS[2], 6000 + number), (FAR, 53)).bytes());
    }
    for to in [(FAR, 54), (OTHER, 53)] {
        assert_eq!((port(2, to), port(3, to)), (two, three));
    }
    assert_eq!(border.refused(&udp((OTHER, 54), (NAT, two)).bytes()), DropReason::NoDnatEntry);
}

#[test]
fn rfc4787_req12_icmp_does_not_end_a_mapping() {
    let border = Border::new();
    border.out(3, &udp((HOSTS[3], 5000), (FAR, 53)).bytes());
    let packet = udp((HOSTS[2], 5000), (FAR, 53)).bytes();
    let outside = border.out(2, &packet);
    for number in 0..=255 {
        for code in [0, 1, 3, 4, 13] {
            let message = match number {
                3 | 4 | 5 | 11 | 12 => error(FAR, (number, code), &outside),
                _ => icmp(FAR, NAT, (number, code), [0x13, 0x88, 0, 1], b"ping"),
            };
            border.step(sekisho::packet::Origin::Internet, &message.bytes());
        }
    }
    assert_eq!(border.out(2, &packet), outside);
    border.reaches(2, &udp((FAR, 53), (NAT, ports(&outside).0)).bytes());
    assert_eq!(border.flows().stats().opened, 2);
}

#[test]
fn rfc4787_req12a_icmp_from_anyone() {
    let border = Border::new();
    let outside = border.out(2, &udp((HOSTS[2], 5000), (FAR, 53)).bytes());
    let bytes = border.reaches(2, &error(OTHER, (11, 0), &outside).bytes());
    assert_eq!((source(&bytes), kind(&bytes)), (octets(OTHER), (11, 0)));
}

#[test]
fn rfc4787_req12b_destination_unreachable() {
    let border = Border::new();
    border.out(3, &udp((HOSTS[3], 5000), (FAR, 53)).bytes());
    let sent = udp((HOSTS[2], 5000), (FAR, 53)).bytes();
    let outside = border.out(2, &sent);
    for code in 0..16 {
        let bytes = border.reaches(2, &error(FAR, (3, code), &outside).bytes());
        assert_eq!((destination(&bytes), kind(&bytes)), (octets(HOSTS[2]), (3, code)));
        // The host sees what it has sent, but for the time to live.
        assert_eq!(about(&bytes)[12..], sent[12..28]);
    }
}

/// A fragment on the way out, and one on the way in.
#[test]
fn rfc4787_req14_fragments_in_order_pass() {
    let border = Border::new();
    border.out(3, &udp((HOSTS[3], 5000), (FAR, 53)).bytes());
    let whole = border.out(2, &udp((HOSTS[2], 5000), (FAR, 53)).bytes());
    let port = ports(&whole).0;
    let [first, second] = udp((HOSTS[2], 5000), (FAR, 53)).fragments(7, 16);
    assert_eq!(ports(&border.out(2, &first)).0, port);
    assert_eq!(source(&border.out(2, &second)), octets(NAT));
    let [first, second] = udp((FAR, 53), (NAT, port)).fragments(7, 16);
    assert_eq!(ports(&border.reaches(2, &first)).1, 5000);
    assert_eq!(destination(&border.reaches(2, &second)), octets(HOSTS[2]));
}

/// The packet that fragments are of.
fn put_together([first, later]: &[Vec<u8>; 2]) -> Vec<u8> {
    let mut whole = [&first[..], &later[20..]].concat();
    let length = u16::try_from(whole.len()).unwrap();
    whole[2..4].copy_from_slice(&length.to_be_bytes());
    whole[6..8].fill(0);
    whole[10..12].fill(0);
    let sum = sekisho::packet::checksum(&whole[..20]);
    whole[10..12].copy_from_slice(&sum.to_be_bytes());
    whole
}

/// Errors in pieces, of which the later one has nothing of the packet that they are about: on the way in,
/// and on the way out.
#[test]
fn rfc4787_req14_fragments_of_errors_pass() {
    let border = Border::new();
    border.out(3, &udp((HOSTS[3], 5000), (FAR, 53)).bytes());
    let inside = udp_with((HOSTS[2], 5000), (FAR, 53), &[7; 40]).bytes();
    let outside = border.out(2, &inside);
    let pieces = error_showing(OTHER, UNREACHABLE, &outside).fragments(7, 40);
    let whole = put_together(&pieces.map(|piece| border.reaches(2, &piece)));
    assert_eq!((source(&whole), destination(&whole)), (octets(OTHER), octets(HOSTS[2])));
    assert_eq!(check(&whole), Ok(()));
    // But for the time to live and its checksum, the host's own packet.
    assert_eq!(about(&whole)[12..], inside[12..]);
    let answer = udp_with((FAR, 53), (NAT, ports(&outside).0), &[8; 40]).bytes();
    let reached = border.reaches(2, &answer);
    let pieces = error_showing(HOSTS[2], UNREACHABLE, &reached).fragments(8, 40);
    let whole = put_together(&pieces.map(|piece| border.out(2, &piece)));
    assert_eq!((source(&whole), destination(&whole)), (octets(NAT), octets(FAR)));
    assert_eq!(check(&whole), Ok(()));
    assert_eq!(about(&whole)[12..], answer[12..]);
}

#[test]
fn rfc4787_req14_out_of_order_fragments_are_dropped() {
    let border = Border::new();
    border.out(2, &udp((HOSTS[2], 5000), (FAR, 53)).bytes());
    let [first, second] = udp((HOSTS[2], 5000), (FAR, 53)).fragments(7, 16);
    assert_eq!(border.kept_in(2, &second), DropReason::Fragment);
    border.out(2, &first);
    border.out(2, &second);
    let [_, second] = udp((FAR, 53), (NAT, 5000)).fragments(7, 16);
    assert_eq!(border.refused(&second), DropReason::NoDnatEntry);
    // One to one the ports do not matter.
    let [first, second] = udp((HOSTS[1], 5000), (FAR, 53)).fragments(7, 16);
    assert_eq!(source(&border.out(1, &second)), octets(ONE));
    border.out(1, &first);
}

#[test]
fn rfc4787_req14a_a_flood_of_fragments() {
    let border = Border::new();
    border.out(2, &udp((HOSTS[2], 5000), (FAR, 53)).bytes());
    for identification in 0..10_000 {
        let [first, second] = udp((FAR, 9), (NAT, 9)).fragments(identification, 8);
        let part = if identification % 2 == 0 { first } else { second };
        border.step(sekisho::packet::Origin::Internet, &part);
    }
    border.reaches(2, &udp((FAR, 53), (NAT, 5000)).bytes());
    let [first, second] = udp((FAR, 53), (NAT, 5000)).fragments(7, 16);
    border.reaches(2, &first);
    border.reaches(2, &second);
    let asked = border.out(2, &query(REQUEST, HOSTS[2], FAR, 77).bytes());
    border.reaches(2, &query(REPLY, FAR, NAT, ports(&asked).0).bytes());
    assert_eq!(kind(&border.reaches(2, &error(FAR, UNREACHABLE, &asked).bytes())), UNREACHABLE);
}
