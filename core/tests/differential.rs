//! The region against its naive twin: random programs, and after each step every table and a
//! handful of packets.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use sekisho::Memory;
use sekisho::addr::{Id, Kind, TableId, VSwitchId, VpcId};
use sekisho::limits::Profile;
use sekisho::model::{self, Generator, Twin};
use sekisho::region::objects::{
    Appliance, Endpoint, ForwardEntry, Gateway, Gwlb, LoadBalancer, Mode, RouteTargetGroup, Status,
    VSwitch, Vpc,
};
use sekisho::region::{Command, Error, Exposure, Origin, Region};
use sekisho::resolve::{Action, DropReason, Verdict};

/// Room for more than the generator's small id spaces can hold.
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

fn compare_objects(region: &Region<'_>, twin: &Twin, context: &dyn Fn() -> String) {
    let ids = |kind| twin.ids(kind).into_iter();
    for vpc in ids(Kind::Vpc) {
        let vpc = VpcId(vpc.number);
        let mode = region.get::<Vpc>(vpc).map(|vpc| match vpc.mode {
            Mode::Direct => model::Mode::Direct,
            Mode::Centralized => model::Mode::Centralized,
            Mode::PrivateOnly => model::Mode::PrivateOnly,
        });
        assert_eq!(mode, twin.mode(vpc), "{}", context());
        let gateway = region.gateway_of(vpc).map(|gateway| gateway.id);
        assert_eq!(gateway, twin.gateway_of(vpc), "{}", context());
    }
    for table in ids(Kind::RouteTable) {
        let table = TableId(table.number);
        let routes: Vec<_> = region.routes(table).collect();
        assert_eq!(Some(routes), twin.routes(table), "{table} {}", context());
    }
    for vswitch in ids(Kind::VSwitch) {
        let vswitch = VSwitchId(vswitch.number);
        let exposure = region.get::<VSwitch>(vswitch).map(|v| match region.exposure(&v) {
            Exposure::Public => "public",
            Exposure::Partial => "partial",
            Exposure::Private => "private",
        });
        assert_eq!(exposure, twin.exposure(vswitch), "{}", context());
    }
    for gateway in region.all::<Gateway>() {
        // Enabled, Centralized and no begun create go together.
        let vpc = region.get::<Vpc>(gateway.vpc).unwrap();
        assert_eq!(gateway.enabled, vpc.mode == Mode::Centralized);
        assert!(!gateway.enabled || gateway.status() != Status::Creating);
    }
    let count = |kind| twin.ids(kind).len();
    assert_eq!(region.all::<Vpc>().count(), count(Kind::Vpc));
    assert_eq!(region.all::<VSwitch>().count(), count(Kind::VSwitch));
    assert_eq!(region.all::<Gateway>().count(), count(Kind::Ipv4Gateway));
    let hosts = region.all::<sekisho::region::objects::Interface>().count();
    let kinds = [Kind::Instance, Kind::NetworkInterface, Kind::NatGateway, Kind::LoadBalancer];
    let internet = region.all::<LoadBalancer>().filter(|balancer| balancer.is_internet()).count();
    assert_eq!(hosts + internet, kinds.into_iter().map(count).sum::<usize>());
    assert_eq!(region.all::<LoadBalancer>().count(), count(Kind::LoadBalancer));
    assert!(region.all::<LoadBalancer>().map(|balancer| balancer.id).is_sorted());
    assert_eq!(region.all::<Gwlb>().count(), count(Kind::Gwlb));
    assert_eq!(region.all::<Appliance>().count(), count(Kind::Appliance));
    assert_eq!(region.all::<Endpoint>().count(), count(Kind::Endpoint));
    assert_eq!(region.all::<RouteTargetGroup>().count(), count(Kind::RouteTargetGroup));
}

fn words(memory: &[AtomicU32]) -> Vec<u32> {
    memory.iter().map(|word| word.load(Ordering::Relaxed)).collect()
}

/// How often each answer was met, by both.
#[derive(Default)]
struct Met {
    accepted: usize,
    refused: BTreeMap<Error, usize>,
    verdicts: BTreeMap<&'static str, usize>,
    drops: BTreeMap<DropReason, usize>,
}

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
        *self.verdicts.entry(name).or_default() += 1;
    }

    fn compared(&self) -> usize {
        self.verdicts.values().sum()
    }

    fn print(&self) {
        println!("{:>12} commands accepted", self.accepted);
        self.refused.iter().for_each(|(error, n)| println!("{n:>12} error {error}"));
        self.verdicts.iter().for_each(|(verdict, n)| println!("{n:>12} {verdict}"));
        self.drops.iter().for_each(|(reason, n)| println!("{n:>12} drop {reason}"));
    }

    /// Every error that a typed command can meet, every verdict, and every reason of a drop that is
    /// not about bytes.
    fn assert_complete(&self) {
        // Of text, of room, and of readers.
        let others =
            [Error::InvalidCommand, Error::IllegalCidrBlock, Error::CapacityExceeded, Error::Busy];
        for error in Error::ALL.iter().filter(|error| !others.contains(error)) {
            assert!(self.refused.contains_key(error), "{error} was not met");
        }
        let of_bytes = DropReason::Malformed.number()..=DropReason::UnsupportedProtocol.number();
        for reason in DropReason::ALL.iter().filter(|reason| !of_bytes.contains(&reason.number())) {
            assert!(self.drops.contains_key(reason), "{reason} was not met");
        }
        assert_eq!(self.verdicts.len(), 5);
    }
}

/// Runs a program through both.
fn run(seed: u64, steps: usize, packets: usize, met: &mut Met) {
    let memory = Box::new(Memory::<{ Region::footprint(&PROFILE) }>::new());
    let mut region = Region::init(&memory, &PROFILE).unwrap();
    let mut twin = Twin::new();
    let mut generator = Generator::new(seed);
    let mut program: Vec<Command> = Vec::new();
    for step in 0..steps {
        let command = generator.command(&twin);
        program.push(command.clone());
        let context = || format!("seed {seed} step {step}: {:#?}", program.last());
        let before = region.hash();
        let configuration = twin.configuration();
        let expected = twin.apply(&command);
        // A trial answers the same and changes nothing, not even in the compiled tables.
        // (All words are compared now and then; the hash always.)
        let untouched = (step % 8 == 0).then(|| words(&memory));
        let unchanged = || untouched.as_ref().is_none_or(|before| words(&memory) == *before);
        let tried = region.dry_run(&command).map(|plan| plan.is_empty());
        assert!(unchanged() && region.hash() == before, "{}", context());
        let answer = region.apply(&command);
        assert_eq!(answer, tried.map(|_| ()), "{}", context());
        if tried == Ok(true) && !matches!(command, Command::Commit(_)) {
            assert!(unchanged(), "an empty plan: {}", context());
        }
        assert_eq!(answer, expected, "{}", context());
        let same = twin.configuration() == configuration;
        assert_eq!(region.hash() == before, same, "the hash: {}", context());
        for group in region.all::<RouteTargetGroup>() {
            let model = &twin.groups[&group.id];
            assert_eq!((group.active, group.standby), (model.active, model.standby));
            let marks = (model.active_health.abnormal, model.standby_health.abnormal);
            assert_eq!((group.active_abnormal, group.standby_abnormal), marks, "{}", context());
        }
        match answer {
            Ok(()) => met.accepted += 1,
            Err(error) => {
                *met.refused.entry(error).or_default() += 1;
                let commit = matches!(command, Command::Commit(_));
                assert!(commit || region.hash() == before, "{}", context());
            }
        }
        compare_objects(&region, &twin, &context);
        // Everything is in the memory: another handle sees the same.
        let tables = Region::attach(&memory).unwrap().tables();
        for _ in 0..packets {
            let (from, header, flow) = generator.egress(&twin);
            let verdict = tables.egress(from, &header, flow);
            let expected = twin.egress(from, &header, flow);
            assert_eq!(verdict, expected, "{from} {header:?} {flow:?} {}", context());
            verdict.iter().for_each(|verdict| met.verdict(verdict));
            let (header, flow) = generator.ingress(&twin);
            let verdict = tables.ingress(&header, flow);
            assert_eq!(verdict, twin.ingress(&header, flow), "{header:?} {flow:?} {}", context());
            met.verdict(&verdict);
        }
    }
    drain(&mut region, seed);
}

/// Deletes everything; the pool and the hash are then those of an empty region.
fn drain(region: &mut Region<'_>, seed: u64) {
    use sekisho::region::objects::{Interface, PublicAddress, PublicKind, RouteTable, SnatEntry};
    use sekisho::region::{GatewayOperation, objects::TableKind};
    let must = |region: &mut Region<'_>, command: Command| {
        assert_eq!(region.apply(&command), Ok(()), "draining seed {seed}: {command:?}");
    };
    for gateway in region.all::<Gateway>().collect::<Vec<_>>() {
        if gateway.begun.is_some() {
            must(region, Command::Abort(gateway.id));
        }
        let Some(gateway) = region.get::<Gateway>(gateway.id) else { continue };
        if let Some(table) = gateway.table {
            let gateway = gateway.id;
            must(region, Command::Gateway(GatewayOperation::Dissociate { table, gateway }));
        }
        let gateway = gateway.id;
        must(region, Command::Gateway(GatewayOperation::Delete { gateway, public: true }));
    }
    for table in region.all::<RouteTable>().collect::<Vec<_>>() {
        // Taking a Custom entry away may show the Dynamic one that waited behind it.
        loop {
            let made = region.routes(table.id).find(|route| route.next_hop.is_some());
            let Some(route) = made else { break };
            let (table, prefix) = (table.id, route.prefix);
            must(
                region,
                match route.origin {
                    Origin::Dynamic => Command::WithdrawRoute { table, prefix },
                    _ => Command::DeleteRouteEntry { table, prefix },
                },
            );
        }
    }
    for SnatEntry { nat, prefix, .. } in region.all::<SnatEntry>().collect::<Vec<_>>() {
        must(region, Command::DeleteSnatEntry { nat, prefix });
    }
    for entry in region.all::<ForwardEntry>().collect::<Vec<_>>() {
        let ForwardEntry { nat, eip, protocol, public_port, .. } = entry;
        must(region, Command::DeleteForwardEntry { nat, eip, protocol, public_port });
    }
    for group in region.all::<RouteTargetGroup>().collect::<Vec<_>>() {
        must(region, Command::DeleteRouteTargetGroup(group.id));
    }
    for endpoint in region.all::<Endpoint>().collect::<Vec<_>>() {
        must(region, Command::DeleteEndpoint(endpoint.id));
    }
    for gwlb in region.all::<Gwlb>().collect::<Vec<_>>() {
        must(region, Command::DeleteGwlb(gwlb.id));
    }
    for public in region.all::<PublicAddress>().collect::<Vec<_>>() {
        if public.kind != PublicKind::Static {
            if public.target.is_some() {
                must(region, Command::UnassociateEip(public.id));
            }
            must(region, Command::ReleaseEip(public.id));
        }
    }
    for balancer in region.all::<LoadBalancer>().collect::<Vec<_>>() {
        must(region, Command::DeleteLoadBalancer(balancer.id));
    }
    for Interface { id, .. } in region.all::<Interface>().collect::<Vec<_>>() {
        let Id { kind, number } = id;
        must(
            region,
            match kind {
                Kind::Instance => Command::DeleteInstance(sekisho::addr::InstanceId(number)),
                Kind::NetworkInterface => {
                    Command::DeleteNetworkInterface(sekisho::addr::NetworkInterfaceId(number))
                }
                _ => Command::DeleteNatGateway(sekisho::addr::NatGatewayId(number)),
            },
        );
    }
    for vswitch in region.all::<VSwitch>().collect::<Vec<_>>() {
        must(region, Command::DeleteVSwitch(vswitch.id));
    }
    for table in region.all::<RouteTable>().collect::<Vec<_>>() {
        if table.kind != TableKind::System {
            must(region, Command::DeleteRouteTable(table.id));
        }
    }
    for vpc in region.all::<Vpc>().collect::<Vec<_>>() {
        must(region, Command::DeleteVpc(vpc.id));
    }
    assert_eq!(region.usage().map(|usage| usage.used).sum::<u32>(), 0, "seed {seed}");
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

/// `SEKISHO_PROGRAMS` programs from `SEKISHO_SEED` on, with `SEKISHO_PACKETS` packets each way after
/// each of their commands.
#[test]
fn random_programs_equal_the_twin() {
    let programs = setting("SEKISHO_PROGRAMS", if cfg!(debug_assertions) { 100 } else { 300 });
    let (first, packets) = (setting("SEKISHO_SEED", 0), setting("SEKISHO_PACKETS", 8));
    let mut met = Met::default();
    for seed in first..first + programs {
        run(seed, 300, packets as usize, &mut met);
    }
    met.print();
    println!("{programs} programs, {} verdicts equal", met.compared());
    met.assert_complete();
}
