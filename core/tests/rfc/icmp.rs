//! RFC 5508: ICMP.

use std::collections::BTreeSet;

use sekisho::addr::Addr;
use sekisho::flow::{Config, Timeouts};
use sekisho::packet::{MAX_ANSWER, Next, NoAnswer, Origin, time_exceeded};
use sekisho::resolve::DropReason;

use super::border::{Border, FAR, HOSTS, NAT, ONE, OTHER, SECOND, host, octets};
use super::udp::four_ports;
use super::wire::{
    REPLY, REQUEST, UNREACHABLE, about, check, destination, error, error_showing, icmp, kind,
    ports, query, source, tcp, udp,
};

#[test]
fn rfc5508_req1_queries_and_their_answers() {
    let border = Border::new();
    // Echo, timestamp, information and mask.
    for (question, answer) in [(8, 0), (13, 14), (15, 16), (17, 18)] {
        for number in [2, 3, 1] {
            let inside = HOSTS[usize::from(number)];
            let asked = border.out(number, &query(question, inside, FAR, 900).bytes());
            let public = if number == 1 { ONE } else { NAT };
            assert_eq!((source(&asked), kind(&asked)), (octets(public), (question, 0)));
            let bytes = query(answer, FAR, public, ports(&asked).0).bytes();
            let bytes = border.reaches(number, &bytes);
            assert_eq!((destination(&bytes), ports(&bytes).0), (octets(inside), 900));
        }
    }
}

#[test]
fn rfc5508_req1a_identifiers_for_all_hosts() {
    let border = Border::new();
    border.out(3, &query(REQUEST, HOSTS[3], FAR, 5000).bytes());
    let given = [FAR, OTHER, "192.0.2.1"]
        .map(|to| ports(&border.out(2, &query(REQUEST, HOSTS[2], to, 5000).bytes())).0);
    assert_eq!(BTreeSet::from(given).len(), 1);
    assert_ne!(given[0], 5000);
}

/// Whether an answer to the identifier still gets in.
fn is_open(border: &Border, identifier: u16) -> bool {
    let bytes = query(REPLY, FAR, NAT, identifier).bytes();
    border.step(Origin::Internet, &bytes).0 == Next::Deliver(host(2))
}

fn pings(border: &Border, identifiers: &[u16]) {
    for identifier in identifiers {
        border.out(2, &query(REQUEST, HOSTS[2], FAR, *identifier).bytes());
    }
}

#[test]
fn rfc5508_req2_sixty_seconds() {
    let mut border = Border::new();
    pings(&border, &[5000, 5001]);
    border.wait(60 * SECOND - 1);
    assert!(is_open(&border, 5000));
    border.wait(1);
    assert!(!is_open(&border, 5001));
}

#[test]
fn rfc5508_req2a_a_configured_timer() {
    let timeouts = Timeouts { icmp: 90_000, ..Timeouts::DEFAULT };
    let mut border = Border::with(&Config { timeouts, ..Config::new(64) });
    pings(&border, &[5000, 5001]);
    border.wait(90 * SECOND - 1);
    assert!(is_open(&border, 5000));
    border.wait(1);
    assert!(!is_open(&border, 5001));
}

/// A flow of i-2 by a port that is not its own, and its first packet inside and outside.
fn mapped() -> (Border, Vec<u8>, Vec<u8>) {
    let border = Border::new();
    border.out(3, &udp((HOSTS[3], 5000), (FAR, 53)).bytes());
    let inside = udp((HOSTS[2], 5000), (FAR, 53)).bytes();
    let outside = border.out(2, &inside);
    assert_ne!(ports(&outside).0, 5000);
    (border, inside, outside)
}

#[test]
fn rfc5508_req3_a_wrong_checksum_stays_wrong() {
    let (border, _, outside) = mapped();
    let mut bytes = error(FAR, UNREACHABLE, &outside).bytes();
    bytes[22] ^= 0x40;
    let (next, bytes) = border.raw(Origin::Internet, &bytes);
    assert_eq!(next, Next::Deliver(host(2)));
    assert_eq!(check(&bytes), Err("the ICMP checksum is wrong".into()));
}

#[test]
fn rfc5508_req3a_a_wrong_embedded_header_stays_wrong() {
    let (border, _, mut outside) = mapped();
    outside[8] ^= 0x40;
    let (next, bytes) = border.raw(Origin::Internet, &error(FAR, UNREACHABLE, &outside).bytes());
    assert_eq!(next, Next::Deliver(host(2)));
    assert_eq!(check(&bytes), Err("the embedded IP checksum is wrong".into()));
}

#[test]
fn rfc5508_req3b_embedded_options_are_passed_over() {
    let border = Border::new();
    border.out(3, &udp((HOSTS[3], 5000), (FAR, 53)).bytes());
    for length in [4, 20, 40] {
        let sent = udp((HOSTS[2], 5000), (FAR, 53)).with_options(&vec![1; length]).bytes();
        let outside = border.out(2, &sent);
        let bytes = border.reaches(2, &error(FAR, UNREACHABLE, &outside).bytes());
        assert_eq!(about(&bytes)[12..], sent[12..length + 28]);
    }
}

#[test]
fn rfc5508_req3c_the_embedded_transport_checksum_is_not_looked_at() {
    let (border, inside, mut outside) = mapped();
    outside[27] ^= 0x40;
    let bytes = border.reaches(2, &error_showing(FAR, UNREACHABLE, &outside).bytes());
    // It is off by as much as it was.
    assert_eq!(about(&bytes)[27], inside[27] ^ 0x40);
}

#[test]
fn rfc5508_req3d_extensions_stay() {
    let (border, inside, outside) = mapped();
    // RFC 4884: the packet padded to 128 bytes, then an extension.
    let mut shown = outside.clone();
    shown.resize(128, 0);
    shown.extend([0x20, 0, 0, 0, 0, 8, 1, 1, 1, 2, 3, 4]);
    let bytes = border.reaches(2, &error_showing(FAR, (11, 0), &shown).bytes());
    assert_eq!(about(&bytes)[inside.len()..], shown[inside.len()..]);
    assert_eq!(about(&bytes)[12..inside.len()], inside[12..]);
}

#[test]
fn rfc5508_req4_no_mapping_no_error_from_outside() {
    let border = Border::new();
    let unknown = udp((NAT, 5000), (FAR, 53)).bytes();
    let bytes = error(FAR, UNREACHABLE, &unknown).bytes();
    assert_eq!(border.refused(&bytes), DropReason::NoDnatEntry);
    // Of what is known, another port is not.
    border.out(2, &udp((HOSTS[2], 5000), (FAR, 53)).bytes());
    let unknown = udp((NAT, 5001), (FAR, 53)).bytes();
    let bytes = error(FAR, UNREACHABLE, &unknown).bytes();
    assert_eq!(border.refused(&bytes), DropReason::NoDnatEntry);
}

#[test]
fn rfc5508_req4a_the_embedded_packet_as_it_was() {
    let border = Border::new();
    let third = (HOSTS[3], 5000);
    for packet in [udp(third, (FAR, 53)), tcp(third, (FAR, 443), "S")] {
        border.out(3, &packet.bytes());
    }
    border.out(3, &query(REQUEST, HOSTS[3], FAR, 5000).bytes());
    let own = (HOSTS[2], 5000);
    for packet in
        [udp(own, (FAR, 53)), tcp(own, (FAR, 443), "S"), query(REQUEST, HOSTS[2], FAR, 5000)]
    {
        let inside = packet.bytes();
        let outside = border.out(2, &inside);
        assert_ne!(ports(&outside).0, 5000);
        let bytes = border.reaches(2, &error_showing(FAR, (11, 0), &outside).bytes());
        // All of it, but for the time to live and the sum over it.
        assert_eq!(about(&bytes)[12..], inside[12..]);
        assert_eq!(about(&bytes)[8], inside[8] - 1);
    }
}

#[test]
fn rfc5508_req4b_type_and_code_stay() {
    let (border, _, outside) = mapped();
    for number in [3, 4, 5, 11, 12] {
        for code in 0..=255 {
            let bytes = border.reaches(2, &error(FAR, (number, code), &outside).bytes());
            assert_eq!(kind(&bytes), (number, code));
        }
    }
}

#[test]
fn rfc5508_req4c_to_whom_the_embedded_packet_was_from() {
    let (border, _, outside) = mapped();
    let bytes = border.reaches(2, &error(OTHER, (11, 0), &outside).bytes());
    assert_eq!(destination(&bytes), source(about(&bytes)));
    assert_eq!(source(&bytes), octets(OTHER));
}

/// What came in for i-2 by a forwarding, outside and inside.
fn served() -> (Border, Vec<u8>, Vec<u8>) {
    let border = Border::new();
    let outside = tcp((FAR, 999), (NAT, 80), "S").bytes();
    let inside = border.reaches(2, &outside);
    (border, outside, inside)
}

#[test]
fn rfc5508_req5_no_mapping_no_error_from_inside() {
    let border = Border::new();
    let unknown = tcp((FAR, 999), (HOSTS[2], 8080), "S").bytes();
    let bytes = error(HOSTS[2], UNREACHABLE, &unknown).bytes();
    assert_eq!(border.kept_in(2, &bytes), DropReason::UnsupportedProtocol);
}

#[test]
fn rfc5508_req5a_the_embedded_packet_as_it_was() {
    let (border, outside, inside) = served();
    let bytes = border.out(2, &error_showing(HOSTS[2], UNREACHABLE, &inside).bytes());
    assert_eq!(about(&bytes)[12..], outside[12..]);
}

#[test]
fn rfc5508_req5b_type_and_code_stay() {
    let (border, _, inside) = served();
    for number in [3, 4, 5, 11, 12] {
        for code in 0..=255 {
            let bytes = border.out(2, &error(HOSTS[2], (number, code), &inside).bytes());
            assert_eq!(kind(&bytes), (number, code));
        }
    }
}

#[test]
fn rfc5508_req5c_a_public_source() {
    let (border, _, inside) = served();
    let bytes = border.out(2, &error(HOSTS[2], UNREACHABLE, &inside).bytes());
    assert_eq!((source(&bytes), destination(&bytes)), (octets(NAT), octets(FAR)));
    // One to one.
    let inside = border.reaches(1, &udp((FAR, 999), (ONE, 7000)).bytes());
    let bytes = border.out(1, &error(HOSTS[1], UNREACHABLE, &inside).bytes());
    assert_eq!((source(&bytes), destination(&bytes)), (octets(ONE), octets(FAR)));
}

#[test]
fn rfc5508_req5c_a_third_party_has_the_flows_address() {
    let border = Border::new();
    border.line("associate-eip eip-3 i-4");
    let inside = border.reaches(1, &udp((FAR, 999), (ONE, 7000)).bytes());
    let bytes = border.out(4, &error(HOSTS[4], (11, 0), &inside).bytes());
    assert_eq!(source(&bytes), octets(ONE));
}

#[test]
fn rfc5508_req6_an_error_neither_renews_nor_ends() {
    let mut border = Border::new();
    pings(&border, &[5000, 5001]);
    let outside = query(REQUEST, NAT, FAR, 5001).bytes();
    border.wait(60 * SECOND - 1);
    border.reaches(2, &error(FAR, UNREACHABLE, &outside).bytes());
    assert!(is_open(&border, 5000));
    border.wait(1);
    assert!(!is_open(&border, 5001));
    assert!(is_open(&border, 5000));
}

#[test]
fn rfc5508_req7_hairpinned_queries() {
    let border = Border::new();
    let inside = border.hairpin(2, 1, &query(REQUEST, HOSTS[2], ONE, 5000).bytes());
    assert_eq!(destination(&inside), octets(HOSTS[1]));
    border.hairpin(1, 2, &query(REPLY, HOSTS[1], NAT, ports(&inside).0).bytes());
    // Both one to one.
    border.line("associate-eip eip-3 i-4");
    let inside = border.hairpin(4, 1, &query(REQUEST, HOSTS[4], ONE, 5000).bytes());
    assert_eq!(source(&inside), octets("47.0.0.3"));
    border.hairpin(1, 4, &query(REPLY, HOSTS[1], "47.0.0.3", 5000).bytes());
}

#[test]
fn rfc5508_req7_hairpinned_errors() {
    let border = Border::new();
    border.out(3, &udp((HOSTS[3], 5000), (FAR, 53)).bytes());
    let sent = udp((HOSTS[2], 5000), (ONE, 7000)).bytes();
    let inside = border.hairpin(2, 1, &sent);
    let bytes = border.hairpin(1, 2, &error_showing(HOSTS[1], UNREACHABLE, &inside).bytes());
    assert_eq!((source(&bytes), kind(&bytes)), (octets(ONE), UNREACHABLE));
    assert_eq!(about(&bytes)[12..], sent[12..]);
}

#[test]
fn rfc5508_req7a_to_whom_the_embedded_packet_was_from() {
    let border = Border::new();
    let inside = border.hairpin(2, 1, &udp((HOSTS[2], 5000), (ONE, 7000)).bytes());
    let bytes = border.hairpin(1, 2, &error(HOSTS[1], UNREACHABLE, &inside).bytes());
    assert_eq!(destination(&bytes), octets(HOSTS[2]));
    assert_eq!(source(about(&bytes)), octets(HOSTS[2]));
}

#[test]
fn rfc5508_req8_the_reason_is_told() {
    let border = Border::with(&four_ports());
    for port in 0..4 {
        border.out(2, &udp((HOSTS[2], 5000 + port), (FAR, 53)).bytes());
    }
    let packet = udp((HOSTS[2], 6000), (FAR, 53)).bytes();
    assert_eq!(border.kept_in(2, &packet), DropReason::PortsExhausted);
    let border = Border::with(&Config::new(1));
    let established = udp((HOSTS[2], 5000), (FAR, 53)).bytes();
    border.out(2, &established);
    border.reaches(2, &udp((FAR, 53), (NAT, 5000)).bytes());
    border.out(2, &established);
    assert_eq!(border.kept_in(2, &packet), DropReason::FlowTableFull);
}

#[test]
fn rfc5508_req10a_time_exceeded() {
    let border = Border::new();
    let mut packet = udp((HOSTS[2], 5000), (FAR, 53));
    packet.header.time_to_live = 1;
    let packet = packet.bytes();
    assert_eq!(border.kept_in(2, &packet), DropReason::TtlExpired);
    let mut answer = [0; MAX_ANSWER];
    let length = time_exceeded(&packet, Addr::new(10, 0, 2, 253), &mut answer).unwrap();
    let answer = &answer[..length];
    assert_eq!(check(answer), Ok(()));
    assert_eq!((kind(answer), destination(answer)), ((11, 0), octets(HOSTS[2])));
    assert_eq!(about(answer), packet);
}

#[test]
fn rfc5508_req10b_redirects_and_parameter_problems() {
    let (border, _, outside) = mapped();
    for number in [5, 12] {
        let bytes = border.reaches(2, &error(FAR, (number, 0), &outside).bytes());
        assert_eq!(destination(&bytes), octets(HOSTS[2]));
    }
}

#[test]
fn rfc5508_req10c_source_quench_passes() {
    let (border, _, outside) = mapped();
    border.reaches(2, &error(FAR, (4, 0), &outside).bytes());
}

#[test]
fn rfc5508_req10d_the_ds_field() {
    let border = Border::new();
    let mut packet = udp((HOSTS[2], 5000), (FAR, 53));
    packet.header.dscp = 46.try_into().unwrap();
    packet.header.ecn = etherparse::IpEcn::TWO;
    let sent = packet.bytes();
    assert_eq!(border.out(2, &sent)[1], sent[1]);
    // RFC 1812 4.3.2.5: errors have precedence 6 or 7.
    let mut answer = [0; MAX_ANSWER];
    time_exceeded(&sent, Addr::new(10, 0, 2, 253), &mut answer).unwrap();
    assert_eq!(answer[1] >> 5, 6);
}

#[test]
fn rfc5508_req10e_when_not_to_send_errors() {
    let mut answer = [0; MAX_ANSWER];
    let mut asks = |packet: &[u8]| time_exceeded(packet, Addr::new(10, 0, 2, 253), &mut answer);
    let sent = udp((HOSTS[2], 5000), (FAR, 53));
    assert!(asks(&sent.bytes()).is_ok());
    let [first, later] = sent.fragments(7, 16);
    assert!(asks(&first).is_ok());
    assert_eq!(asks(&later), Err(NoAnswer::NotDue));
    assert_eq!(asks(&error(HOSTS[2], UNREACHABLE, &sent.bytes()).bytes()), Err(NoAnswer::NotDue));
    for from in ["0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255"] {
        assert_eq!(asks(&udp((from, 5000), (FAR, 53)).bytes()), Err(NoAnswer::NotDue));
    }
}

#[test]
fn rfc5508_req11_other_messages() {
    let border = Border::new();
    for number in [1, 2, 6, 7, 9, 10, 19, 30, 40, 255] {
        let message = |from, to| icmp(from, to, (number, 0), [0; 4], b"message").bytes();
        let reason = border.kept_in(2, &message(HOSTS[2], FAR));
        assert_eq!(reason, DropReason::UnsupportedProtocol);
        // One to one they pass.
        assert_eq!(source(&border.out(1, &message(HOSTS[1], FAR))), octets(ONE));
    }
}
