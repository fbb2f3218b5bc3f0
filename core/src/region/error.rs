//! The named errors of commands: small stable numbers, one text name and one remedy each.

use core::fmt;

use crate::addr::Kind;

macro_rules! errors {
    ($($variant:ident = $number:literal, $name:literal, $remedy:literal;)*) => {
        /// Why a command was refused. A refused command has changed nothing.
        ///
        /// Numbers are stable: they are never reused, and C sees them as −(1000 + number).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[non_exhaustive]
        #[repr(u16)]
        pub enum Error { $(#[doc = concat!("`", $name, "`: ", $remedy)] $variant = $number,)* }

        impl Error {
            /// Every error, in order of number.
            pub const ALL: &'static [Error] = &[$(Error::$variant),*];

            /// The stable number.
            pub const fn number(self) -> u16 {
                match self { $(Error::$variant => $number,)* }
            }

            /// The name as the console and the documentation write it.
            pub const fn name(self) -> &'static str {
                match self { $(Error::$variant => $name,)* }
            }

            /// What to do about it, in a sentence.
            pub const fn remedy(self) -> &'static str {
                match self { $(Error::$variant => $remedy,)* }
            }
        }
    };
}

errors! {
    InvalidCommand = 1, "InvalidCommand", "Check the verb and the number of words.";
    InvalidParameter = 2, "InvalidParameter", "Check the ids, options and values.";
    IllegalCidrBlock = 3, "IllegalParam.CidrBlock", "Write a canonical prefix or address without host bits or leading zeros.";
    DuplicateId = 4, "DuplicateId", "Choose an id that is not in use.";
    CapacityExceeded = 5, "CapacityExceeded", "Delete something, or initialise the region with a larger profile.";
    AddressInUse = 6, "InvalidParameter.AddressInUse", "Choose a public address that nothing else has.";
    InvalidCidrBlock = 7, "InvalidCidrBlock", "Choose a prefix that does not collide with the VPC's prefixes, vSwitches and routes.";
    DuplicateCidrBlock = 8, "InvalidCIDRBlock.Duplicate", "Modify the entry that already has this destination.";
    RouteConflictAlreadyExist = 9, "RouteConflict.AlreadyExist", "Withdraw the Dynamic entry with this destination first.";
    RouteConflictSystem = 10, "RouteConflict.System", "Announce a destination outside the vSwitches and not equal to 100.64.0.0/10.";
    InvalidPrivateIpAddress = 11, "InvalidPrivateIpAddress", "Choose an address of the vSwitch that is not its first or one of its last three.";
    InvalidPrivateIpAddressDuplicate = 12, "InvalidPrivateIpAddress.Duplicate", "Choose a private address that nothing else has.";
    DirectEni = 13, "InvalidNexthop.DirectEni", "Choose a next hop whose public address is not bound in mode Binded.";
    InvalidInstanceType = 14, "InvalidInstanceType", "An internet load balancer has its own public address; choose another target.";
    AssociationDuplicated = 15, "InvalidAssociation.Duplicated", "Unbind the public address that the target already has.";
    InvalidBindingStatus = 16, "InvalidBindingStatus.RouteTable", "Name the table that is bound to the vSwitch.";
    DuplicateEntry = 17, "DuplicateEntry", "Delete the entry that already has this key.";
    Busy = 18, "Busy", "Try again once every registered reader has been quiescent.";

    NoVpc = 20, "ResourceNotFound.Vpc", "Create the VPC first.";
    NoVSwitch = 21, "ResourceNotFound.VSwitch", "Create the vSwitch first.";
    NoRouteTable = 22, "ResourceNotFound.RouteTable", "Create the route table first.";
    NoRouteEntry = 23, "ResourceNotFound.RouteEntry", "Name a destination that the table holds.";
    NoIpv4Gateway = 24, "ResourceNotFound.Ipv4Gateway", "Create the IPv4 gateway first.";
    NoInstance = 25, "ResourceNotFound.Instance", "Create the instance first.";
    NoNetworkInterface = 26, "ResourceNotFound.NetworkInterface", "Create the network interface first.";
    NoPublicAddress = 27, "ResourceNotFound.PublicAddress", "Allocate the public address first.";
    NoNatGateway = 28, "ResourceNotFound.NatGateway", "Create the NAT gateway first.";
    NoLoadBalancer = 29, "ResourceNotFound.LoadBalancer", "Create the load balancer first.";
    NoGwlb = 30, "ResourceNotFound.Gwlb", "Create the GWLB first.";
    NoAppliance = 31, "ResourceNotFound.Appliance", "Register the appliance first.";
    NoEndpoint = 32, "ResourceNotFound.Endpoint", "Create the endpoint first, or name a member of the group.";
    NoRouteTargetGroup = 33, "ResourceNotFound.RouteTargetGroup", "Create the route target group first.";
    NoSnatEntry = 34, "ResourceNotFound.SnatEntry", "Name a source prefix that the NAT gateway translates.";
    NoForwardEntry = 35, "ResourceNotFound.ForwardEntry", "Name a port that the NAT gateway forwards.";
    NoGatewayRouteTable = 36, "ResourceNotFound.GatewayRouteTable", "Create the gateway route table first.";

    UnsupportedRegion = 40, "UnsupportedRegion", "Turn the region's capability on, if the real region has it.";
    VpcNotExist = 41, "OperationFailed.VpcNotExist", "Create the VPC first.";
    OperateShareResource = 42, "Forbidden.OperateShareResource", "Only the owner of a shared VPC may do this.";
    UnsupportedIpv4Gateway = 43, "UnsupportedFeature.Ipv4Gateway", "This VPC cannot have an IPv4 gateway.";
    VpcExistIpv4Gateway = 44, "OperationDenied.VpcExistIpv4Gateway", "A VPC has one IPv4 gateway; use or delete that one.";
    ExistDirectEip = 45, "OperationDenied.ExistDirectEip", "Unbind the addresses of mode Binded or MultiBinded in the VPC.";
    DirectEipExist = 46, "OperationDenied.DirectEipExist", "Delete the NAT gateways of bind mode MultiBinded in the VPC.";
    NormalNatExist = 47, "OperationDenied.NormalNatExist", "Upgrade the VPC's normal NAT gateway.";
    VpnExist = 48, "OperationDenied.VpnExist", "Move the VPC's VPN gateway away.";
    SubnetRouteV1Exist = 49, "OperationDenied.SubnetRouteV1Exist", "Upgrade the VPC's first-generation subnet routing.";
    Ipv4GatewayExist = 50, "OperationDenied.Ipv4GatewayExist", "Use an address of mode Nat: the VPC has an IPv4 gateway.";
    VpcIpv4GatewayEnabled = 51, "OperationDenied.VpcIpv4GatewayEnabled", "Use bind mode Nat: the VPC has an IPv4 gateway.";
    IncorrectStatusGateway = 52, "IncorrectStatus.Ipv4Gateway", "Commit or abort the begun operation first.";
    AlreadyActive = 53, "OperationFailed.Ipv4GatewayAlreadyActive", "The gateway is enabled already.";
    GatewayNotActive = 54, "OperationDenied.Ipv4GatewayNotActive", "Enable the gateway first.";
    GatewayAlreadyAssociated = 55, "OperationDenied.GatewayAlreadyAssociated", "Dissociate the gateway route table first.";
    AlreadyAssociated = 56, "ResourceAlreadyAssociated.Ipv4Gateway", "Dissociate the bound table first.";
    NoRelation = 57, "OperationFailed.NotExistAssociateRelation", "Name the table that is bound to the gateway.";
    RouteEntryExist = 58, "OperationDenied.RouteEntryExist", "Delete the entries that name the gateway, or delete in public mode.";
    AllZeroConflict = 59, "OperationDenied.ConflictOfAllZeroRouting", "Leave the table out, or delete its 0.0.0.0/0 entry first.";
    GatewayTableMismatch = 60, "Mismatch.Ipv4GatewayIdAndRouteTableId", "Name a table and a gateway of the same VPC.";
    TableTypeIncorrect = 61, "OperationDenied.RouteTableTypeIncorrect", "Name a table of the kind that the operation works on.";
    NotInOneVpc = 62, "OperationDenied.GatewayAndTableNotInOneVpc", "Name a gateway table of the gateway's VPC.";
    TableTypeNotPermitted = 63, "OperationDenied.RouteTableTypeNotPermitted", "Gateway tables take no entries; edit the next hop of theirs instead.";
    NextHopTypeNotPermitted = 64, "OperationDenied.NextHopTypeNotPermitted", "Choose a next hop of a kind that this entry can take.";
    NextHopNotInSameVpc = 65, "OperationDenied.NextHopNotInSameVpc", "Choose a next hop of the table's VPC.";
    UpdateGatewayRouteEntry = 66, "OperationDenied.UpdateGatewayRouteEntry", "Set the entry to local first, then to the new next hop.";
    ModifySystemEntry = 67, "OperationDenied.ModifySystemEntry", "This automatic entry is fixed.";
    ModifyManagedRouteEntry = 68, "OperationDenied.ModifyManagedRouteEntry", "Dynamic entries belong to the routing daemon.";
    DeleteSystemEntry = 69, "OperationDenied.DeleteSystemEntry", "Automatic entries live as long as their vSwitch.";
    DeleteManagedRouteEntry = 70, "OperationDenied.DeleteManagedRouteEntry", "Withdraw the Dynamic entry instead.";
    AssociateGatewayRouteTable = 71, "OperationDenied.AssociateGatewayRouteTable", "A gateway table is bound to a gateway, never to a vSwitch.";
    NotInSameVpc = 72, "Forbidden.NotInSameVpc", "Name a table of the vSwitch's VPC.";
    SystemRouteTable = 73, "OperationUnsupported.SystemRouteTable", "The System table is made and deleted with its VPC.";
    GatewayTableQuota = 74, "QuotaExceeded.GatewayRouteTable", "A VPC has one gateway table; use that one.";
    GatewayTableAssociated = 75, "OperationDenied.GatewayAssociated", "Dissociate the table from its gateway first.";
    StaticPublicIp = 76, "OperationDenied.StaticPublicIp", "A static address lives and dies with its instance.";
    IncorrectEipStatus = 77, "IncorrectEipStatus", "Bind or unbind the public address first.";

    HeldByIpv4Gateway = 90, "DependencyViolation.Ipv4Gateway", "Delete the IPv4 gateway first.";
    HeldByGatewayRouteTable = 91, "DependencyViolation.GatewayRouteTable", "Delete the gateway route table first.";
    HeldByRouteEntry = 92, "DependencyViolation.RouteEntry", "Delete or reset the route entries first.";
    HeldByVSwitch = 93, "DependencyViolation.VSwitch", "Delete or unbind the vSwitches first.";
    HeldByInstance = 94, "DependencyViolation.Instance", "Delete the instances first.";
    HeldByNetworkInterface = 95, "DependencyViolation.NetworkInterface", "Delete the network interfaces first.";
    HeldByNatGateway = 96, "DependencyViolation.NatGateway", "Delete the NAT gateways, or their entries that name it, first.";
    HeldByLoadBalancer = 97, "DependencyViolation.LoadBalancer", "Delete the load balancers first.";
    HeldByEndpoint = 98, "DependencyViolation.Endpoint", "Delete the endpoints first.";
    HeldByRouteTargetGroup = 99, "DependencyViolation.RouteTargetGroup", "Delete the route target groups first.";
    HeldByPublicAddress = 100, "DependencyViolation.PublicAddress", "Unbind the public addresses first.";
    HeldByRouteTable = 101, "DependencyViolation.RouteTable", "Delete the custom route tables first.";
}

impl Error {
    /// The error for an object that does not exist, by kind.
    pub(crate) const fn not_found(kind: Kind) -> Error {
        match kind {
            Kind::Vpc => Error::NoVpc,
            Kind::VSwitch => Error::NoVSwitch,
            Kind::RouteTable => Error::NoRouteTable,
            Kind::Ipv4Gateway => Error::NoIpv4Gateway,
            Kind::Instance => Error::NoInstance,
            Kind::NetworkInterface => Error::NoNetworkInterface,
            Kind::PublicAddress => Error::NoPublicAddress,
            Kind::NatGateway => Error::NoNatGateway,
            Kind::LoadBalancer => Error::NoLoadBalancer,
            Kind::Gwlb => Error::NoGwlb,
            Kind::Appliance => Error::NoAppliance,
            Kind::Endpoint => Error::NoEndpoint,
            Kind::RouteTargetGroup => Error::NoRouteTargetGroup,
            // External next hops need no creation.
            Kind::Peer
            | Kind::TransitRouter
            | Kind::VpnGateway
            | Kind::RouterInterface
            | Kind::Ecr
            | Kind::HaVip => Error::InvalidParameter,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl core::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_are_unique() {
        for (i, a) in Error::ALL.iter().enumerate() {
            for b in Error::ALL.iter().skip(i + 1) {
                assert!(a.number() < b.number(), "{a} {b}");
                assert_ne!(a.name(), b.name());
            }
        }
    }
}
