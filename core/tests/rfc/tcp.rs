//! RFC 5382: TCP.

use std::collections::BTreeSet;

use sekisho::flow::{Config, Timeouts};
use sekisho::packet::{Next, Origin};
use sekisho::resolve::DropReason;

use super::border::{Border, FAR, HOSTS, MINUTE, NAT, ONE, OTHER, host, octets};
use super::udp::four_ports;
use super::wire::{about, destination, error, icmp, kind, ports, source, tcp};

const HOUR: u64 = 60 * MINUTE;

/// i-2 and a server of the Internet.
struct Connection {
    border: Border,
    inside: u16,
    outside: u16,
}

impl Connection {
    /// Nothing has been sent.
    fn none() -> Connection {
        Connection { border: Border::new(), inside: 5000, outside: 5000 }
    }

    /// After the handshake.
    fn established() -> Connection {
        let connection = Connection::none();
        connection.sends("S");
        connection.gets("SA");
        connection.sends("A");
        assert_eq!(connection.border.flows().stats().established, 1);
        connection
    }

    fn sends(&self, flags: &str) -> Vec<u8> {
        let bytes = tcp((HOSTS[2], self.inside), (FAR, 443), flags).bytes();
        let bytes = self.border.out(2, &bytes);
        assert_eq!((source(&bytes), ports(&bytes)), (octets(NAT), (self.outside, 443)));
        bytes
    }

    fn incoming(&self, flags: &str) -> Vec<u8> {
        tcp((FAR, 443), (NAT, self.outside), flags).bytes()
    }

    fn gets(&self, flags: &str) {
        let bytes = self.border.reaches(2, &self.incoming(flags));
        assert_eq!((destination(&bytes), ports(&bytes)), (octets(HOSTS[2]), (443, self.inside)));
    }

    /// Whether a segment from outside still gets in.
    fn is_open(&self) -> bool {
        self.border.step(Origin::Internet, &self.incoming("A")).0 == Next::Deliver(host(2))
    }
}

#[test]
fn rfc5382_req1_endpoint_independent_mapping() {
    let border = Border::new();
    border.out(3, &tcp((HOSTS[3], 5000), (FAR, 443), "S").bytes());
    let to = [(FAR, 443), (FAR, 22), (OTHER, 443)];
    let given = to.map(|to| ports(&border.out(2, &tcp((HOSTS[2], 5000), to, "S").bytes())).0);
    assert_eq!(BTreeSet::from(given).len(), 1);
    assert_ne!(given[0], 5000);
}

#[test]
fn rfc5382_req2_every_valid_sequence_from_inside() {
    let connection = Connection::established();
    // Data both ways, one side closing long before the other, and what is sent again.
    for flags in ["A", "A", "FA", "A", "FA"] {
        connection.sends(flags);
        connection.gets("A");
    }
    connection.gets("FA");
    connection.sends("A");
    connection.gets("FA");
    connection.sends("A");
    // The same ends again after they have closed.
    connection.sends("S");
    connection.gets("SA");
    connection.sends("A");
    connection.gets("RA");
    connection.sends("R");
}

#[test]
fn rfc5382_req2_every_valid_sequence_from_outside() {
    let border = Border::new();
    let gets = |flags| border.reaches(2, &tcp((FAR, 999), (NAT, 80), flags).bytes());
    let sends = |flags| border.out(2, &tcp((HOSTS[2], 8080), (FAR, 999), flags).bytes());
    assert_eq!(ports(&gets("S")), (999, 8080));
    assert_eq!(ports(&sends("SA")), (80, 999));
    for flags in ["A", "A", "FA"] {
        gets(flags);
        sends("A");
    }
    // Half closed: data goes on the other way.
    sends("A");
    sends("FA");
    gets("A");
    gets("S");
    sends("RA");
}

#[test]
fn rfc5382_req2a_simultaneous_open() {
    let connection = Connection::none();
    connection.sends("S");
    connection.gets("S");
    connection.sends("SA");
    connection.gets("SA");
    connection.sends("A");
    connection.gets("A");
    assert_eq!(connection.border.flows().stats().established, 1);
    assert_eq!(connection.border.flows().stats().opened, 1);
}

#[test]
fn rfc5382_req3_filtering_is_address_and_port_dependent() {
    let connection = Connection::established();
    for from in [(OTHER, 443), (FAR, 444)] {
        let bytes = tcp(from, (NAT, 5000), "S").bytes();
        assert_eq!(connection.border.refused(&bytes), DropReason::NoDnatEntry);
    }
}

#[test]
fn rfc5382_req3a_a_forward_entry_lets_everyone_in() {
    let border = Border::new();
    for from in [(FAR, 999), (OTHER, 999), (FAR, 998)] {
        border.reaches(2, &tcp(from, (NAT, 80), "S").bytes());
    }
}

#[test]
fn rfc5382_req4_an_unsolicited_syn_is_not_answered() {
    let connection = Connection::none();
    // A drop is all there is: a table never makes a packet.
    let bytes = connection.incoming("S");
    assert_eq!(connection.border.refused(&bytes), DropReason::NoDnatEntry);
    // Who opens towards it meanwhile is not disturbed.
    connection.sends("S");
    connection.gets("S");
    connection.sends("SA");
}

#[test]
fn rfc5382_req5_established_for_two_hours_and_four_minutes() {
    let mut connection = Connection::established();
    connection.border.wait(2 * HOUR + 4 * MINUTE - 1);
    assert!(connection.is_open());
    connection.border.wait(2 * HOUR + 4 * MINUTE);
    assert!(!connection.is_open());
}

#[test]
fn rfc5382_req5_transitory_for_four_minutes() {
    let opening: fn() -> Connection = || {
        let connection = Connection::none();
        connection.sends("S");
        connection
    };
    let closing: fn() -> Connection = || {
        let connection = Connection::established();
        connection.sends("FA");
        connection.gets("FA");
        connection
    };
    for made in [opening, closing] {
        let mut connection = made();
        connection.border.wait(4 * MINUTE - 1);
        assert!(connection.is_open());
        connection.border.wait(4 * MINUTE);
        assert!(!connection.is_open());
    }
}

#[test]
fn rfc5382_req5a_configured_timers() {
    let timeouts =
        Timeouts { tcp_transitory: 300_000, tcp_established: 9_000_000, ..Timeouts::DEFAULT };
    let border = Border::with(&Config { timeouts, ..Config::new(64) });
    let mut connection = Connection { border, ..Connection::none() };
    connection.sends("S");
    connection.border.wait(299_999);
    connection.gets("SA");
    connection.sends("A");
    connection.border.wait(8_999_999);
    assert!(connection.is_open());
    connection.border.wait(9_000_000);
    assert!(!connection.is_open());
}

#[test]
fn rfc5382_req6_no_gateway_for_applications() {
    // A segment to the port of FTP's commands is changed where any other is.
    let border = Border::new();
    border.out(3, &tcp((HOSTS[3], 5000), (FAR, 21), "S").bytes());
    let sent = tcp((HOSTS[2], 5000), (FAR, 21), "A").bytes();
    let bytes = border.out(2, &sent);
    assert_eq!((bytes.len(), &bytes[38..]), (sent.len(), &sent[38..]));
}

#[test]
fn rfc5382_req7_no_port_overloading() {
    let border = Border::with(&four_ports());
    let given = [0, 1, 2, 3].map(|port| {
        ports(&border.out(2, &tcp((HOSTS[2], 5000 + port), (FAR, 443), "S").bytes())).0
    });
    assert_eq!(BTreeSet::from(given).len(), 4);
    let fifth = tcp((HOSTS[3], 5000), (OTHER, 443), "S").bytes();
    assert_eq!(border.kept_in(3, &fifth), DropReason::PortsExhausted);
}

#[test]
fn rfc5382_req8_hairpinning() {
    let border = Border::new();
    let there = |flags| border.hairpin(3, 2, &tcp((HOSTS[3], 6000), (NAT, 80), flags).bytes());
    let back = |flags| border.hairpin(2, 3, &tcp((HOSTS[2], 8080), (NAT, 6000), flags).bytes());
    let inside = there("S");
    assert_eq!((destination(&inside), ports(&inside)), (octets(HOSTS[2]), (6000, 8080)));
    let inside = back("SA");
    assert_eq!((destination(&inside), ports(&inside)), (octets(HOSTS[3]), (80, 6000)));
    there("A");
    there("FA");
    back("FA");
    there("A");
}

#[test]
fn rfc5382_req8a_the_external_source() {
    let border = Border::new();
    border.out(3, &tcp((HOSTS[3], 5000), (FAR, 443), "S").bytes());
    let inside = border.hairpin(2, 1, &tcp((HOSTS[2], 5000), (ONE, 22), "S").bytes());
    assert_eq!(source(&inside), octets(NAT));
    assert_ne!(ports(&inside).0, 5000);
}

#[test]
fn rfc5382_req9_destination_unreachable() {
    let connection = Connection::none();
    let outside = connection.sends("S");
    for code in 0..16 {
        let bytes = error(OTHER, (3, code), &outside).bytes();
        let bytes = connection.border.reaches(2, &bytes);
        assert_eq!((destination(&bytes), kind(&bytes)), (octets(HOSTS[2]), (3, code)));
        assert_eq!(
            (source(about(&bytes)), &about(&bytes)[20..22]),
            (octets(HOSTS[2]), &[0x13, 0x88][..])
        );
    }
}

#[test]
fn rfc5382_req10_icmp_does_not_end_a_connection() {
    let mut connection = Connection::established();
    let outside = connection.sends("A");
    for number in 0..=255 {
        for code in [0, 2, 3, 4] {
            let message = match number {
                3 | 4 | 5 | 11 | 12 => error(FAR, (number, code), &outside),
                _ => icmp(FAR, NAT, (number, code), [0x13, 0x88, 0, 1], b"ping"),
            };
            connection.border.step(Origin::Internet, &message.bytes());
        }
    }
    assert_eq!(connection.border.flows().stats().established, 1);
    connection.border.wait(2 * HOUR);
    connection.gets("A");
    connection.sends("A");
}
