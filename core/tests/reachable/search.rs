//! The search: states are the region's words, told apart by the configuration's hash and, as that
//! leaves them out, the groups' probe runs.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use sekisho::addr::Addr;
use sekisho::console::{Line, parse};
use sekisho::limits::Profile;
use sekisho::model::{Health, Twin};
use sekisho::region::{Command, Error, Region};
use sekisho::resolve::{Action, Verdict};

use crate::gateway::Coverage;
use crate::invariants;
use crate::probes::probes;
use crate::survival;

/// Where a universe ends, in states: nowhere, unless the build is slow.
pub(crate) const STATES: usize = if cfg!(debug_assertions) { 2000 } else { usize::MAX };

/// Room for every universe, and little more: states are copied whole.
pub(crate) const PROFILE: Profile = Profile {
    cidrs_per_vpc: 2,
    vswitches_per_vpc: 3,
    entries_per_table: 6,
    dynamic_per_table: 4,
    ecmp_sets: 8,
    interfaces: 4,
    public_addresses: 4,
    snat_entries: 2,
    forward_entries: 3,
    load_balancers: 2,
    gwlbs: 2,
    ..Profile::FIRMWARE
};

/// A region to start from, and what can be done to it.
pub(crate) struct Universe {
    pub(crate) name: &'static str,
    pub(crate) profile: Profile,
    /// Lines that make the first state.
    pub(crate) base: Vec<String>,
    /// Lines that are tried in every state.
    pub(crate) alphabet: Vec<String>,
    /// Destinations beside those that every universe has.
    pub(crate) destinations: &'static [Addr],
    /// Source and destination ports of the probes.
    pub(crate) ports: &'static [(u16, u16)],
    /// Whether every transition is made, however slow the build.
    pub(crate) whole: bool,
}

/// What was found.
#[derive(Default)]
pub(crate) struct Found {
    name: &'static str,
    pub(crate) states: usize,
    pub(crate) ended: bool,
    pub(crate) depth: usize,
    pub(crate) accepted: usize,
    pub(crate) refused: usize,
    /// Accepted commands that led to a state known before.
    pub(crate) known: usize,
    /// Creations that were taken back.
    pub(crate) undone: usize,
    /// Known states that were judged again, reached another way.
    pub(crate) rejudged: usize,
    /// The most hops that a packet passed, dropped in the end or not.
    pub(crate) longest: [usize; 2],
    /// Verdicts MODE_SWITCH.
    pub(crate) switched: usize,
    pub(crate) verdicts: usize,
    /// Verdicts compared with those of another region: without the gateway or its begun operation.
    pub(crate) compared: usize,
    pub(crate) lookups: usize,
    /// States that were saved and loaded: the same in all; and but for what probes had told.
    pub(crate) survived: usize,
    pub(crate) reset: usize,
    /// Commands that a loaded state answered as the saved one.
    pub(crate) led: usize,
    time: Duration,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Found { name, states, depth, accepted, refused, known, .. } = self;
        let end = if self.ended { "" } else { " (bounded)" };
        writeln!(f, "{name}: {states} states{end}, depth {depth}, {:.1?}", self.time)?;
        writeln!(
            f,
            "  {} transitions: {accepted} accepted ({known} to a known state), {refused} refused",
            accepted + refused
        )?;
        writeln!(
            f,
            "  {} states saved and loaded, {} answers of theirs compared; {} but for probes",
            self.survived, self.led, self.reset
        )?;
        write!(
            f,
            "  {} verdicts, {} compared with a region that must judge alike, {} lookups, \
             {} creations undone, {} states judged again, {} MODE_SWITCH",
            self.verdicts, self.compared, self.lookups, self.undone, self.rejudged, self.switched
        )
    }
}

pub(crate) struct Node {
    words: Box<[u32]>,
    twin: Twin,
    depth: usize,
}

/// Words that a region can be put into.
pub(crate) struct Desk(Box<[AtomicU32]>);

impl Desk {
    /// An empty region in place of what was there.
    pub(crate) fn fresh(&self, profile: &Profile) -> Region<'_> {
        for word in &self.0 {
            word.store(0, Ordering::Relaxed);
        }
        Region::init(&self.0, profile).unwrap()
    }

    fn new(profile: &Profile) -> Desk {
        Desk((0..profile.footprint()).map(|_| AtomicU32::new(0)).collect())
    }

    pub(crate) fn put(&self, words: &[u32]) -> Region<'_> {
        for (word, &value) in self.0.iter().zip(words) {
            word.store(value, Ordering::Relaxed);
        }
        Region::attach(&self.0).unwrap()
    }

    pub(crate) fn holds(&self, words: &[u32]) -> bool {
        self.0.iter().zip(words).all(|(word, &value)| word.load(Ordering::Relaxed) == value)
    }

    pub(crate) fn words(&self) -> Box<[u32]> {
        self.0.iter().map(|word| word.load(Ordering::Relaxed)).collect()
    }
}

/// What tells states apart: the configuration, and the marks and runs of the groups' members.
fn key(region: &Region<'_>, twin: &Twin) -> (u64, u64) {
    let of = |health: &Health| [u8::from(health.abnormal), health.failed, health.passed];
    let runs = twin.groups.values().flat_map(|g| [of(&g.active_health), of(&g.standby_health)]);
    let runs = runs.flatten().fold(1, |all, part| all * 4 + u64::from(part));
    (region.hash(), runs)
}

pub(crate) fn command(line: &str) -> Command {
    match parse(line.as_bytes()) {
        Ok(Some(Line::Command(command))) => command,
        other => panic!("{line}: {other:?}"),
    }
}

pub(crate) fn explore(universe: &Universe) -> (Found, Coverage) {
    let start = Instant::now();
    let alphabet: Vec<Command> = universe.alphabet.iter().map(|line| command(line)).collect();
    let (desk, spare) = (Desk::new(&universe.profile), Desk::new(&universe.profile));
    let mut found = Found { name: universe.name, ended: true, ..Found::default() };
    let mut coverage = Coverage::default();
    let mut twin = Twin::new();
    let mut region = Region::init(&desk.0, &universe.profile).unwrap();
    for line in &universe.base {
        let command = command(line);
        assert_eq!(region.apply(&command), Ok(()), "{line}");
        assert_eq!(twin.apply(&command), Ok(()), "{line}");
    }
    let mut seen = HashMap::from([(key(&region, &twin), prints(universe, &region))]);
    let mut accepted = vec![0; alphabet.len()];
    let mut queue = VecDeque::from([Node { words: desk.words(), twin, depth: 0 }]);
    while let Some(node) = queue.pop_front() {
        found.states += 1;
        found.depth = node.depth;
        invariants::check(universe, &node.words, &desk, &spare, &node.twin, &mut found);
        let desks = [&desk, &spare];
        survival::check(universe, &alphabet, &node.words, desks, &node.twin, &mut found);
        let mut region = desk.put(&node.words);
        let before = key(&region, &node.twin);
        let mut twin = node.twin.clone();
        for (command, accepted) in alphabet.iter().zip(&mut accepted) {
            let step = coverage.before(&region, command);
            let answer = region.apply(command);
            let expected = twin.apply(command);
            let context = || format!("{command:?} in {:#?}", node.twin);
            assert_eq!(answer, expected, "{}", context());
            if let Command::Commit(gateway) = *command {
                invariants::commit(&node.words, &spare, gateway, answer, region.hash());
            }
            if let Command::Begin(operation) = command {
                let plain = spare.put(&node.words).apply(&Command::Gateway(operation.clone()));
                assert_eq!(answer, plain, "begin checks what the operation checks: {}", context());
            }
            coverage.after(&region, command, answer, step, desk.holds(&node.words));
            if refused(command, answer) {
                found.refused += 1;
                assert!(desk.holds(&node.words), "7: a refusal changed something: {}", context());
                continue;
            }
            found.accepted += 1;
            *accepted += 1;
            invariants::after(&region, command);
            let key = key(&region, &twin);
            if let Some(&first) = seen.get(&key) {
                found.known += 1;
                let what = || format!("reached anew by {}", context());
                assert_eq!(usage(&region), first.0, "cells leak: {}", what());
                if found.known.is_multiple_of(REJUDGED) {
                    assert_eq!(prints(universe, &region), first, "judges: {}", what());
                    found.rejudged += 1;
                }
            } else if seen.len() < STATES || universe.whole {
                seen.insert(key, prints(universe, &region));
                let twin = twin.clone();
                queue.push_back(Node { words: desk.words(), twin, depth: node.depth + 1 });
            } else {
                found.ended = false;
            }
            // 9: deleting what was just created restores the hash.
            if let Some(undo) = invariants::undo(&node.twin, command) {
                assert_eq!(region.apply(&undo), Ok(()), "9: {undo:?} after {}", context());
                assert_eq!(region.hash(), before.0, "9: {undo:?} after {}", context());
                found.undone += 1;
            }
            region = desk.put(&node.words);
            if twin != node.twin {
                twin = node.twin.clone();
            }
        }
    }
    for (line, accepted) in universe.alphabet.iter().zip(accepted) {
        assert!(accepted > 0 || !found.ended, "never accepted: {line}");
    }
    found.time = start.elapsed();
    (found, coverage)
}

/// Of states reached anew, one in this many is judged again.
const REJUDGED: usize = 8;

/// What a state holds and how it judges: the same, whichever way it was reached.
pub(crate) fn prints(universe: &Universe, region: &Region<'_>) -> (u64, u64) {
    let mut hasher = DefaultHasher::new();
    let tables = region.tables();
    for probe in probes(region, universe) {
        let Verdict { action, paths, via } = probe.judge(&tables);
        match action {
            Action::Egress { public } => (1, public.0),
            Action::Deliver { target } => (2, target.to_word()),
            Action::Handoff { next_hop } => (3, next_hop.to_word()),
            Action::Service => (4, 0),
            Action::Drop(reason) => (5, u32::from(reason.number())),
        }
        .hash(&mut hasher);
        paths.as_slice().hash(&mut hasher);
        for hop in &via {
            hop.to_word().hash(&mut hasher);
        }
    }
    (usage(region), hasher.finish())
}

/// How much of each capacity is in use, the pool of the compiled tables among them.
fn usage(region: &Region<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for usage in region.usage() {
        usage.used.hash(&mut hasher);
    }
    hasher.finish()
}

/// Whether the command was refused; a refused commit has aborted, and so changed something.
pub(crate) fn refused(command: &Command, answer: Result<(), Error>) -> bool {
    let aborted = matches!(command, Command::Commit(_))
        && answer != Err(Error::IncorrectStatusGateway)
        && answer != Err(Error::NoIpv4Gateway);
    answer.is_err() && !aborted
}
