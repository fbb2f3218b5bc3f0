//! Explanations against the naive twin, in random regions: the verdict is the twin's, every entry that
//! matches is listed in order with what keeps it from deciding, the answer's verdict is the twin's, what
//! is called symmetric is, and every remedy ends the drop that it is given for.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};

use sekisho::addr::{Addr, Id, Kind, Prefix, TableId};
use sekisho::answers::explain::{Asymmetry, Loss, Packet, Range, Step, Way};
use sekisho::console::{self, Line};
use sekisho::limits::Profile;
use sekisho::model::{Generator, Twin};
use sekisho::region::{Command, Origin, Region, RouteEntry};
use sekisho::resolve::{Action, DropReason, Flow, Header, Verdict, path};

const PROFILE: Profile = Profile {
    vpcs: 6,
    cidrs_per_vpc: 35,
    vswitches_per_vpc: 10,
    tables_per_vpc: 10,
    entries_per_table: 32,
    interfaces: 32,
    public_addresses: 32,
    nat_gateways: 16,
    snat_entries: 64,
    dynamic_per_table: 24,
    ecmp_sets: 64,
    forward_entries: 64,
    load_balancers: 16,
    gwlbs: 16,
    appliances: 16,
    endpoints: 16,
    route_target_groups: 16,
    readers: 0,
};

/// What was met: every sort of step must be.
#[derive(Default)]
struct Met {
    packets: usize,
    lists: usize,
    ignored: usize,
    sorts: BTreeSet<String>,
    remedies: BTreeSet<String>,
}

impl Met {
    /// Every sort of step, every reason that is not about bytes, and every remedy.
    fn assert_complete(&self) {
        let has = |what: &str| assert!(self.sorts.contains(what), "{what} was not met");
        for reason in DropReason::ALL {
            if !(DropReason::Malformed..=DropReason::UnsupportedProtocol).contains(reason) {
                let stop = format!("stop {reason} ");
                assert!(self.sorts.iter().any(|sort| sort.starts_with(&stop)), "{reason}");
            }
        }
        for why in [
            "SpoofedSource out-1",
            "LbOpensNoFlow out-2",
            "InternetLb out-3",
            "ExemptLb out-4",
            "DirectAddress out-5",
            "DirectNat nat",
            "MartianSource in-1",
            "NoTarget in-2",
            "InternetLb in-3",
            "PrivateOnly in-4",
            "DirectAddress in-5",
            "ExemptLb in-6",
            "NoGatewayTable in-7",
            "Arrived arrive",
        ] {
            has(&format!("skip {why}"));
        }
        let losses = ["lose Shorter", "lose Overridden", "lose Candidate"];
        let ranges =
            ["range None", "range Some(Cidr)", "range Some(UserCidr)", "range Some(Fixed)"];
        let differences =
            ["asymmetric back", "asymmetric there", "asymmetric End", "asymmetric Public"];
        let others = ["Miss", "Endpoint", "Translate", "Forward", "BackOutside", "BackUnknown"];
        for what in [&losses[..], &ranges, &differences, &others, &["Symmetric"]].concat() {
            has(what);
        }
        for remedy in [
            "NO_ROUTE create-route-entry vtb- .../ ipvgw-",
            "NO_ROUTE create-route-entry vtb- .../ ngw-",
            "NO_ROUTE associate-eip eip- i-",
            "NO_PUBLIC_MAPPING associate-eip eip- i-",
            "GATEWAY_INACTIVE enable-vpc-ipv-gateway ipvgw-",
            "VPC_PRIVATE_ONLY enable-vpc-ipv-gateway ipvgw-",
            "NO_INGRESS_ROUTE associate-route-table-with-gateway vtb- ipvgw-",
            "APPLIANCE_NOT_FORWARDING update-gateway-route-table-entry-attribute vtb- .../ local",
            "APPLIANCE_NOT_FORWARDING set-forward i- on",
            "APPLIANCE_UNAVAILABLE set-appliance app- healthy",
            "APPLIANCE_UNAVAILABLE switch-active rtg-",
            "NO_SNAT_ENTRY create-snat-entry ngw- .../ eip-",
            "SPOOFED_SOURCE set-forward i- on",
            "MODE_SWITCH commit ipvgw-",
        ] {
            assert!(self.remedies.contains(remedy), "{remedy} was not met");
        }
    }
}

type Steps = Vec<(Way, Step)>;

fn explain(region: &Region<'_>, packet: &Packet) -> (Option<Verdict>, Steps) {
    let mut steps = Vec::new();
    let verdict = region.explain(packet, &mut |way, step| steps.push((way, step)));
    (verdict, steps)
}

fn judge(twin: &Twin, packet: &Packet) -> Option<Verdict> {
    match packet.from {
        Some(from) => twin.egress(from, &packet.header, packet.flow),
        None => Some(twin.ingress(&packet.header, packet.flow)),
    }
}

/// The entries of a table that hold an address, longest first, each with what keeps it from deciding;
/// by a scan of the twin's lists.
fn matching(twin: &Twin, table: TableId, addr: Addr) -> Vec<(RouteEntry, Option<Loss>)> {
    let table = &twin.tables[&table];
    let mut all = Vec::new();
    for entry in &table.entries {
        all.push((entry.to_route(), None));
        if entry.automatic && entry.next_hop.is_some() {
            let local = RouteEntry { prefix: entry.prefix, next_hop: None, origin: Origin::System };
            all.push((local, Some(Loss::Overridden)));
        }
    }
    for (&prefix, &hop) in &table.dynamic {
        let entry = RouteEntry { prefix, next_hop: Some(hop), origin: Origin::Dynamic };
        let waits = table.entries.iter().any(|other| other.prefix == prefix);
        all.push((entry, waits.then_some(Loss::Candidate)));
    }
    all.retain(|(entry, _)| entry.prefix.contains(addr));
    // Longest first; of one destination the effective one, and a candidate last.
    all.sort_by_key(|(entry, loss)| (32 - entry.prefix.len(), loss.map(|loss| loss as u8)));
    for (index, (_, loss)) in all.iter_mut().enumerate() {
        if index > 0 && loss.is_none() {
            *loss = Some(Loss::Shorter);
        }
    }
    all
}

/// The lists that tables answered with, in the configuration as it is.
fn check_lists(twin: &Twin, steps: &Steps, met: &mut Met) {
    let now: Vec<&Step> =
        steps.iter().filter(|(way, _)| !way.after).map(|(_, step)| step).collect();
    for (at, step) in now.iter().enumerate() {
        if let (Step::Skip { table: Some(table), .. }, Some(Step::Would(entry))) =
            (step, now.get(at + 1))
        {
            assert!(twin.routes(*table).unwrap().contains(entry));
            met.ignored += 1;
        }
        let Step::Ask { table, destination, .. } = step else { continue };
        let listed: Vec<(RouteEntry, Option<Loss>)> = now[at + 1..]
            .iter()
            .map_while(|step| match step {
                Step::Win(entry) => Some((*entry, None)),
                Step::Lose(entry, loss) => Some((*entry, Some(*loss))),
                _ => None,
            })
            .collect();
        assert_eq!(listed, matching(twin, *table, *destination), "{table} {destination}");
        assert_eq!(listed.first().map(|(entry, _)| *entry), twin.lookup(*table, *destination));
        assert_eq!(matches!(now.get(at + 1), Some(Step::Miss)), listed.is_empty());
        met.lists += 1;
    }
}

/// Whether a destination is private, and by what: by a scan.
fn check_range(twin: &Twin, steps: &Steps) {
    let mut packet = None;
    for (_, step) in steps {
        match step {
            Step::From { packet: from, vpc, .. } => packet = Some((*from, *vpc)),
            Step::Range(range) => {
                let (packet, vpc) = packet.unwrap();
                let vpc = &twin.vpcs[&vpc.unwrap().0];
                let fixed = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"];
                let fixed = fixed.map(|text| Prefix::parse(text).unwrap());
                let holds = |prefixes: &[Prefix]| {
                    let all = prefixes.iter().filter(|p| p.contains(packet.header.destination));
                    all.map(|prefix| prefix.len()).max()
                };
                let [own, user, fixed] = [holds(&vpc.cidrs), holds(&vpc.user), holds(&fixed)];
                match *range {
                    None => assert_eq!([own, user, fixed], [None; 3]),
                    Some((prefix, why)) => {
                        let by = match why {
                            Range::Cidr => own,
                            Range::UserCidr => user,
                            Range::Fixed => fixed,
                        };
                        assert_eq!(by, Some(prefix.len()));
                        assert_eq!([own, user, fixed].into_iter().max(), Some(by));
                        assert!(prefix.contains(packet.header.destination));
                    }
                }
            }
            _ => {}
        }
    }
}

/// The answer is what the other end would send, its verdict the twin's, and the two ways are compared
/// rightly.
fn check_back(twin: &Twin, packet: &Packet, verdict: &Verdict, steps: &Steps) {
    let back = steps.iter().find_map(|(_, step)| match step {
        Step::Back(verdict) => Some(verdict),
        _ => None,
    });
    let none = steps.iter().any(|(_, step)| matches!(step, Step::BackOutside | Step::BackUnknown));
    let Some(back) = back else {
        let nat = match verdict.action {
            Action::Egress { .. } => panic!("no answer to {verdict}"),
            Action::Deliver { target } => target.kind == Kind::NatGateway,
            Action::Drop(_) => false,
            Action::Handoff { .. } | Action::Service => true,
        };
        assert_eq!(none, nat);
        return;
    };
    let from = steps.iter().find_map(|(way, step)| match step {
        Step::From { packet, .. } if way.back => Some(*packet),
        _ => None,
    });
    let answer = from.unwrap();
    assert_eq!(judge(twin, &answer).as_ref(), Some(back), "{answer:?}");
    assert_ne!(answer.flow, packet.flow);
    let (sent, came) = (packet.header, answer.header);
    assert_eq!(sent.protocol, came.protocol);
    let nats = verdict.via.iter().any(|hop| hop.kind == Kind::NatGateway);
    match verdict.action {
        Action::Egress { public } => {
            assert_eq!((answer.from, came.destination), (None, public));
            assert_eq!(came.source, if nats { came.source } else { sent.destination });
        }
        Action::Deliver { target } => assert_eq!(answer.from, Some(target)),
        _ => panic!("an answer to {verdict}"),
    }
    if !nats {
        let ports = (came.destination_port, came.source_port);
        assert_eq!(ports, (sent.source_port, sent.destination_port));
    }

    // The same hops, and the gateway both times or never.
    let gate = |verdict: &Verdict| verdict.paths.contains(&path::GATEWAY);
    let mut there: BTreeSet<Id> = verdict.via.iter().copied().collect();
    let mut home: BTreeSet<Id> = back.via.iter().copied().collect();
    let owner = |source: Addr, from: Id| {
        let own = twin.interfaces.get(&from).is_some_and(|i| i.address == source);
        let vpc = twin.vpc_of(from);
        let mut all = twin.interfaces.iter();
        let other = all.find(|(id, i)| i.address == source && twin.vpc_of(**id) == vpc);
        let internet = !twin.interfaces.contains_key(&from);
        if own || internet { Some(from) } else { other.map(|(id, _)| *id) }
    };
    let opener = packet.from.and_then(|from| owner(sent.source, from));
    if let (Some(from), Some(opener)) = (packet.from, opener)
        && from != opener
    {
        there.insert(from);
    }
    if let Action::Deliver { target } = back.action
        && target.kind == Kind::NatGateway
    {
        home.insert(target);
    }
    let nat = verdict.via.iter().rev().find(|hop| hop.kind == Kind::NatGateway);
    let end = match packet.from {
        None => {
            matches!(back.action, Action::Egress { public } if public == sent.destination)
        }
        // To a NAT gateway, which knows the host, or to the host that a DNAT entry names.
        Some(_) => match back.action {
            Action::Deliver { target } => nat == Some(&target) || opener == Some(target),
            Action::Handoff { .. } => nat.is_none() && opener.is_none(),
            _ => false,
        },
    };
    let lost = matches!(back.action, Action::Drop(_));
    let hops = there == home && gate(verdict) == gate(back);
    let symmetric = steps.iter().any(|(_, step)| *step == Step::Symmetric);
    assert_eq!(symmetric, hops && end, "{verdict} and {back}");
    let missing: Vec<Id> = steps
        .iter()
        .filter_map(|(_, step)| match step {
            Step::Asymmetric(Asymmetry::MissingBack(hop) | Asymmetry::MissingThere(hop)) => {
                Some(*hop)
            }
            _ => None,
        })
        .filter(|hop| hop.kind != Kind::Ipv4Gateway)
        .collect();
    let differ: BTreeSet<Id> = there.symmetric_difference(&home).copied().collect();
    if lost {
        assert!(missing.is_empty());
    } else {
        assert_eq!(missing.iter().copied().collect::<BTreeSet<Id>>(), differ);
        assert_eq!(missing.len(), differ.len());
    }
}

/// Why a packet is dropped, at what, and by which entry of which table.
type Stopped = (DropReason, Option<Id>, Option<TableId>, Option<RouteEntry>);

/// Where a packet's own way ends in the configuration as it is, or for a begun operation.
fn stop(steps: &Steps) -> Option<Stopped> {
    let (mut asked, mut won, mut last) = (None, None, None);
    for (_, step) in steps.iter().filter(|(way, _)| *way == Way::default()) {
        match step {
            Step::Ask { table, .. } => (asked, won) = (Some(*table), None),
            Step::Win(entry) => won = Some(*entry),
            Step::Stop { reason, at, .. } => last = Some((*reason, *at, asked, won)),
            _ => {}
        }
    }
    last
}

/// A drop has one line of what to do; a command is accepted, and the drop is gone.
fn check_remedy(
    memory: &[AtomicU32],
    twin: &Twin,
    packet: &Packet,
    verdict: &Verdict,
    steps: &Steps,
    met: &mut Met,
) {
    let told: Vec<&Step> = steps
        .iter()
        .filter(|(way, _)| !way.back)
        .map(|(_, step)| step)
        .filter(|step| matches!(step, Step::Remedy(_) | Step::Advice(_)))
        .collect();
    let Action::Drop(reason) = verdict.action else { return assert!(told.is_empty(), "{told:?}") };
    let stopped = stop(steps).expect("a drop stops somewhere");
    assert_eq!(stopped.0, reason);
    let [told] = told[..] else { panic!("{told:?}") };
    let Step::Remedy(remedy) = told else {
        assert_eq!(*told, Step::Advice(reason.remedy()));
        return;
    };
    let command = remedy.command();
    let line = remedy.to_string();
    assert_eq!(console::parse(line.as_bytes()), Ok(Some(Line::Command(command.clone()))), "{line}");
    let digits = |c: char| c.is_ascii_digit();
    met.remedies.insert(format!("{reason} {}", line.replace(digits, "")));
    assert_eq!(twin.clone().apply(&command), Ok(()), "{line}");

    let copy: Vec<AtomicU32> =
        memory.iter().map(|word| AtomicU32::new(word.load(Ordering::Relaxed))).collect();
    let mut region = Region::attach(&copy).unwrap();
    assert_eq!(region.apply(&command), Ok(()), "{line}");
    let (_, after) = explain(&region, packet);
    assert_ne!(stop(&after), Some(stopped), "{line} does not end it: {after:#?}");
}

fn name(step: &Step) -> String {
    match step {
        Step::Skip { why, rule, .. } => format!("skip {why:?} {rule}"),
        Step::Lose(_, loss) => format!("lose {loss:?}"),
        Step::Range(range) => format!("range {:?}", range.map(|(_, range)| range)),
        Step::Stop { reason, rule, .. } => format!("stop {reason} {rule}"),
        Step::Asymmetric(Asymmetry::MissingBack(_)) => "asymmetric back".into(),
        Step::Asymmetric(Asymmetry::MissingThere(_)) => "asymmetric there".into(),
        Step::Asymmetric(asymmetry) => {
            format!("asymmetric {asymmetry:?}").split(' ').take(2).collect::<Vec<_>>().join(" ")
        }
        step => format!("{step:?}").split([' ', '(']).next().unwrap().into(),
    }
}

fn check(memory: &[AtomicU32], twin: &Twin, packet: &Packet, met: &mut Met) {
    let region = Region::attach(memory).unwrap();
    let (verdict, steps) = explain(&region, packet);
    assert_eq!(verdict, judge(twin, packet));
    let Some(verdict) = verdict else { return assert!(steps.is_empty()) };
    met.packets += 1;
    for (way, step) in &steps {
        met.sorts.insert(format!("{}{}", if way.after { "after " } else { "" }, name(step)));
    }
    check_lists(twin, &steps, met);
    check_range(twin, &steps);
    check_back(twin, packet, &verdict, &steps);
    check_remedy(memory, twin, packet, &verdict, &steps, met);
}

/// The first line is that of `send` or `receive`, and each of the others starts with two spaces.
fn check_text(region: &mut Region<'_>, packet: &Packet) {
    let Header { source, destination, protocol, source_port, destination_port } = packet.header;
    let Some(proto) = [(6, "tcp"), (17, "udp"), (1, "icmp")].iter().find(|p| p.0 == protocol)
    else {
        return;
    };
    let line = match packet.from {
        Some(from) => format!("send {from} {destination} source={source}"),
        None => format!("receive {source} {destination}"),
    };
    let flow = if packet.flow == Flow::New { "new" } else { "reply" };
    let line = format!(
        "{line} proto={} sport={source_port} dport={destination_port} flow={flow}",
        proto.1
    );
    let (mut plain, mut told) = (String::new(), String::new());
    let status = console::run(region, line.as_bytes(), &mut plain).unwrap();
    let line = format!("explain {line}");
    assert_eq!(console::run(region, line.as_bytes(), &mut told), Ok(status));
    let (first, rest) = told.split_at(plain.len());
    assert_eq!(first, plain);
    assert!(rest.lines().all(|line| line.starts_with("  ")), "{told}");
    assert_eq!(rest.lines().count(), explain(region, packet).1.len(), "{told}");
}

fn run(seed: u64, steps: usize, packets: usize, met: &mut Met) {
    let memory: Vec<AtomicU32> =
        (0..Region::footprint(&PROFILE)).map(|_| AtomicU32::new(0)).collect();
    let mut region = Region::init(&memory, &PROFILE).unwrap();
    let mut twin = Twin::new();
    let mut generator = Generator::new(seed);
    for step in 0..steps {
        let command: Command = generator.command(&twin);
        let done = region.apply(&command);
        assert_eq!(done, twin.apply(&command));
        if done.is_err() || step < steps / 6 {
            continue;
        }
        for _ in 0..packets {
            let (from, header, flow) = generator.egress(&twin);
            let out = Packet { from: Some(from), header, flow };
            let (header, flow) = generator.ingress(&twin);
            for packet in [out, Packet { from: None, header, flow }] {
                let context = || format!("seed {seed} step {step} {packet:?}");
                let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    check(&memory, &twin, &packet, met);
                }));
                assert!(checked.is_ok(), "{}", context());
                if step % 16 == 0 && judge(&twin, &packet).is_some() {
                    check_text(&mut region, &packet);
                }
            }
        }
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

/// `SEKISHO_PROGRAMS` programs from `SEKISHO_SEED` on.
#[test]
fn explanations_of_random_packets() {
    let programs = setting("SEKISHO_PROGRAMS", if cfg!(debug_assertions) { 300 } else { 1000 });
    let first = setting("SEKISHO_SEED", 0);
    let mut met = Met::default();
    for seed in first..first + programs {
        run(seed, 300, 4, &mut met);
    }
    let Met { packets, lists, ignored, .. } = met;
    println!("{packets} packets, {lists} lists of entries equal, {ignored} entries ignored");
    assert!(ignored > 0);
    met.sorts.iter().for_each(|sort| println!("  {sort}"));
    println!("{:#?}", met.remedies);
    met.assert_complete();
}
