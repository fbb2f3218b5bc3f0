//! What programs start from: nothing, or one VPC with something of every kind.

use sekisho::console::{self, Line};
use sekisho::region::Command;

/// vsw-1 has hosts, vsw-2 a NAT gateway, vsw-3 hosts behind it, vsw-4 the inspection; vtb-2 to
/// vtb-5 are bound to them, vtb-6 is the gateway table.
pub(crate) const NETWORK: &str = "\
create-vpc vpc-1 vtb-1 10.0.0.0/16 user-cidr=30.0.0.0/16
create-vswitch vsw-1 vpc-1 10.0.0.0/24
create-vswitch vsw-2 vpc-1 10.0.1.0/24
create-vswitch vsw-3 vpc-1 10.0.2.0/24
create-vswitch vsw-4 vpc-1 10.0.3.0/24
create-route-table vtb-2 vpc-1
create-route-table vtb-3 vpc-1
create-route-table vtb-4 vpc-1
create-route-table vtb-5 vpc-1
create-route-table vtb-6 vpc-1 type=gateway
associate-route-table vtb-2 vsw-1
associate-route-table vtb-3 vsw-2
associate-route-table vtb-4 vsw-3
associate-route-table vtb-5 vsw-4
create-instance i-1 vsw-1 10.0.0.10
create-instance i-2 vsw-1 10.0.0.11 forward=on
create-instance i-3 vsw-3 10.0.2.10
create-network-interface eni-1 vsw-4 10.0.3.10 forward=on
create-nat-gateway ngw-1 vsw-2 10.0.1.20
create-load-balancer lb-1 internal vsw-1 10.0.0.20
create-load-balancer lb-2 internet vpc-1 47.0.0.9
allocate-eip eip-1 47.0.0.1
allocate-eip eip-2 47.0.0.2
allocate-eip eip-3 47.0.0.3
allocate-eip eip-4 47.0.0.4
associate-eip eip-1 i-1
associate-eip eip-2 ngw-1
associate-eip eip-3 ngw-1
associate-eip eip-4 lb-1
create-snat-entry ngw-1 10.0.0.0/16 eip-2
create-forward-entry ngw-1 eip-3 tcp 443 10.0.2.10 80
create-gwlb gwlb-1
register-appliance gwlb-1 app-1
create-gwlb gwlb-2 fail-open=on
create-gwlb-endpoint ep-1 vsw-4 gwlb-1
create-gwlb-endpoint ep-2 vsw-2 gwlb-2
create-route-target-group rtg-1 ep-1 ep-2
create-route-entry vtb-4 0.0.0.0/0 ngw-1
announce-route vtb-2 30.0.0.0/16 ri-1+ri-2
";

/// The gateway enabled and inspecting both ways.
pub(crate) const GATEWAY: &str = "\
create-ipv4-gateway ipv4gw-1 vpc-1
enable-vpc-ipv4-gateway ipv4gw-1 vtb-3 vtb-5
create-route-entry vtb-2 0.0.0.0/0 ep-1
update-gateway-route-table-entry-attribute vtb-6 10.0.0.0/24 rtg-1
associate-route-table-with-gateway vtb-6 ipv4gw-1
";

/// The commands of lines that have no fault.
pub(crate) fn commands(lines: &str) -> impl Iterator<Item = Command> {
    lines.lines().map(|line| match console::parse(line.as_bytes()) {
        Ok(Some(Line::Command(command))) => command,
        other => panic!("{line}: {other:?}"),
    })
}
