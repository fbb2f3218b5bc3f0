//! Instances, network interfaces, public addresses, NAT gateways and load balancers.

use super::{Row, balancer, eip, nat, vpc, vswitch};
use crate::addr::{EipId, InstanceId, Kind, NetworkInterfaceId};
use crate::console::parse::Words;
use crate::region::{BalancerPlace, Command, EipMode, Error, ForwardProtocol, Port};

pub(super) const COMMANDS: &[Row<Command>] = &[
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
        read: |w| Ok(Command::DeleteInstance(w.id(Kind::Instance, InstanceId)?)),
    },
    Row {
        verb: "create-network-interface",
        words: 3..=3,
        options: &["forward"],
        read: |w| {
            let interface = w.id(Kind::NetworkInterface, NetworkInterfaceId)?;
            let (vswitch, address) = (vswitch(w)?, w.addr()?);
            let mut forward = false;
            while let Some(option) = w.option()? {
                forward = option.on_off()?;
            }
            Ok(Command::CreateNetworkInterface { interface, vswitch, address, forward })
        },
    },
    Row {
        verb: "delete-network-interface",
        words: 1..=1,
        options: &[],
        read: |w| {
            Ok(Command::DeleteNetworkInterface(w.id(Kind::NetworkInterface, NetworkInterfaceId)?))
        },
    },
    Row {
        verb: "set-forward",
        words: 2..=2,
        options: &[],
        read: |w| Ok(Command::SetForward { interface: interface(w)?, forward: w.on_off()? }),
    },
    Row { verb: "allocate-eip", words: 2..=2, options: &["kind", "mode"], read: read_allocate_eip },
    Row {
        verb: "release-eip",
        words: 1..=1,
        options: &[],
        read: |w| Ok(Command::ReleaseEip(eip(w)?)),
    },
    Row {
        verb: "associate-eip",
        words: 2..=2,
        options: &[],
        read: |w| {
            let eip = eip(w)?;
            let target = w.id_of(&[
                Kind::Instance,
                Kind::NetworkInterface,
                Kind::NatGateway,
                Kind::LoadBalancer,
            ])?;
            Ok(Command::AssociateEip { eip, target })
        },
    },
    Row {
        verb: "unassociate-eip",
        words: 1..=1,
        options: &[],
        read: |w| Ok(Command::UnassociateEip(eip(w)?)),
    },
    Row {
        verb: "create-nat-gateway",
        words: 3..=3,
        options: &["mode"],
        read: |w| {
            let (nat, vswitch, address) = (nat(w)?, vswitch(w)?, w.addr()?);
            let mut multi_binded = false;
            while let Some(option) = w.option()? {
                multi_binded = option.choice(&[("nat", false), ("multi-binded", true)])?;
            }
            Ok(Command::CreateNatGateway { nat, vswitch, address, multi_binded })
        },
    },
    Row {
        verb: "delete-nat-gateway",
        words: 1..=1,
        options: &[],
        read: |w| Ok(Command::DeleteNatGateway(nat(w)?)),
    },
    Row {
        verb: "create-snat-entry",
        words: 3..=3,
        options: &[],
        read: |w| Ok(Command::CreateSnatEntry { nat: nat(w)?, prefix: w.prefix()?, eip: eip(w)? }),
    },
    Row {
        verb: "delete-snat-entry",
        words: 2..=2,
        options: &[],
        read: |w| Ok(Command::DeleteSnatEntry { nat: nat(w)?, prefix: w.prefix()? }),
    },
    Row {
        verb: "create-forward-entry",
        words: 6..=6,
        options: &[],
        read: |w| {
            let (nat, eip, protocol) = (nat(w)?, eip(w)?, w.choice(FORWARD_PROTOCOLS)?);
            let (public_port, address, private_port) = (w.port()?, w.addr()?, w.port()?);
            forward_port(protocol, public_port)?;
            forward_port(protocol, private_port)?;
            Ok(Command::CreateForwardEntry {
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
            let (nat, eip, protocol) = (nat(w)?, eip(w)?, w.choice(FORWARD_PROTOCOLS)?);
            let public_port = w.port()?;
            forward_port(protocol, public_port)?;
            Ok(Command::DeleteForwardEntry { nat, eip, protocol, public_port })
        },
    },
    Row {
        verb: "create-load-balancer",
        words: 4..=4,
        options: &[],
        read: |w| {
            let balancer = balancer(w)?;
            let place = if w.choice(&[("internal", true), ("internet", false)])? {
                BalancerPlace::Internal { vswitch: vswitch(w)?, address: w.addr()? }
            } else {
                BalancerPlace::Internet { vpc: vpc(w)?, address: w.addr()? }
            };
            Ok(Command::CreateLoadBalancer { balancer, place })
        },
    },
    Row {
        verb: "delete-load-balancer",
        words: 1..=1,
        options: &[],
        read: |w| Ok(Command::DeleteLoadBalancer(balancer(w)?)),
    },
];

const FORWARD_PROTOCOLS: &[(&str, ForwardProtocol)] =
    &[("tcp", ForwardProtocol::Tcp), ("udp", ForwardProtocol::Udp), ("any", ForwardProtocol::Any)];

/// `any` takes port 0 only, the others any but 0.
fn forward_port(protocol: ForwardProtocol, port: u16) -> Result<(), Error> {
    if (protocol == ForwardProtocol::Any) == (port == 0) {
        Ok(())
    } else {
        Err(Error::InvalidParameter)
    }
}

fn read_create_instance(w: &mut Words<'_>) -> Result<Command, Error> {
    let instance = w.id(Kind::Instance, InstanceId)?;
    let (vswitch, address) = (vswitch(w)?, w.addr()?);
    let (mut public, mut forward) = (None, false);
    while let Some(option) = w.option()? {
        match option.key {
            "public" => {
                let (eip, address) = option.pair()?;
                public = Some((eip.id(Kind::PublicAddress, EipId)?, address.addr()?));
            }
            _ => forward = option.on_off()?,
        }
    }
    Ok(Command::CreateInstance { instance, vswitch, address, public, forward })
}

fn read_allocate_eip(w: &mut Words<'_>) -> Result<Command, Error> {
    let (eip, address) = (eip(w)?, w.addr()?);
    let (mut anycast, mut mode) = (false, EipMode::Nat);
    while let Some(option) = w.option()? {
        match option.key {
            "kind" => anycast = option.choice(&[("eip", false), ("anycast", true)])?,
            _ => {
                mode = option.choice(&[
                    ("nat", EipMode::Nat),
                    ("binded", EipMode::Binded),
                    ("multi-binded", EipMode::MultiBinded),
                ])?;
            }
        }
    }
    Ok(Command::AllocateEip { eip, address, anycast, mode })
}

fn interface(w: &mut Words<'_>) -> Result<Port, Error> {
    let id = w.id_of(&[Kind::Instance, Kind::NetworkInterface])?;
    Port::from_id(id).ok_or(Error::InvalidParameter)
}
