//! A region and its twin, which must agree after every command.

use core::sync::atomic::{AtomicU32, Ordering};

use sekisho::addr::{Id, Kind, TableId};
use sekisho::limits::Profile;
use sekisho::model::Twin;
use sekisho::region::{Command, Error, Region};

use crate::{choices, world};

pub(crate) struct Pair<'m> {
    memory: &'m [AtomicU32],
    profile: Profile,
    pub(crate) region: Region<'m>,
    pub(crate) twin: Twin,
    /// Commands so far.
    steps: usize,
    /// The newest configurations with their hashes.
    past: Vec<(u64, Twin)>,
}

/// How many configurations are remembered.
const PAST: usize = 8;
/// Every so many commands all memory is compared.
const WORDS_EVERY: usize = 4;

impl<'m> Pair<'m> {
    pub(crate) fn new(memory: &'m [AtomicU32], profile: Profile) -> Pair<'m> {
        let region = Region::init(memory, &profile).expect("memory of the footprint");
        let past = vec![(region.hash(), Twin::new())];
        Pair { memory, profile, region, twin: Twin::new(), steps: 0, past }
    }

    /// Makes something to start from: with 0 nothing, then the network, then the gateway too. What
    /// does not fit is left out.
    pub(crate) fn prepare(&mut self, stage: usize) {
        for lines in [world::NETWORK, world::GATEWAY].into_iter().take(stage) {
            for command in world::commands(lines) {
                let (expected, after) = self.expected(&command);
                assert_eq!(self.region.apply(&command), expected, "{command:?}");
                self.twin = after;
            }
        }
        self.past = vec![(self.region.hash(), configuration(&self.twin))];
    }

    /// What a command must answer, and the twin after it.
    ///
    /// The twin has no capacities, so they are asked of what it would become: a command is refused
    /// for them exactly when the result would not fit, and only when nothing else is wrong.
    pub(crate) fn expected(&self, command: &Command) -> (Result<(), Error>, Twin) {
        let mut after = self.twin.clone();
        let answer = after.apply(command);
        let full = match command {
            _ if answer.is_err() => false,
            Command::Begin(operation) => {
                // Begin makes all checks of the plain operation.
                let mut done = self.twin.clone();
                assert_eq!(done.apply(&Command::Gateway(operation.clone())), Ok(()));
                !fits(&done, &self.profile)
            }
            _ => !fits(&after, &self.profile),
        };
        if !full {
            return (answer, after);
        }
        let mut after = self.twin.clone();
        if let Command::Commit(gateway) = command {
            // The refused commit has aborted.
            after.apply(&Command::Abort(*gateway)).expect("something had begun");
        }
        (Err(Error::CapacityExceeded), after)
    }

    /// Tries a command, carries it out, and checks answers, hash and memory.
    pub(crate) fn apply(&mut self, command: &Command) -> Result<(), Error> {
        let hash = self.region.hash();
        let words = self.steps.is_multiple_of(WORDS_EVERY).then(|| self.words());
        let (expected, after) = self.expected(command);
        let same = |pair: &Pair<'_>| words.as_ref().is_none_or(|words| *words == pair.words());

        let tried = self.region.dry_run(command).map(|plan| plan.is_empty());
        assert_eq!(self.region.hash(), hash, "trying {command:?} changed something");
        assert!(same(self), "trying {command:?} changed a word");
        let answer = self.region.apply(command);
        assert_eq!(answer, expected, "{command:?}");
        assert_eq!(tried.map(|_| ()), answer, "{command:?} tried, then done");
        let commits = matches!(command, Command::Commit(_));
        if !commits && (answer.is_err() || tried == Ok(true)) {
            assert!(same(self), "{command:?} was {answer:?} and changed a word");
        }
        self.settle(after, command);
        answer
    }

    /// Takes the twin after a command. Now and in the last states equal configurations have equal
    /// hashes, and different ones different.
    pub(crate) fn settle(&mut self, after: Twin, command: &Command) {
        let (hash, configuration) = (self.region.hash(), configuration(&after));
        for (ago, (past, other)) in self.past.iter().enumerate() {
            let equal = configuration == *other;
            assert_eq!(hash == *past, equal, "the hash after {command:?} and {ago} before");
        }
        self.past.insert(0, (hash, configuration));
        self.past.truncate(PAST);
        self.twin = after;
        self.steps += 1;
    }

    fn words(&self) -> Vec<u32> {
        self.memory.iter().map(|word| word.load(Ordering::Relaxed)).collect()
    }

    /// Every entry of every table, its lookups, and what there is.
    pub(crate) fn compare(&self) {
        for id in self.twin.ids(Kind::RouteTable) {
            let table = TableId(id.number);
            let real: Vec<_> = self.region.routes(table).collect();
            assert_eq!(Some(&real), self.twin.routes(table).as_ref(), "{table}");
            for addr in choices::addresses() {
                let holding = real.iter().filter(|entry| entry.prefix.contains(addr));
                let longest = holding.max_by_key(|entry| entry.prefix.len()).copied();
                assert_eq!(self.region.lookup(table, addr), longest, "{table} {addr}");
            }
        }
        crate::objects::compare(&self.region, &self.twin);
    }

    /// The region by another handle.
    pub(crate) fn attach_again(&self) {
        let again = Region::attach(self.memory).expect("an initialised region");
        assert_eq!(again.hash(), self.region.hash(), "attached again");
        assert_eq!(*again.profile(), self.profile);
    }
}

/// What the hash is of: lists of CIDRs are sets.
fn configuration(twin: &Twin) -> Twin {
    let mut twin = twin.configuration();
    for vpc in twin.vpcs.values_mut() {
        vpc.cidrs[1..].sort();
        vpc.user.sort();
        vpc.user.dedup();
    }
    twin
}

/// Whether everything is within its capacity.
fn fits(twin: &Twin, profile: &Profile) -> bool {
    let count = |kind: Kind| twin.ids(kind).len();
    let sets = |made: &mut dyn Iterator<Item = bool>| made.filter(|is_set| *is_set).count();
    let mut ecmp = 0;
    for table in twin.tables.values() {
        let made = table.entries.iter().filter_map(|entry| entry.next_hop);
        if made.clone().count() > profile.entries_per_table.into()
            || table.dynamic.len() > profile.dynamic_per_table.into()
        {
            return false;
        }
        ecmp += sets(&mut made.chain(table.dynamic.values().copied()).map(|hop| hop.is_ecmp()));
    }
    let vpcs = twin.vpcs.iter().all(|(id, vpc)| {
        let mut user = vpc.user.clone();
        user.sort();
        user.dedup();
        let vswitches = twin.vswitches.values().filter(|vswitch| vswitch.vpc == *id).count();
        let tables = twin.tables.values().filter(|table| table.vpc == *id).count();
        vpc.cidrs.len() - 1 + user.len() <= profile.cidrs_per_vpc.into()
            && vswitches <= profile.vswitches_per_vpc.into()
            && tables <= profile.tables_per_vpc.into()
    });
    let counted = [
        (twin.vpcs.len(), profile.vpcs),
        (ecmp, profile.ecmp_sets),
        (count(Kind::Instance) + count(Kind::NetworkInterface), profile.interfaces),
        (count(Kind::NatGateway), profile.nat_gateways),
        (count(Kind::LoadBalancer), profile.load_balancers),
        (twin.eips.len(), profile.public_addresses),
        (twin.snat.len(), profile.snat_entries),
        (twin.forward.len(), profile.forward_entries),
        (twin.gwlbs.len(), profile.gwlbs),
        (twin.appliances.len(), profile.appliances),
        (twin.endpoints.len(), profile.endpoints),
        (twin.groups.len(), profile.route_target_groups),
    ];
    vpcs && counted.into_iter().all(|(used, max)| used <= max.into())
}

/// The senders that exist, and one that does not.
pub(crate) fn senders(twin: &Twin) -> Vec<Id> {
    let kinds = [Kind::Instance, Kind::NetworkInterface, Kind::LoadBalancer];
    let mut all: Vec<Id> = kinds.into_iter().flat_map(|kind| twin.ids(kind)).collect();
    all.push(Id { kind: Kind::Instance, number: u16::MAX });
    all
}
