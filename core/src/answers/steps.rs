//! The steps of a plan: commands, and the lines that say them.

use core::fmt;

use heapless::Vec;

use crate::addr::{
    Addr, Decimal, EipId, GatewayId, Id, NatGatewayId, Prefix, TableId, VSwitchId, VpcId,
};
use crate::console::print::forward_protocol;
use crate::console::write_operation;
use crate::region::{
    Command, EipMode, ForwardProtocol, GatewayOperation, MAX_ENABLE_TABLES, NextHop,
};
use crate::text::Word;

/// A command of a plan. It is written as the console reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names of the commands' parts")]
pub enum Step {
    Unbind { eip: EipId },
    Release { eip: EipId },
    Allocate { eip: EipId, address: Addr, anycast: bool, mode: EipMode },
    Bind { eip: EipId, target: Id },
    CreateTable { table: TableId, vpc: VpcId, gateway: bool },
    DeleteTable { table: TableId },
    BindTable { table: TableId, vswitch: VSwitchId },
    UnbindTable { table: TableId, vswitch: VSwitchId },
    Route { table: TableId, prefix: Prefix, next_hop: NextHop },
    Override { table: TableId, prefix: Prefix, next_hop: NextHop },
    DeleteRoute { table: TableId, prefix: Prefix },
    Withdraw { table: TableId, prefix: Prefix },
    Announce { table: TableId, prefix: Prefix, next_hop: NextHop },
    CreateGateway { gateway: GatewayId, vpc: VpcId },
    Enable { gateway: GatewayId, tables: Vec<TableId, MAX_ENABLE_TABLES> },
    DeleteGateway { gateway: GatewayId, public: bool },
    BindGateway { table: TableId, gateway: GatewayId },
    UnbindGateway { table: TableId, gateway: GatewayId },
    Abort { gateway: GatewayId },
    Begin { operation: GatewayOperation },
    CreateNat { nat: NatGatewayId, vswitch: VSwitchId, address: Addr, multi_binded: bool },
    DeleteNat { nat: NatGatewayId },
    Translate { nat: NatGatewayId, prefix: Prefix, eip: EipId },
    DeleteTranslation { nat: NatGatewayId, prefix: Prefix },
    Forward { from: PublicPort, address: Addr, port: u16 },
    DeleteForward { from: PublicPort },
}

/// What a DNAT entry is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names of the commands' parts")]
pub struct PublicPort {
    pub nat: NatGatewayId,
    pub eip: EipId,
    pub protocol: ForwardProtocol,
    pub port: u16,
}

impl Step {
    /// The command.
    pub fn command(&self) -> Command {
        match *self {
            Step::Unbind { eip } => Command::UnassociateEip(eip),
            Step::Release { eip } => Command::ReleaseEip(eip),
            Step::Allocate { eip, address, anycast, mode } => {
                Command::AllocateEip { eip, address, anycast, mode }
            }
            Step::Bind { eip, target } => Command::AssociateEip { eip, target },
            Step::CreateTable { table, vpc, gateway } => {
                Command::CreateRouteTable { table, vpc, gateway }
            }
            Step::DeleteTable { table } => Command::DeleteRouteTable(table),
            Step::BindTable { table, vswitch } => Command::AssociateRouteTable { table, vswitch },
            Step::UnbindTable { table, vswitch } => {
                Command::UnassociateRouteTable { table, vswitch }
            }
            Step::Route { table, prefix, next_hop } => {
                Command::CreateRouteEntry { table, prefix, next_hop }
            }
            Step::Override { table, prefix, next_hop } => {
                Command::ModifyRouteEntry { table, prefix, next_hop: Some(next_hop) }
            }
            Step::DeleteRoute { table, prefix } => Command::DeleteRouteEntry { table, prefix },
            Step::Withdraw { table, prefix } => Command::WithdrawRoute { table, prefix },
            Step::Announce { table, prefix, next_hop } => {
                Command::AnnounceRoute { table, prefix, next_hop }
            }
            Step::CreateGateway { gateway, vpc } => {
                Command::Gateway(GatewayOperation::Create { gateway, vpc })
            }
            Step::Enable { gateway, ref tables } => {
                Command::Gateway(GatewayOperation::Enable { gateway, tables: tables.clone() })
            }
            Step::DeleteGateway { gateway, public } => {
                Command::Gateway(GatewayOperation::Delete { gateway, public })
            }
            Step::BindGateway { table, gateway } => {
                Command::Gateway(GatewayOperation::Associate { table, gateway })
            }
            Step::UnbindGateway { table, gateway } => {
                Command::Gateway(GatewayOperation::Dissociate { table, gateway })
            }
            Step::Abort { gateway } => Command::Abort(gateway),
            Step::Begin { ref operation } => Command::Begin(operation.clone()),
            Step::CreateNat { nat, vswitch, address, multi_binded } => {
                Command::CreateNatGateway { nat, vswitch, address, multi_binded }
            }
            Step::DeleteNat { nat } => Command::DeleteNatGateway(nat),
            Step::Translate { nat, prefix, eip } => Command::CreateSnatEntry { nat, prefix, eip },
            Step::DeleteTranslation { nat, prefix } => Command::DeleteSnatEntry { nat, prefix },
            Step::Forward { from: PublicPort { nat, eip, protocol, port }, address, port: to } => {
                let (public_port, private_port) = (port, to);
                Command::CreateForwardEntry {
                    nat,
                    eip,
                    protocol,
                    public_port,
                    address,
                    private_port,
                }
            }
            Step::DeleteForward { from: PublicPort { nat, eip, protocol, port } } => {
                Command::DeleteForwardEntry { nat, eip, protocol, public_port: port }
            }
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Unbind { eip } => say!(f, "unassociate-eip ", eip),
            Step::Release { eip } => say!(f, "release-eip ", eip),
            Step::Allocate { eip, address, anycast, mode } => {
                say!(f, "allocate-eip ", eip, " ", address)?;
                if *anycast {
                    f.write_str(" kind=anycast")?;
                }
                f.write_str(match mode {
                    EipMode::Nat => "",
                    EipMode::Binded => " mode=binded",
                    EipMode::MultiBinded => " mode=multi-binded",
                })
            }
            Step::Bind { eip, target } => say!(f, "associate-eip ", eip, " ", target),
            Step::CreateTable { table, vpc, gateway } => {
                let kind = Word(if *gateway { " type=gateway" } else { "" });
                say!(f, "create-route-table ", table, " ", vpc, kind)
            }
            Step::DeleteTable { table } => say!(f, "delete-route-table ", table),
            Step::BindTable { table, vswitch } => {
                say!(f, "associate-route-table ", table, " ", vswitch)
            }
            Step::UnbindTable { table, vswitch } => {
                say!(f, "unassociate-route-table ", table, " ", vswitch)
            }
            Step::Route { table, prefix, next_hop } => {
                say!(f, "create-route-entry ", table, " ", prefix, " ", next_hop)
            }
            Step::Override { table, prefix, next_hop } => {
                say!(f, "modify-route-entry ", table, " ", prefix, " ", next_hop)
            }
            Step::DeleteRoute { table, prefix } => {
                say!(f, "delete-route-entry ", table, " ", prefix)
            }
            Step::Withdraw { table, prefix } => say!(f, "withdraw-route ", table, " ", prefix),
            Step::Announce { table, prefix, next_hop } => {
                say!(f, "announce-route ", table, " ", prefix, " ", next_hop)
            }
            Step::Abort { gateway } => say!(f, "abort ", gateway),
            Step::Begin { operation } => {
                f.write_str("begin ")?;
                write_operation(operation, f)
            }
            Step::CreateGateway { .. }
            | Step::Enable { .. }
            | Step::DeleteGateway { .. }
            | Step::BindGateway { .. }
            | Step::UnbindGateway { .. } => match &self.command() {
                Command::Gateway(operation) => write_operation(operation, f),
                _ => Err(fmt::Error),
            },
            Step::CreateNat { nat, vswitch, address, multi_binded } => {
                let mode = Word(if *multi_binded { " mode=multi-binded" } else { "" });
                say!(f, "create-nat-gateway ", nat, " ", vswitch, " ", address, mode)
            }
            Step::DeleteNat { nat } => say!(f, "delete-nat-gateway ", nat),
            Step::Translate { nat, prefix, eip } => {
                say!(f, "create-snat-entry ", nat, " ", prefix, " ", eip)
            }
            Step::DeleteTranslation { nat, prefix } => {
                say!(f, "delete-snat-entry ", nat, " ", prefix)
            }
            Step::Forward { from, address, port } => {
                say!(f, "create-forward-entry ", from, " ", address, " ", Decimal((*port).into()))
            }
            Step::DeleteForward { from } => say!(f, "delete-forward-entry ", from),
        }
    }
}

impl fmt::Display for PublicPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = forward_protocol(self.protocol);
        say!(f, self.nat, " ", self.eip, " ", protocol, " ", Decimal(self.port.into()))
    }
}
