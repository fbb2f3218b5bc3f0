//! Format version 1. Numbers and fields keep their places for ever: what is new goes to the end, and what
//! the bytes of version 1 mean never changes.

use super::{Reader, Wire, Writer};
use crate::addr::{Addr, GatewayId, VpcId};
use crate::region::rebuild::Step;
use crate::region::{BalancerPlace, Command, GatewayOperation, RegionOptions, VpcFlags};
use crate::store::record::{Position, Record};

/// Enums: the number of each variant, and its fields in their order.
macro_rules! variants {
    ($what:ident, or $otherwise:expr;
        $($number:literal $variant:ident $({ $($field:ident),* })? $(($item:ident))?;)*) => {
        impl Wire for $what {
            fn put(&self, to: &mut Writer<'_>) {
                match self {
                    $($what::$variant $({ $($field),* })? $(($item))? => {
                        to.byte($number);
                        $($($field.put(to);)*)?
                        $($item.put(to);)?
                    })*
                }
            }

            fn take(from: &mut Reader<'_>) -> $what {
                match from.word() {
                    $($number => {
                        $what::$variant $({ $($field: Wire::take(from)),* })? $(({
                            let $item = Wire::take(from);
                            $item
                        }))?
                    })*
                    _ => {
                        from.fail();
                        $otherwise
                    }
                }
            }
        }
    };
}

/// Structs: their fields in their order.
macro_rules! fields {
    ($($what:ident { $($field:ident),* })*) => {$(
        impl Wire for $what {
            fn put(&self, to: &mut Writer<'_>) {
                $(self.$field.put(to);)*
            }

            fn take(from: &mut Reader<'_>) -> $what {
                $what { $($field: Wire::take(from)),* }
            }
        }
    )*};
}

fields! {
    Record { position, command }
    Position { history, sequence }
    RegionOptions { gateway, clb_restricted, gwlb, deliver_local, blackout }
    VpcFlags { normal_nat, vpn, subnet_route_v1, shared_principal, unsupported }
}

variants! { Command, or Command::Commit(GatewayId(0));
    0 Region(options);
    1 CreateVpc { vpc, table, cidr, secondary, user, flags };
    2 DeleteVpc(id);
    3 CreateVSwitch { vswitch, vpc, cidr };
    4 DeleteVSwitch(id);
    5 CreateRouteTable { table, vpc, gateway };
    6 DeleteRouteTable(id);
    7 AssociateRouteTable { table, vswitch };
    8 UnassociateRouteTable { table, vswitch };
    9 CreateRouteEntry { table, prefix, next_hop };
    10 ModifyRouteEntry { table, prefix, next_hop };
    11 DeleteRouteEntry { table, prefix };
    12 AnnounceRoute { table, prefix, next_hop };
    13 WithdrawRoute { table, prefix };
    14 Gateway(operation);
    15 UpdateGatewayEntry { table, prefix, next_hop };
    16 Begin(operation);
    17 Commit(id);
    18 Abort(id);
    19 CreateInstance { instance, vswitch, address, public, forward };
    20 DeleteInstance(id);
    21 CreateNetworkInterface { interface, vswitch, address, forward };
    22 DeleteNetworkInterface(id);
    23 SetForward { interface, forward };
    24 AllocateEip { eip, address, anycast, mode };
    25 ReleaseEip(id);
    26 AssociateEip { eip, target };
    27 UnassociateEip(id);
    28 CreateNatGateway { nat, vswitch, address, multi_binded };
    29 DeleteNatGateway(id);
    30 CreateSnatEntry { nat, prefix, eip };
    31 DeleteSnatEntry { nat, prefix };
    32 CreateForwardEntry { nat, eip, protocol, public_port, address, private_port };
    33 DeleteForwardEntry { nat, eip, protocol, public_port };
    34 CreateLoadBalancer { balancer, place };
    35 DeleteLoadBalancer(id);
    36 CreateGwlb { gwlb, fail_open };
    37 DeleteGwlb(id);
    38 RegisterAppliance { gwlb, appliance };
    39 DeregisterAppliance(id);
    40 SetAppliance { appliance, healthy };
    41 CreateEndpoint { endpoint, vswitch, gwlb };
    42 DeleteEndpoint(id);
    43 CreateRouteTargetGroup { group, active, standby };
    44 DeleteRouteTargetGroup(id);
    45 ReportProbe { group, endpoint, ok };
    46 SwitchActive(id);
}

variants! { GatewayOperation, or GatewayOperation::Update(GatewayId(0));
    0 Create { gateway, vpc };
    1 Enable { gateway, tables };
    2 Update(id);
    3 Delete { gateway, public };
    4 Associate { table, gateway };
    5 Dissociate { table, gateway };
}

variants! { BalancerPlace, or BalancerPlace::Internet { vpc: VpcId(0), address: Addr(0) };
    0 Internal { vswitch, address };
    1 Internet { vpc, address };
}

variants! { Step, or Step::PrivateOnly(VpcId(0));
    0 Command(command);
    1 PrivateOnly(id);
    2 Begun(operation);
}
