use super::*;
use core::str::FromStr;
use std::string::ToString;

#[test]
fn one_spelling_of_each_address() {
    for good in ["0.0.0.0", "10.0.0.1", "255.255.255.255", "1.2.3.4"] {
        assert_eq!(Addr::parse(good).map(|a| a.to_string()).as_deref(), Some(good));
    }
    for bad in [
        "",
        ".",
        "1",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.",
        ".1.2.3",
        "01.2.3.4",
        "1.2.3.04",
        "256.0.0.0",
        "1.2.3.4 ",
        " 1.2.3.4",
        "+1.2.3.4",
        "-1.2.3.4",
        "1..2.3",
        "1.2.3.4/32",
        "0x1.2.3.4",
        "1.2.3.1000",
        "99999999999.0.0.0",
        "١.2.3.4",
    ] {
        assert_eq!(Addr::parse(bad), None, "{bad:?}");
    }
}

#[test]
fn the_parser_agrees_with_the_standard_library() {
    // Both accept exactly the canonical dotted quads; every short string over the alphabet is tried.
    let alphabet = ['0', '1', '2', '5', '.'];
    let mut texts = std::vec![std::string::String::new()];
    for _ in 0..7 {
        let longer: std::vec::Vec<_> = texts
            .iter()
            .flat_map(|t| alphabet.iter().map(move |c| std::format!("{t}{c}")))
            .collect();
        for text in &longer {
            let std_answer = core::net::Ipv4Addr::from_str(text).ok().map(Addr::from);
            assert_eq!(Addr::parse(text), std_answer, "{text:?}");
        }
        texts = longer;
    }
}

#[test]
fn host_bits_are_an_error() {
    assert_eq!(Prefix::new(Addr::new(10, 0, 0, 1), 24), Err(PrefixError::HostBits));
    assert_eq!(Prefix::new(Addr(0), 33), Err(PrefixError::Length));
    assert_eq!(Prefix::new(Addr(u32::MAX), 32).map(|p| p.last()), Ok(Addr(u32::MAX)));
    assert_eq!(Prefix::new(Addr(1), 0), Err(PrefixError::HostBits));
    assert_eq!(Prefix::new_truncated(Addr(u32::MAX), 0), Prefix::DEFAULT);
    for bad in [
        "10.0.0.0",
        "10.0.0.0/",
        "10.0.0.0/08",
        "10.0.0.0/33",
        "10.0.0.1/8",
        "/8",
        "10.0.0.0/8/8",
        "10.0.0.0/-1",
    ] {
        assert_eq!(Prefix::parse(bad), None, "{bad:?}");
    }
    assert_eq!(Prefix::parse("10.0.0.0/8").map(|p| p.to_string()).as_deref(), Some("10.0.0.0/8"));
}

#[test]
fn covering_and_overlap() {
    let p = |t| Prefix::parse(t).unwrap();
    assert!(p("0.0.0.0/0").covers(p("255.255.255.255/32")));
    assert!(p("10.0.0.0/8").covers(p("10.0.0.0/8")));
    assert!(!p("10.0.0.0/9").covers(p("10.0.0.0/8")));
    assert!(p("10.0.0.0/9").overlaps(p("10.0.0.0/8")));
    assert!(!p("10.0.0.0/9").overlaps(p("10.128.0.0/9")));
    assert!(p("10.0.0.0/8") < p("10.0.0.0/9"));
    assert!(p("9.255.0.0/16") < p("10.0.0.0/8"));
}

#[test]
fn ids_round_trip() {
    for &kind in Kind::ALL {
        for number in [0, 1, 9, 10, 65535] {
            let id = Id { kind, number };
            assert_eq!(Id::parse(&id.to_string()), Some(id));
            assert_eq!(Id::from_word(id.to_word()), Some(id));
        }
    }
    for bad in
        ["vpc", "vpc-", "vpc-01", "vpc-65536", "VPC-1", "vpc--1", "x-1", "-1", "vpc-1-1", "vpc-+1"]
    {
        assert_eq!(Id::parse(bad), None, "{bad:?}");
    }
    assert_eq!(Id::from_word(0), None);
}

#[cfg(feature = "ipnet")]
#[test]
fn ipnet_conversions_refuse_host_bits() {
    let net = ipnet::Ipv4Net::new(core::net::Ipv4Addr::new(10, 0, 0, 1), 8).unwrap();
    assert_eq!(Prefix::try_from(net), Err(PrefixError::HostBits));
    let prefix = Prefix::parse("10.0.0.0/8").unwrap();
    assert_eq!(Prefix::try_from(ipnet::Ipv4Net::from(prefix)), Ok(prefix));
}
