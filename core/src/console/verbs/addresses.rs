//! Instances, network interfaces, public addresses, NAT gateways and load balancers.

use super::{Row, balancer, eip, nat, vpc, vswitch};
use crate::addr::{InstanceId, Kind, NetworkInterfaceId};
use crate::console::parse::{Line, Words};
use crate::region::{BalancerPlace, Command, EipMode, Error, ForwardProtocol, Port};

pub(super) const COMMANDS: &[Row] = &[
    Row {
        verb: "create-instance",
        words: 3..=3,
        options: &["public", "forward"],
        read: read_create_instance,
    },
    Row {
        verb: "delete-instance",
        words: 1..=1,
        options: &[],
        read: |w| Line::Command(Command::DeleteInstance(InstanceId(w.id(Kind::Instance)))),
    },
    Row {
        verb: "create-network-interface",
        words: 3..=3,
        options: &["forward"],
        read: |w| {
            let interface = NetworkInterfaceId(w.id(Kind::NetworkInterface));
            let (vswitch, address) = (vswitch(w), w.addr());
            let mut forward = false;
            while w.option().is_some() {
                forward = w.on_off();
            }
            Line::Command(Command::CreateNetworkInterface { interface, vswitch, address, forward })
        },
    },
    Row {
        verb: "delete-network-interface",
        words: 1..=1,
        options: &[],
        read: |w| {
            Line::Command(Command::DeleteNetworkInterface(NetworkInterfaceId(
                w.id(Kind::NetworkInterface),
            )))
        },
    },
    Row {
        verb: "set-forward",
        words: 2..=2,
        options: &[],
        read: |w| {
            Line::Command(Command::SetForward { interface: interface(w), forward: w.on_off() })
        },
    },
    Row { verb: "allocate-eip", words: 2..=2, options: &["kind", "mode"], read: read_allocate_eip },
    Row {
        verb: "release-eip",
        words: 1..=1,
        options: &[],
        read: |w| Line::Command(Command::ReleaseEip(eip(w))),
    },
    Row {
        verb: "associate-eip",
        words: 2..=2,
        options: &[],
        read: |w| {
            let eip = eip(w);
            let target = w.id_of(&[
                Kind::Instance,
                Kind::NetworkInterface,
                Kind::NatGateway,
                Kind::LoadBalancer,
            ]);
            Line::Command(Command::AssociateEip { eip, target })
        },
    },
    Row {
        verb: "unassociate-eip",
        words: 1..=1,
        options: &[],
        read: |w| Line::Command(Command::UnassociateEip(eip(w))),
    },
    Row {
        verb: "create-nat-gateway",
        words: 3..=3,
        options: &["mode"],
        read: |w| {
            let (nat, vswitch, address) = (nat(w), vswitch(w), w.addr());
            let mut multi_binded = false;
            while w.option().is_some() {
                multi_binded = w.either("nat", "multi-binded");
            }
            Line::Command(Command::CreateNatGateway { nat, vswitch, address, multi_binded })
        },
    },
    Row {
        verb: "delete-nat-gateway",
        words: 1..=1,
        options: &[],
        read: |w| Line::Command(Command::DeleteNatGateway(nat(w))),
    },
    Row {
        verb: "create-snat-entry",
        words: 3..=3,
        options: &[],
        read: |w| {
            Line::Command(Command::CreateSnatEntry { nat: nat(w), prefix: w.prefix(), eip: eip(w) })
        },
    },
    Row {
        verb: "delete-snat-entry",
        words: 2..=2,
        options: &[],
        read: |w| Line::Command(Command::DeleteSnatEntry { nat: nat(w), prefix: w.prefix() }),
    },
    Row {
        verb: "create-forward-entry",
        words: 6..=6,
        options: &[],
        read: |w| {
            let (nat, eip, protocol) = (nat(w), eip(w), forward_protocol(w));
            let (public_port, address, private_port) = (w.port(), w.addr(), w.port());
            check_port(w, protocol, public_port);
            check_port(w, protocol, private_port);
            Line::Command(Command::CreateForwardEntry {
                nat,
                eip,
                protocol,
                public_port,
                address,
                private_port,
            })
        },
    },
    Row {
        verb: "delete-forward-entry",
        words: 4..=4,
        options: &[],
        read: |w| {
            let (nat, eip, protocol) = (nat(w), eip(w), forward_protocol(w));
            let public_port = w.port();
            check_port(w, protocol, public_port);
            Line::Command(Command::DeleteForwardEntry { nat, eip, protocol, public_port })
        },
    },
    Row {
        verb: "create-load-balancer",
        words: 4..=4,
        options: &[],
        read: |w| {
            let balancer = balancer(w);
            let place = if w.either("internet", "internal") {
                BalancerPlace::Internal { vswitch: vswitch(w), address: w.addr() }
            } else {
                BalancerPlace::Internet { vpc: vpc(w), address: w.addr() }
            };
            Line::Command(Command::CreateLoadBalancer { balancer, place })
        },
    },
    Row {
        verb: "delete-load-balancer",
        words: 1..=1,
        options: &[],
        read: |w| Line::Command(Command::DeleteLoadBalancer(balancer(w))),
    },
];

fn forward_protocol(w: &mut Words<'_>) -> ForwardProtocol {
    let others = [("udp", ForwardProtocol::Udp), ("any", ForwardProtocol::Any)];
    w.choice(("tcp", ForwardProtocol::Tcp), &others)
}

/// `any` takes port 0 only, the others any but 0.
fn check_port(w: &mut Words<'_>, protocol: ForwardProtocol, port: u16) {
    if (protocol == ForwardProtocol::Any) != (port == 0) {
        w.fail(Error::InvalidParameter);
    }
}

fn read_create_instance(w: &mut Words<'_>) -> Line {
    let instance = InstanceId(w.id(Kind::Instance));
    let (vswitch, address) = (vswitch(w), w.addr());
    let (mut public, mut forward) = (None, false);
    while let Some(option) = w.option() {
        match option {
            "public" => {
                let (id, address) = w.halves();
                public = Some((eip(w.reading(id)), w.reading(address).addr()));
            }
            _ => forward = w.on_off(),
        }
    }
    Line::Command(Command::CreateInstance { instance, vswitch, address, public, forward })
}

fn read_allocate_eip(w: &mut Words<'_>) -> Line {
    let (eip, address) = (eip(w), w.addr());
    let (mut anycast, mut mode) = (false, EipMode::Nat);
    while let Some(option) = w.option() {
        match option {
            "kind" => anycast = w.either("eip", "anycast"),
            _ => {
                let others = [("binded", EipMode::Binded), ("multi-binded", EipMode::MultiBinded)];
                mode = w.choice(("nat", EipMode::Nat), &others);
            }
        }
    }
    Line::Command(Command::AllocateEip { eip, address, anycast, mode })
}

fn interface(w: &mut Words<'_>) -> Port {
    let id = w.id_of(&[Kind::Instance, Kind::NetworkInterface]);
    // Another kind has left its fault.
    Port::from_id(id).unwrap_or(Port::Instance(InstanceId(id.number)))
}
