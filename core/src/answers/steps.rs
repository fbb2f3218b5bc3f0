//! The steps of a plan: commands, and the lines that say them.

use core::fmt;

use heapless::Vec;

use crate::addr::{Addr, EipId, GatewayId, Id, Prefix, TableId, VSwitchId, VpcId};
use crate::region::{Command, EipMode, GatewayOperation, MAX_ENABLE_TABLES, NextHop};
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
            Step::CreateGateway { gateway, vpc } => {
                say!(f, "create-ipv4-gateway ", gateway, " ", vpc)
            }
            Step::Enable { gateway, tables } => {
                say!(f, "enable-vpc-ipv4-gateway ", gateway)?;
                for table in tables {
                    say!(f, " ", table)?;
                }
                Ok(())
            }
            Step::DeleteGateway { gateway, public } => {
                let mode = Word(if *public { "public" } else { "private" });
                say!(f, "delete-ipv4-gateway ", gateway, " mode=", mode)
            }
            Step::BindGateway { table, gateway } => {
                say!(f, "associate-route-table-with-gateway ", table, " ", gateway)
            }
            Step::UnbindGateway { table, gateway } => {
                say!(f, "dissociate-route-table-from-gateway ", table, " ", gateway)
            }
        }
    }
}
