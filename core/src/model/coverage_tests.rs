//! Random programs: what they reach, and what holds after every step.

use std::collections::BTreeMap;
use std::eprintln;
use std::vec::Vec;

use super::invariants::{
    check_deletion, check_egress, check_ingress, check_invariants, check_undo,
};
use super::{Generator, Twin};
use crate::addr::{Id, Kind};
use crate::region::{Command, Error, ForwardProtocol};
use crate::resolve::{Action, DropReason, Flow, Header, Verdict};

const PROGRAMS: u64 = 200;
const STEPS: usize = 500;

/// Errors of text and of capacities.
const UNREACHABLE_ERRORS: [Error; 4] =
    [Error::InvalidCommand, Error::IllegalCidrBlock, Error::CapacityExceeded, Error::Busy];

/// Drop reasons that need real packets.
const UNREACHABLE_DROPS: [DropReason; 6] = [
    DropReason::Malformed,
    DropReason::TtlExpired,
    DropReason::Fragment,
    DropReason::FlowTableFull,
    DropReason::PortsExhausted,
    DropReason::UnsupportedProtocol,
];

/// How often each thing was met.
#[derive(Default)]
struct Met {
    accepted: usize,
    errors: BTreeMap<Error, usize>,
    drops: BTreeMap<DropReason, usize>,
    /// By the first word of the action's debug form.
    actions: BTreeMap<&'static str, usize>,
    longest_via: usize,
    phased: usize,
    /// By name, what no error or drop reason alone tells.
    cases: BTreeMap<&'static str, usize>,
}

/// Cases that random programs must meet.
const CASES: [&str; 19] = [
    "a loop through an endpoint",
    "a loop through a NAT gateway",
    "passed uninspected",
    "dropped by a group with both members abnormal",
    "passed a group with an abnormal active member",
    "came through an endpoint",
    "left through an endpoint",
    "forwarded to a tcp port",
    "forwarded to a udp port",
    "forwarded by any",
    "ICMP forwarded by any",
    "left again after DNAT",
    "answered by a forward entry",
    "handed to another than the lowest member",
    "handed over after translation",
    "left by an exempt load balancer",
    "left by an internet load balancer",
    "came to an exempt load balancer",
    "a candidate became effective",
];

impl Met {
    fn verdict(&mut self, verdict: &Verdict) {
        let name = match verdict.action {
            Action::Egress { .. } => "egress",
            Action::Deliver { .. } => "deliver",
            Action::Handoff { .. } => "handoff",
            Action::Service => "service",
            Action::Drop(reason) => {
                *self.drops.entry(reason).or_default() += 1;
                "drop"
            }
        };
        *self.actions.entry(name).or_default() += 1;
        self.longest_via = self.longest_via.max(verdict.via.len());
    }

    fn count(&mut self, case: &'static str, met: bool) {
        assert!(CASES.contains(&case));
        *self.cases.entry(case).or_default() += usize::from(met);
    }

    fn case(&mut self, twin: &Twin, from: Option<Id>, h: &Header, flow: Flow, v: &Verdict) {
        let out = from.is_some();
        let via = |kind: Kind| v.via.iter().any(|id| id.kind == kind);
        let endpoints: Vec<_> = v.via.iter().filter(|id| id.kind == Kind::Endpoint).collect();
        let healthy = |id: &&Id| {
            let gwlb = twin.endpoints[&crate::addr::EndpointId(id.number)].gwlb;
            twin.appliances.values().any(|a| a.gwlb == gwlb && a.healthy)
        };
        let dropped = |reason| v.action == Action::Drop(reason);
        let in_group = |id: &&Id, both: bool| {
            twin.groups.values().any(|g| {
                let (a, b) = (g.active_health.abnormal, g.standby_health.abnormal);
                g.active.id() == **id && a && b == both
            })
        };
        self.count(
            "a loop through an endpoint",
            dropped(DropReason::Loop) && !endpoints.is_empty(),
        );
        let loops = dropped(DropReason::Loop) && via(Kind::NatGateway);
        self.count("a loop through a NAT gateway", loops);
        self.count("passed uninspected", endpoints.iter().any(|id| !healthy(id)));
        let both = twin.groups.values().any(|g| {
            let both = g.active_health.abnormal && g.standby_health.abnormal;
            both && twin.endpoint_is_open(g.active)
        });
        let unavailable = dropped(DropReason::ApplianceUnavailable);
        self.count("dropped by a group with both members abnormal", both && unavailable);
        let abnormal = endpoints.iter().any(|id| in_group(id, false));
        self.count("passed a group with an abnormal active member", abnormal);
        let delivered = matches!(v.action, Action::Deliver { .. });
        let left = matches!(v.action, Action::Egress { .. });
        self.count("came through an endpoint", !out && delivered && !endpoints.is_empty());
        self.count("left through an endpoint", out && left && !endpoints.is_empty());
        if !out && delivered && via(Kind::NatGateway) {
            let eip = twin.eips.iter().find(|(_, e)| e.address == h.destination).unwrap().0;
            let any =
                twin.forward.keys().any(|(_, e, p, _)| e == eip && *p == ForwardProtocol::Any);
            self.count("forwarded by any", any);
            self.count("ICMP forwarded by any", any && h.protocol == 1);
            self.count("forwarded to a tcp port", !any && h.protocol == 6);
            self.count("forwarded to a udp port", !any && h.protocol == 17);
        }
        let handed = matches!(v.action, Action::Handoff { .. });
        let stays = !delivered && !matches!(v.action, Action::Drop(_));
        let translated = !out && via(Kind::NatGateway) && stays;
        self.count("left again after DNAT", translated);
        let answered = out && flow == Flow::Reply && left && via(Kind::NatGateway);
        let answered = answered && twin.forward.values().any(|to| to.address == h.source);
        self.count("answered by a forward entry", answered);
        if let Action::Handoff { next_hop } = v.action {
            let mut entries = twin.tables.values().flat_map(|t| t.effective());
            let member = entries.any(|e| {
                let hop = e.next_hop.filter(|hop| hop.is_ecmp());
                hop.is_some_and(|h| h.id() != next_hop && h.members().any(|m| m == next_hop))
            });
            self.count("handed to another than the lowest member", member);
        }
        self.count("handed over after translation", handed && via(Kind::NatGateway));
        let balancer = from.filter(|id| id.kind == Kind::LoadBalancer);
        if let Some(balancer) = balancer.filter(|_| left) {
            let internal = twin.interfaces.contains_key(&balancer);
            let case = if internal {
                "left by an exempt load balancer"
            } else {
                "left by an internet load balancer"
            };
            self.count(case, true);
        }
        let target = matches!(v.action, Action::Deliver { target } if
            target.kind == Kind::LoadBalancer);
        self.count("came to an exempt load balancer", !out && target && v.paths[..] == [15]);
    }

    /// What a command has brought about.
    fn effect(&mut self, before: &Twin, after: &Twin) {
        let candidate = before.tables.iter().any(|(id, table)| {
            table.dynamic.keys().any(|prefix| {
                let hidden = |twin: &Twin| {
                    let table = twin.tables.get(id)?;
                    table.dynamic.get(prefix)?;
                    Some(table.entries.iter().any(|e| e.prefix == *prefix))
                };
                hidden(before) == Some(true) && hidden(after) == Some(false)
            })
        });
        self.count("a candidate became effective", candidate);
    }
}

#[test]
fn random_programs_reach_everything_in_scope() {
    let mut met = Met::default();
    for seed in 0..PROGRAMS {
        let mut generator = Generator::new(seed);
        let mut twin = Twin::new();
        for _ in 0..STEPS {
            let command = generator.command(&twin);
            let before = twin.clone();
            match twin.apply(&command) {
                Ok(()) => {
                    met.accepted += 1;
                    met.phased += usize::from(matches!(command, Command::Commit(_)));
                    check_invariants(&twin);
                    check_deletion(&twin, &command);
                    check_undo(&before, &twin, &command);
                    met.effect(&before, &twin);
                }
                Err(error) => {
                    *met.errors.entry(error).or_default() += 1;
                    if !matches!(command, Command::Commit(_)) {
                        assert_eq!(twin, before, "refused {command:?}");
                    }
                }
            }
            for _ in 0..3 {
                let (from, header, flow) = generator.egress(&twin);
                if let Some(verdict) = twin.egress(from, &header, flow) {
                    met.verdict(&verdict);
                    met.case(&twin, Some(from), &header, flow, &verdict);
                    check_egress(&twin, from, &header, flow, &verdict);
                }
                let (header, flow) = generator.ingress(&twin);
                let verdict = twin.ingress(&header, flow);
                met.verdict(&verdict);
                met.case(&twin, None, &header, flow, &verdict);
                check_ingress(&twin, &header, flow, &verdict);
            }
        }
    }
    eprintln!("accepted {} of {}", met.accepted, PROGRAMS * STEPS as u64);
    eprintln!("{:?}, longest via {}, commits {}", met.actions, met.longest_via, met.phased);
    eprintln!("errors {:?}", met.errors);
    eprintln!("drops {:?}", met.drops);
    eprintln!("cases {:?}", met.cases);
    let in_scope = Error::ALL.iter().filter(|e| !UNREACHABLE_ERRORS.contains(e));
    let missed: Vec<_> = in_scope.filter(|e| !met.errors.contains_key(e)).collect();
    assert!(missed.is_empty(), "errors not met: {missed:?}");
    let surprising: Vec<_> =
        UNREACHABLE_ERRORS.iter().filter(|e| met.errors.contains_key(e)).collect();
    assert!(surprising.is_empty(), "errors that cannot be: {surprising:?}");
    let in_scope = DropReason::ALL.iter().filter(|r| !UNREACHABLE_DROPS.contains(r));
    let missed: Vec<_> = in_scope.filter(|r| !met.drops.contains_key(r)).collect();
    assert!(missed.is_empty(), "drop reasons not met: {missed:?}");
    assert!(UNREACHABLE_DROPS.iter().all(|r| !met.drops.contains_key(r)));
    assert_eq!(met.actions.len(), 5, "{:?}", met.actions);
    let missed: Vec<_> = CASES.iter().filter(|case| met.cases.get(*case) < Some(&1)).collect();
    assert!(missed.is_empty(), "cases not met: {missed:?}");
    assert!(met.accepted as u64 * 4 > PROGRAMS * STEPS as u64, "most programs lead nowhere");
    assert!(met.longest_via >= 3 && met.phased > 0);
}

#[test]
fn the_script_works() {
    for seed in 0..20 {
        let mut generator = Generator::new(seed);
        let mut twin = Twin::new();
        let mut steps = 0;
        while let Some(command) = generator.scripted(steps) {
            assert_eq!(twin.apply(&command), Ok(()), "{command:?}");
            steps += 1;
        }
        assert!(
            steps > 50 && Kind::ALL.iter().all(|k| k.is_external() || !twin.ids(*k).is_empty())
        );
    }
}

#[test]
fn the_same_seed_makes_the_same_program() {
    let program = |seed| {
        let mut generator = Generator::new(seed);
        let mut twin = Twin::new();
        let mut commands = Vec::new();
        for _ in 0..100 {
            let command = generator.command(&twin);
            let _ = twin.apply(&command);
            commands.push(command);
        }
        commands
    };
    assert_eq!(program(5), program(5));
    assert_ne!(program(5), program(6));
}
