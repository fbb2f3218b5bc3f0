//! What of a command is written down, so that replaying it gives the same configuration.

use super::inspection::GroupRecord;
use super::plan::Edit;
use super::{Command, Error, GatewayOperation, Region};

/// What a journal holds of a command that has been judged.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "made one at a time, on the stack: no allocation")]
pub(crate) enum Written {
    /// Nothing: the configuration stays as it is.
    Nothing,
    /// The command.
    Itself,
    /// Another command, which alone changes the configuration in the same way.
    As(Command),
}

impl Region<'_> {
    /// Judges a command as [`Region::apply`] would and says what is to be written down before it is
    /// applied. `Err` is its refusal, with nothing to write. Nothing changes, and a command that
    /// was not refused as `Busy` here is not when it is applied next.
    pub(crate) fn written(&mut self, command: &Command) -> Result<Written, Error> {
        let written = self.judge(command)?;
        self.settle()?;
        Ok(written)
    }

    #[inline(never)]
    fn judge(&self, command: &Command) -> Result<Written, Error> {
        Ok(match command {
            Command::Commit(gateway) => {
                self.begun(*gateway)?;
                match self.try_commit(*gateway) {
                    Ok(_) => Written::Itself,
                    // The refusal aborts.
                    Err(_) => Written::As(Command::Abort(*gateway)),
                }
            }
            Command::ReportProbe { group, .. } => {
                let before = self.groups.get(group.0.into());
                let plan = self.prepare(command)?;
                let switches = plan.edits().iter().any(|edit| match edit {
                    Edit::PutGroup(after) => before.is_some_and(|before| switched(&before, after)),
                    _ => false,
                });
                match switches {
                    // The runs of probes are not written, so the roles alone are.
                    true => Written::As(Command::SwitchActive(*group)),
                    false => Written::Nothing,
                }
            }
            _ if self.prepare(command)?.is_empty() => Written::Nothing,
            _ => Written::Itself,
        })
    }

    /// Whether a gateway's record can have this operation begun: what its begin has asked of the
    /// gateway alone, as all else may have changed since.
    pub(super) fn can_have_begun(&self, operation: &GatewayOperation) -> Result<(), Error> {
        let gateway = self.gateway(operation.gateway())?;
        super::routes::settled(&gateway)?;
        let fits = match *operation {
            GatewayOperation::Create { vpc, .. } => {
                let named = self.is_next_hop(vpc, gateway.id.id());
                gateway.vpc == vpc && !gateway.enabled && !named
            }
            GatewayOperation::Enable { ref tables, .. } => {
                let mut named = tables.iter().enumerate();
                let twice = named.any(|(n, table)| tables.iter().take(n).any(|t| t == table));
                !gateway.enabled && !twice
            }
            GatewayOperation::Update(_) => true,
            GatewayOperation::Delete { .. } => gateway.table.is_none(),
            GatewayOperation::Associate { .. } => gateway.enabled && gateway.table.is_none(),
            GatewayOperation::Dissociate { table, .. } => gateway.table == Some(table),
        };
        if fits { Ok(()) } else { Err(Error::IncorrectStatusGateway) }
    }
}

fn switched(before: &GroupRecord, after: &GroupRecord) -> bool {
    before.active != after.active
}
