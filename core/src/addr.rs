//! Addresses, canonical prefixes and object ids, with strict text forms.
//!
//! A [`Prefix`] never has host bits set: it is checked ([`Prefix::new`]) or masked
//! ([`Prefix::new_truncated`]) when it is made, and nothing downstream masks again. The parsers
//! accept exactly one spelling of each value, so `010.0.0.0/8`, `10.0.0.0/08` and `10/8` are refused.

use core::fmt::{self, Write};

/// An IPv4 address in host order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Addr(pub u32);

impl Addr {
    /// The address `a.b.c.d`.
    pub const fn new(a: u8, b: u8, c: u8, d: u8) -> Addr {
        Addr(u32::from_be_bytes([a, b, c, d]))
    }

    /// Reads a dotted quad: four decimal numbers of 0 to 255, without leading zeros.
    pub fn parse(text: &str) -> Option<Addr> {
        Addr::parse_bytes(text.as_bytes())
    }

    pub(crate) fn parse_bytes(text: &[u8]) -> Option<Addr> {
        let mut bits: u32 = 0;
        let mut octets = 0;
        let mut rest = Some(text);
        while let Some(text) = rest {
            let octet = match split_once(text, b'.') {
                Some((octet, more)) => {
                    rest = Some(more);
                    octet
                }
                None => {
                    rest = None;
                    text
                }
            };
            bits = bits << 8 | parse_decimal(octet, 255)?;
            octets += 1;
            if octets > 4 {
                return None;
            }
        }
        (octets == 4).then_some(Addr(bits))
    }
}

impl fmt::Display for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = "";
        for byte in self.0.to_be_bytes() {
            f.write_str(before)?;
            Decimal(byte.into()).fmt(f)?;
            before = ".";
        }
        Ok(())
    }
}

impl From<core::net::Ipv4Addr> for Addr {
    fn from(addr: core::net::Ipv4Addr) -> Addr {
        Addr(addr.to_bits())
    }
}

impl From<Addr> for core::net::Ipv4Addr {
    fn from(addr: Addr) -> core::net::Ipv4Addr {
        core::net::Ipv4Addr::from_bits(addr.0)
    }
}

/// Why two numbers are not a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum PrefixError {
    /// The length is over 32.
    Length,
    /// Bits beyond the length are set.
    HostBits,
}

impl fmt::Display for PrefixError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PrefixError::Length => "prefix length over 32",
            PrefixError::HostBits => "host bits set",
        })
    }
}

impl core::error::Error for PrefixError {}

/// A canonical IPv4 prefix: a length of 0 to 32 and no host bits. Ordered by address, then length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Prefix {
    addr: Addr,
    len: u8,
}

impl Prefix {
    /// `0.0.0.0/0`.
    pub const DEFAULT: Prefix = Prefix { addr: Addr(0), len: 0 };

    /// The prefix `addr/len`; host bits are an error, never masked away.
    pub const fn new(addr: Addr, len: u8) -> Result<Prefix, PrefixError> {
        if len > 32 {
            return Err(PrefixError::Length);
        }
        if addr.0 & !mask(len) != 0 {
            return Err(PrefixError::HostBits);
        }
        Ok(Prefix { addr, len })
    }

    /// The prefix of length `len` that holds `addr`; a length over 32 counts as 32.
    #[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), inline(never))]
    pub const fn new_truncated(addr: Addr, len: u8) -> Prefix {
        let len = if len > 32 { 32 } else { len };
        Prefix { addr: Addr(addr.0 & mask(len)), len }
    }

    /// The host prefix `addr/32`.
    pub const fn host(addr: Addr) -> Prefix {
        Prefix { addr, len: 32 }
    }

    /// Reads `a.b.c.d/len`, canonical and without leading zeros.
    pub fn parse(text: &str) -> Option<Prefix> {
        Prefix::parse_bytes(text.as_bytes())
    }

    pub(crate) fn parse_bytes(text: &[u8]) -> Option<Prefix> {
        let (addr, len) = split_once(text, b'/')?;
        let len = u8::try_from(parse_decimal(len, 32)?).ok()?;
        Prefix::new(Addr::parse_bytes(addr)?, len).ok()
    }

    /// The lowest address.
    pub const fn addr(self) -> Addr {
        self.addr
    }

    /// The length in bits, 0 to 32.
    #[expect(clippy::len_without_is_empty, reason = "a length in bits, not a number of items")]
    pub const fn len(self) -> u8 {
        self.len
    }

    /// The highest address.
    pub const fn last(self) -> Addr {
        Addr(self.addr.0 | !mask(self.len))
    }

    /// Whether `addr` lies in the prefix.
    pub const fn contains(self, addr: Addr) -> bool {
        addr.0 & mask(self.len) == self.addr.0
    }

    /// Whether `other` is the same as or more specific than this prefix.
    #[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), inline(never))]
    pub const fn covers(self, other: Prefix) -> bool {
        self.len <= other.len && self.contains(other.addr)
    }

    /// Whether some address lies in both.
    pub const fn overlaps(self, other: Prefix) -> bool {
        self.covers(other) || other.covers(self)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.addr.fmt(f)?;
        f.write_str("/")?;
        Decimal(self.len.into()).fmt(f)
    }
}

/// The network mask of a length; lengths over 32 count as 32.
pub(crate) const fn mask(len: u8) -> u32 {
    if len < 32 { !(u32::MAX >> len) } else { u32::MAX }
}

/// The parts around the first of these bytes.
pub(crate) fn split_once(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|&byte| byte == separator)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// Reads a decimal number of at most `max` (below 2^24), without sign or leading zeros.
pub(crate) fn parse_decimal(bytes: &[u8], max: u32) -> Option<u32> {
    if bytes.is_empty() || bytes.len() > 7 || (bytes.len() > 1 && bytes.first() == Some(&b'0')) {
        return None;
    }
    let mut value: u32 = 0;
    for &byte in bytes {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value * 10 + u32::from(byte - b'0');
    }
    (value <= max).then_some(value)
}

#[cfg(feature = "ipnet")]
mod ipnet_conversions {
    use super::{Addr, Prefix, PrefixError};

    /// `Ipv4Net` may carry host bits; they are refused, not masked.
    impl TryFrom<ipnet::Ipv4Net> for Prefix {
        type Error = PrefixError;
        fn try_from(net: ipnet::Ipv4Net) -> Result<Prefix, PrefixError> {
            Prefix::new(Addr::from(net.addr()), net.prefix_len())
        }
    }

    impl From<Prefix> for ipnet::Ipv4Net {
        fn from(prefix: Prefix) -> ipnet::Ipv4Net {
            // The length was checked when the prefix was made, so the fallback cannot be taken.
            ipnet::Ipv4Net::new(prefix.addr().into(), prefix.len()).unwrap_or_default()
        }
    }
}

/// Declares the kinds of object ids: one newtype each, the enum of kinds, and their text prefixes.
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident, $kind:ident = $number:literal, $text:literal;)*) => {
        /// The kinds of ids, numbered for storage in records and tables; 0 means none.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[repr(u8)]
        pub enum Kind { $(#[doc = concat!("`", $text, "-` ids")] $kind = $number,)* }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Kind] = &[$(Kind::$kind),*];

            /// The text before the dash: `vpc`, `vsw`, …
            pub const fn text(self) -> &'static str {
                match self { $(Kind::$kind => $text,)* }
            }

            /// The number of the kind.
            pub const fn number(self) -> u8 {
                match self { $(Kind::$kind => $number,)* }
            }

            /// The kind of that number.
            pub const fn from_number(number: u8) -> Option<Kind> {
                match number { $($number => Some(Kind::$kind),)* _ => None }
            }

            /// The kind of that text.
            pub fn parse(text: &str) -> Option<Kind> {
                Kind::parse_bytes(text.as_bytes())
            }

            pub(crate) fn parse_bytes(text: &[u8]) -> Option<Kind> {
                Kind::ALL.iter().copied().find(|kind| kind.text().as_bytes() == text)
            }
        }

        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            #[cfg_attr(feature = "defmt", derive(defmt::Format))]
            pub struct $name(pub u16);

            impl $name {
                /// The id with its kind.
                pub const fn id(self) -> Id {
                    Id { kind: Kind::$kind, number: self.0 }
                }
            }

            impl From<$name> for Id {
                fn from(id: $name) -> Id { id.id() }
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.id().fmt(f) }
            }
        )*
    };
}

ids! {
    /// A VPC, `vpc-`.
    VpcId, Vpc = 1, "vpc";
    /// A vSwitch, `vsw-`.
    VSwitchId, VSwitch = 2, "vsw";
    /// A route table, `vtb-`.
    TableId, RouteTable = 3, "vtb";
    /// An IPv4 gateway, `ipv4gw-`.
    GatewayId, Ipv4Gateway = 4, "ipv4gw";
    /// An instance (ECS) with its primary interface, `i-`.
    InstanceId, Instance = 5, "i";
    /// A secondary network interface (ENI), `eni-`.
    NetworkInterfaceId, NetworkInterface = 6, "eni";
    /// A public address, `eip-`.
    EipId, PublicAddress = 7, "eip";
    /// A NAT gateway, `ngw-`.
    NatGatewayId, NatGateway = 8, "ngw";
    /// A load balancer, `lb-`.
    LoadBalancerId, LoadBalancer = 9, "lb";
    /// A gateway load balancer, `gwlb-`.
    GwlbId, Gwlb = 10, "gwlb";
    /// An appliance behind a GWLB, `app-`.
    ApplianceId, Appliance = 11, "app";
    /// A GWLB endpoint, `ep-`.
    EndpointId, Endpoint = 12, "ep";
    /// A route target group, `rtg-`.
    RouteTargetGroupId, RouteTargetGroup = 13, "rtg";
    /// A VPC peering connection, `peer-` (external).
    PeerId, Peer = 14, "peer";
    /// A transit router attachment, `tr-` (external).
    TransitRouterId, TransitRouter = 15, "tr";
    /// A VPN gateway, `vpn-` (external).
    VpnGatewayId, VpnGateway = 16, "vpn";
    /// A router interface, `ri-` (external).
    RouterInterfaceId, RouterInterface = 17, "ri";
    /// An express connect router, `ecr-` (external).
    EcrId, Ecr = 18, "ecr";
    /// A high-availability virtual address, `havip-` (external).
    HaVipId, HaVip = 19, "havip";
}

impl Kind {
    /// Whether objects of this kind lie outside the model: they need no creation, and every id
    /// exists in every VPC.
    pub const fn is_external(self) -> bool {
        matches!(
            self,
            Kind::Peer
                | Kind::TransitRouter
                | Kind::VpnGateway
                | Kind::RouterInterface
                | Kind::Ecr
                | Kind::HaVip
        )
    }
}

/// An id of any kind. Its text form is the kind's prefix, a dash and the number: `vpc-1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Id {
    /// The kind.
    pub kind: Kind,
    /// The number, unique per kind in a region.
    pub number: u16,
}

impl Id {
    /// Reads an id of any kind.
    pub fn parse(text: &str) -> Option<Id> {
        Id::parse_bytes(text.as_bytes())
    }

    pub(crate) fn parse_bytes(text: &[u8]) -> Option<Id> {
        let (kind, number) = split_once(text, b'-')?;
        let number = u16::try_from(parse_decimal(number, 65535)?).ok()?;
        Some(Id { kind: Kind::parse_bytes(kind)?, number })
    }

    /// The id as one number, for records, maps and sorting: the kind above the number.
    pub const fn to_word(self) -> u32 {
        let [high, low] = self.number.to_be_bytes();
        u32::from_be_bytes([0, self.kind.number(), high, low])
    }

    /// The id of such a number.
    #[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), inline(never))]
    pub const fn from_word(word: u32) -> Option<Id> {
        let [_, kind, high, low] = word.to_be_bytes();
        match Kind::from_number(kind) {
            Some(kind) => Some(Id { kind, number: u16::from_be_bytes([high, low]) }),
            None => None,
        }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.text())?;
        f.write_str("-")?;
        Decimal(self.number.into()).fmt(f)
    }
}

/// A number in decimal, as the formatter writes it, but with no panic that the compiler cannot see to be
/// unreachable, no division, and a fraction of the code.
pub(crate) struct Decimal(pub(crate) u64);

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        for unit in UNITS.into_iter().skip_while(|&unit| unit > self.0 && unit != 1) {
            let mut digit = b'0';
            while rest >= unit {
                rest -= unit;
                digit += 1;
            }
            f.write_char(char::from(digit))?;
        }
        Ok(())
    }
}

const UNITS: [u64; 20] = [
    10_000_000_000_000_000_000,
    1_000_000_000_000_000_000,
    100_000_000_000_000_000,
    10_000_000_000_000_000,
    1_000_000_000_000_000,
    100_000_000_000_000,
    10_000_000_000_000,
    1_000_000_000_000,
    100_000_000_000,
    10_000_000_000,
    1_000_000_000,
    100_000_000,
    10_000_000,
    1_000_000,
    100_000,
    10_000,
    1_000,
    100,
    10,
    1,
];

/// A field of a word: `width` bits from bit `shift` up.
pub(crate) const fn field(word: u32, shift: u32, width: u32) -> u32 {
    (word >> shift) & ((1 << width) - 1)
}

/// The low or high half of a word, as ids are stored.
pub(crate) const fn half(word: u32, high: bool) -> u16 {
    let [a, b, c, d] = word.to_be_bytes();
    if high { u16::from_be_bytes([a, b]) } else { u16::from_be_bytes([c, d]) }
}

#[cfg(test)]
#[path = "addr_tests.rs"]
mod tests;
