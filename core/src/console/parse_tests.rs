use std::format;
use std::string::String;
use std::vec::Vec as StdVec;

use super::*;
use crate::addr::{
    ApplianceId, EipId, EndpointId, GatewayId, GwlbId, InstanceId, LoadBalancerId, NatGatewayId,
    NetworkInterfaceId, PeerId, RouteTargetGroupId, VSwitchId,
};
use crate::region::{
    BalancerPlace, EipMode, ForwardProtocol, GatewayOperation, Port, RegionOptions, VpcFlags,
};

const INVALID_COMMAND: Result<Option<Line>, Error> = Err(Error::InvalidCommand);
const INVALID_PARAMETER: Result<Option<Line>, Error> = Err(Error::InvalidParameter);
const ILLEGAL_CIDR: Result<Option<Line>, Error> = Err(Error::IllegalCidrBlock);

fn p(text: &str) -> Prefix {
    Prefix::parse(text).unwrap()
}

fn a(text: &str) -> Addr {
    Addr::parse(text).unwrap()
}

#[track_caller]
fn command(line: &str) -> Command {
    match parse(line.as_bytes()) {
        Ok(Some(Line::Command(command))) => command,
        other => panic!("{line}: {other:?}"),
    }
}

#[track_caller]
fn query(line: &str) -> Query {
    match parse(line.as_bytes()) {
        Ok(Some(Line::Query(query))) => query,
        other => panic!("{line}: {other:?}"),
    }
}

#[track_caller]
fn refuses(expected: Result<Option<Line>, Error>, lines: &[&str]) {
    for line in lines {
        assert_eq!(parse(line.as_bytes()), expected, "{line}");
    }
}

#[test]
fn every_command_has_its_typed_form() {
    use Command as C;
    use GatewayOperation as G;
    let (vpc, vtb, vsw) = (VpcId(1), TableId(2), VSwitchId(3));
    let (gw, nat, eip) = (GatewayId(4), NatGatewayId(5), EipId(6));
    let hop = NextHop::new(PeerId(1).id()).unwrap();
    let cases = [
        ("region", C::Region(RegionOptions::default())),
        (
            "region blackout=on ingress=deliver-local gwlb=off clb-restricted=on gateway=off",
            C::Region(RegionOptions {
                gateway: Some(false),
                clb_restricted: Some(true),
                gwlb: Some(false),
                deliver_local: Some(true),
                blackout: Some(true),
            }),
        ),
        (
            "region ingress=drop-unsolicited",
            C::Region(RegionOptions { deliver_local: Some(false), ..RegionOptions::default() }),
        ),
        ("delete-vpc vpc-1", C::DeleteVpc(vpc)),
        (
            "create-vswitch vsw-3 vpc-1 10.0.0.0/24",
            C::CreateVSwitch { vswitch: vsw, vpc, cidr: p("10.0.0.0/24") },
        ),
        ("delete-vswitch vsw-3", C::DeleteVSwitch(vsw)),
        ("create-route-table vtb-2 vpc-1", C::CreateRouteTable { table: vtb, vpc, gateway: false }),
        (
            "create-route-table vtb-2 vpc-1 type=vswitch",
            C::CreateRouteTable { table: vtb, vpc, gateway: false },
        ),
        (
            "create-route-table vtb-2 vpc-1 type=gateway",
            C::CreateRouteTable { table: vtb, vpc, gateway: true },
        ),
        ("delete-route-table vtb-2", C::DeleteRouteTable(vtb)),
        ("associate-route-table vtb-2 vsw-3", C::AssociateRouteTable { table: vtb, vswitch: vsw }),
        (
            "unassociate-route-table vtb-2 vsw-3",
            C::UnassociateRouteTable { table: vtb, vswitch: vsw },
        ),
        (
            "create-route-entry vtb-2 20.0.0.0/8 peer-1",
            C::CreateRouteEntry { table: vtb, prefix: p("20.0.0.0/8"), next_hop: hop },
        ),
        (
            "modify-route-entry vtb-2 20.0.0.0/8 peer-1",
            C::ModifyRouteEntry { table: vtb, prefix: p("20.0.0.0/8"), next_hop: Some(hop) },
        ),
        (
            "modify-route-entry vtb-2 20.0.0.0/8 local",
            C::ModifyRouteEntry { table: vtb, prefix: p("20.0.0.0/8"), next_hop: None },
        ),
        (
            "delete-route-entry vtb-2 20.0.0.0/8",
            C::DeleteRouteEntry { table: vtb, prefix: p("20.0.0.0/8") },
        ),
        (
            "update-gateway-route-table-entry-attribute vtb-2 10.0.0.0/24 local",
            C::UpdateGatewayEntry { table: vtb, prefix: p("10.0.0.0/24"), next_hop: None },
        ),
        (
            "update-gateway-route-table-entry-attribute vtb-2 10.0.0.0/24 peer-1",
            C::UpdateGatewayEntry { table: vtb, prefix: p("10.0.0.0/24"), next_hop: Some(hop) },
        ),
        ("create-ipv4-gateway ipv4gw-4 vpc-1", C::Gateway(G::Create { gateway: gw, vpc })),
        ("update-ipv4-gateway-attribute ipv4gw-4", C::Gateway(G::Update(gw))),
        ("delete-ipv4-gateway ipv4gw-4", C::Gateway(G::Delete { gateway: gw, public: false })),
        (
            "delete-ipv4-gateway ipv4gw-4 mode=private",
            C::Gateway(G::Delete { gateway: gw, public: false }),
        ),
        (
            "delete-ipv4-gateway ipv4gw-4 mode=public",
            C::Gateway(G::Delete { gateway: gw, public: true }),
        ),
        (
            "associate-route-table-with-gateway vtb-2 ipv4gw-4",
            C::Gateway(G::Associate { table: vtb, gateway: gw }),
        ),
        (
            "dissociate-route-table-from-gateway vtb-2 ipv4gw-4",
            C::Gateway(G::Dissociate { table: vtb, gateway: gw }),
        ),
        ("begin create-ipv4-gateway ipv4gw-4 vpc-1", C::Begin(G::Create { gateway: gw, vpc })),
        (
            "begin delete-ipv4-gateway ipv4gw-4 mode=public",
            C::Begin(G::Delete { gateway: gw, public: true }),
        ),
        ("commit ipv4gw-4", C::Commit(gw)),
        ("abort ipv4gw-4", C::Abort(gw)),
        (
            "create-instance i-7 vsw-3 10.0.0.10",
            C::CreateInstance {
                instance: InstanceId(7),
                vswitch: vsw,
                address: a("10.0.0.10"),
                public: None,
                forward: false,
            },
        ),
        (
            "create-instance i-7 vsw-3 10.0.0.10 forward=on public=eip-6:47.0.0.1",
            C::CreateInstance {
                instance: InstanceId(7),
                vswitch: vsw,
                address: a("10.0.0.10"),
                public: Some((eip, a("47.0.0.1"))),
                forward: true,
            },
        ),
        ("delete-instance i-7", C::DeleteInstance(InstanceId(7))),
        (
            "create-network-interface eni-8 vsw-3 10.0.0.11 forward=on",
            C::CreateNetworkInterface {
                interface: NetworkInterfaceId(8),
                vswitch: vsw,
                address: a("10.0.0.11"),
                forward: true,
            },
        ),
        ("delete-network-interface eni-8", C::DeleteNetworkInterface(NetworkInterfaceId(8))),
        (
            "set-forward i-7 on",
            C::SetForward { interface: Port::Instance(InstanceId(7)), forward: true },
        ),
        (
            "set-forward eni-8 off",
            C::SetForward {
                interface: Port::NetworkInterface(NetworkInterfaceId(8)),
                forward: false,
            },
        ),
        (
            "allocate-eip eip-6 47.0.0.1",
            C::AllocateEip { eip, address: a("47.0.0.1"), anycast: false, mode: EipMode::Nat },
        ),
        (
            "allocate-eip eip-6 47.0.0.1 mode=multi-binded kind=anycast",
            C::AllocateEip {
                eip,
                address: a("47.0.0.1"),
                anycast: true,
                mode: EipMode::MultiBinded,
            },
        ),
        (
            "allocate-eip eip-6 47.0.0.1 kind=eip mode=binded",
            C::AllocateEip { eip, address: a("47.0.0.1"), anycast: false, mode: EipMode::Binded },
        ),
        ("release-eip eip-6", C::ReleaseEip(eip)),
        ("associate-eip eip-6 i-7", C::AssociateEip { eip, target: InstanceId(7).id() }),
        ("associate-eip eip-6 ngw-5", C::AssociateEip { eip, target: nat.id() }),
        ("associate-eip eip-6 lb-1", C::AssociateEip { eip, target: LoadBalancerId(1).id() }),
        ("unassociate-eip eip-6", C::UnassociateEip(eip)),
        (
            "create-nat-gateway ngw-5 vsw-3 10.0.0.12",
            C::CreateNatGateway { nat, vswitch: vsw, address: a("10.0.0.12"), multi_binded: false },
        ),
        (
            "create-nat-gateway ngw-5 vsw-3 10.0.0.12 mode=multi-binded",
            C::CreateNatGateway { nat, vswitch: vsw, address: a("10.0.0.12"), multi_binded: true },
        ),
        ("delete-nat-gateway ngw-5", C::DeleteNatGateway(nat)),
        (
            "create-snat-entry ngw-5 10.0.0.0/8 eip-6",
            C::CreateSnatEntry { nat, prefix: p("10.0.0.0/8"), eip },
        ),
        ("delete-snat-entry ngw-5 10.0.0.0/8", C::DeleteSnatEntry { nat, prefix: p("10.0.0.0/8") }),
    ];
    for (line, expected) in cases {
        assert_eq!(command(line), expected, "{line}");
    }
}

#[test]
fn balancers_inspection_and_forwarding_have_their_typed_form() {
    use Command as C;
    let (nat, eip, address) = (NatGatewayId(5), EipId(6), a("10.0.0.10"));
    let forward = |protocol, public_port, private_port| C::CreateForwardEntry {
        nat,
        eip,
        protocol,
        public_port,
        address,
        private_port,
    };
    let unforward =
        |protocol, public_port| C::DeleteForwardEntry { nat, eip, protocol, public_port };
    let (table, prefix) = (TableId(2), p("20.0.0.0/8"));
    let (gwlb, appliance, balancer) = (GwlbId(1), ApplianceId(2), LoadBalancerId(3));
    let (group, active, standby) = (RouteTargetGroupId(4), EndpointId(5), EndpointId(6));
    let cases = [
        (
            "create-forward-entry ngw-5 eip-6 tcp 1 10.0.0.10 65535",
            forward(ForwardProtocol::Tcp, 1, 65535),
        ),
        (
            "create-forward-entry ngw-5 eip-6 udp 65535 10.0.0.10 1",
            forward(ForwardProtocol::Udp, 65535, 1),
        ),
        ("create-forward-entry ngw-5 eip-6 any 0 10.0.0.10 0", forward(ForwardProtocol::Any, 0, 0)),
        ("delete-forward-entry ngw-5 eip-6 tcp 80", unforward(ForwardProtocol::Tcp, 80)),
        ("delete-forward-entry ngw-5 eip-6 udp 53", unforward(ForwardProtocol::Udp, 53)),
        ("delete-forward-entry ngw-5 eip-6 any 0", unforward(ForwardProtocol::Any, 0)),
        (
            "announce-route vtb-2 20.0.0.0/8 peer-1",
            C::AnnounceRoute { table, prefix, next_hop: NextHop::new(PeerId(1).id()).unwrap() },
        ),
        ("withdraw-route vtb-2 20.0.0.0/8", C::WithdrawRoute { table, prefix }),
        (
            "create-load-balancer lb-3 internal vsw-7 10.0.0.10",
            C::CreateLoadBalancer {
                balancer,
                place: BalancerPlace::Internal { vswitch: VSwitchId(7), address },
            },
        ),
        (
            "create-load-balancer lb-3 internet vpc-7 10.0.0.10",
            C::CreateLoadBalancer {
                balancer,
                place: BalancerPlace::Internet { vpc: VpcId(7), address },
            },
        ),
        ("delete-load-balancer lb-3", C::DeleteLoadBalancer(balancer)),
        ("create-gwlb gwlb-1", C::CreateGwlb { gwlb, fail_open: false }),
        ("create-gwlb gwlb-1 fail-open=on", C::CreateGwlb { gwlb, fail_open: true }),
        ("create-gwlb gwlb-1 fail-open=off", C::CreateGwlb { gwlb, fail_open: false }),
        ("delete-gwlb gwlb-1", C::DeleteGwlb(gwlb)),
        ("register-appliance gwlb-1 app-2", C::RegisterAppliance { gwlb, appliance }),
        ("deregister-appliance app-2", C::DeregisterAppliance(appliance)),
        ("set-appliance app-2 healthy", C::SetAppliance { appliance, healthy: true }),
        ("set-appliance app-2 unhealthy", C::SetAppliance { appliance, healthy: false }),
        (
            "create-gwlb-endpoint ep-5 vsw-7 gwlb-1",
            C::CreateEndpoint { endpoint: active, vswitch: VSwitchId(7), gwlb },
        ),
        ("delete-gwlb-endpoint ep-5", C::DeleteEndpoint(active)),
        (
            "create-route-target-group rtg-4 ep-5 ep-6",
            C::CreateRouteTargetGroup { group, active, standby },
        ),
        ("delete-route-target-group rtg-4", C::DeleteRouteTargetGroup(group)),
        ("report-probe rtg-4 ep-6 ok", C::ReportProbe { group, endpoint: standby, ok: true }),
        ("report-probe rtg-4 ep-5 fail", C::ReportProbe { group, endpoint: active, ok: false }),
        ("switch-active rtg-4", C::SwitchActive(group)),
    ];
    for (line, expected) in cases {
        assert_eq!(command(line), expected, "{line}");
        let Ok(Some(Line::DryRun(tried))) = parse(format!("dry-run {line}").as_bytes()) else {
            panic!("dry-run {line}");
        };
        assert_eq!(tried, expected, "dry-run {line}");
        let Ok(Some(Line::Diff(tried))) = parse(format!("diff {line}").as_bytes()) else {
            panic!("diff {line}");
        };
        assert_eq!(tried, expected, "diff {line}");
    }
}

#[test]
fn equal_cost_sets_are_sorted() {
    let set = |numbers: &[u16]| {
        let members: StdVec<_> = numbers.iter().map(|&n| RouterInterfaceId(n)).collect();
        NextHop::ecmp(&members).unwrap()
    };
    let (table, prefix) = (TableId(2), p("20.0.0.0/8"));
    for (word, numbers) in
        [("ri-2+ri-1", &[1, 2][..]), ("ri-65535+ri-0+ri-10", &[0, 10, 65535][..])]
    {
        let next_hop = set(numbers);
        assert_eq!(
            command(&format!("create-route-entry vtb-2 20.0.0.0/8 {word}")),
            Command::CreateRouteEntry { table, prefix, next_hop }
        );
        assert_eq!(
            command(&format!("modify-route-entry vtb-2 20.0.0.0/8 {word}")),
            Command::ModifyRouteEntry { table, prefix, next_hop: Some(next_hop) }
        );
        assert_eq!(
            command(&format!("announce-route vtb-2 20.0.0.0/8 {word}")),
            Command::AnnounceRoute { table, prefix, next_hop }
        );
    }
    let joined = |count: u16| {
        let members: StdVec<_> = (0..count).rev().map(|n| format!("ri-{n}")).collect();
        format!("create-route-entry vtb-2 20.0.0.0/8 {}", members.join("+"))
    };
    let Command::CreateRouteEntry { next_hop, .. } = command(&joined(16)) else { panic!() };
    let members: StdVec<_> = next_hop.members().map(|id| id.number).collect();
    assert_eq!(members, (0..16).collect::<StdVec<u16>>());
    assert_eq!(format!("{}", set(&[7, 3])), "ri-3+ri-7");

    refuses(INVALID_PARAMETER, &[&joined(17), &joined(40)]);
    for word in [
        "ri-1+ri-1",
        "ri-1+ri-2+ri-1",
        "ri-1+",
        "+ri-1",
        "ri-1++ri-2",
        "+",
        "ri-1+2",
        "ri-1+ri-02",
        "ri-1+ri-65536",
        "ri-1+peer-2",
        "peer-1+peer-2",
        "i-1+i-2",
        "ri-1+local",
    ] {
        refuses(
            INVALID_PARAMETER,
            &[
                &format!("create-route-entry vtb-2 20.0.0.0/8 {word}"),
                &format!("modify-route-entry vtb-2 20.0.0.0/8 {word}"),
                &format!("announce-route vtb-2 20.0.0.0/8 {word}"),
            ],
        );
    }
}

#[test]
fn create_vpc_collects_its_repeated_options() {
    let line = "create-vpc vpc-1 vtb-2 10.0.0.0/16 flag=vpn user-cidr=30.0.0.0/16 cidr=10.1.0.0/16 \
                flag=unsupported cidr=10.2.0.0/16 flag=vpn user-cidr=31.0.0.0/16";
    let Command::CreateVpc { vpc, table, cidr, secondary, user, flags } = command(line) else {
        panic!("{line}");
    };
    assert_eq!((vpc, table, cidr), (VpcId(1), TableId(2), p("10.0.0.0/16")));
    assert_eq!(secondary, [p("10.1.0.0/16"), p("10.2.0.0/16")]);
    assert_eq!(user, [p("30.0.0.0/16"), p("31.0.0.0/16")]);
    assert_eq!(flags, VpcFlags { vpn: true, unsupported: true, ..VpcFlags::default() });

    let flags = "flag=normal-nat flag=subnet-route-v1 flag=shared-principal";
    let Command::CreateVpc { flags, .. } = command(&format!("{} {flags}", &line[..34])) else {
        panic!("{flags}");
    };
    let three = VpcFlags { vpn: false, unsupported: false, ..ALL_FLAGS };
    assert_eq!(flags, three);
}

const ALL_FLAGS: VpcFlags = VpcFlags {
    normal_nat: true,
    vpn: true,
    subnet_route_v1: true,
    shared_principal: true,
    unsupported: true,
};

#[test]
fn the_fullest_create_vpc_fits() {
    let mut line = String::from("create-vpc vpc-1 vtb-1 0.0.0.0/0");
    while line.len() + 15 <= MAX_LINE {
        line.push_str(" cidr=0.0.0.0/0");
    }
    assert_eq!(line.len(), MAX_LINE);
    let Command::CreateVpc { secondary, .. } = command(&line) else { panic!() };
    assert_eq!(secondary.len(), crate::region::MAX_SECONDARY_CIDRS);
}

#[test]
fn enable_takes_up_to_ten_tables() {
    let tables = |n: u16| (0..n).map(|n| format!(" vtb-{n}")).collect::<String>();
    let line = |n| format!("enable-vpc-ipv4-gateway ipv4gw-1{}", tables(n));
    for n in [0, 1, 10] {
        let Command::Gateway(GatewayOperation::Enable { gateway, tables }) = command(&line(n))
        else {
            panic!("{n}");
        };
        assert_eq!(gateway, GatewayId(1));
        assert_eq!(tables, (0..n).map(TableId).collect::<StdVec<_>>().as_slice());
    }
    refuses(INVALID_PARAMETER, &[&line(11), &line(60), &format!("{} vtb-0", line(1))]);
    // One that is wrong by itself is InvalidParameter too, wherever it stands.
    refuses(INVALID_PARAMETER, &["enable-vpc-ipv4-gateway ipv4gw-1 vsw-1 vtb-1"]);
    refuses(INVALID_COMMAND, &["enable-vpc-ipv4-gateway", "enable-vpc-ipv4-gateway a=b"]);
    refuses(INVALID_PARAMETER, &["enable-vpc-ipv4-gateway ipv4gw-1 vtb-1 mode=private"]);
}

#[test]
fn every_query_has_its_typed_form() {
    let from = InstanceId(1).id();
    let destination = a("8.8.8.8");
    let probe = Probe::default();
    let cases = [
        ("send i-1 8.8.8.8", Query::Send { from, destination, source: None, probe }),
        (
            "send i-1 8.8.8.8 flow=reply dport=53 sport=0 proto=udp source=1.2.3.4",
            Query::Send {
                from,
                destination,
                source: Some(a("1.2.3.4")),
                probe: Probe {
                    protocol: 17,
                    source_port: 0,
                    destination_port: 53,
                    flow: Flow::Reply,
                },
            },
        ),
        (
            "send lb-2 8.8.8.8 proto=icmp",
            Query::Send {
                from: LoadBalancerId(2).id(),
                destination,
                source: None,
                probe: Probe { protocol: 1, ..probe },
            },
        ),
        (
            "receive 8.8.8.8 47.0.0.1 sport=65535 proto=tcp flow=new",
            Query::Receive {
                source: destination,
                public: a("47.0.0.1"),
                probe: Probe { source_port: 65535, ..probe },
            },
        ),
        ("lookup vtb-1 8.8.8.8", Query::Lookup { table: TableId(1), addr: destination }),
        ("show ipv4gw-1", Query::Show(GatewayId(1).id())),
        ("show rtg-65535", Query::Show(Id { kind: Kind::RouteTargetGroup, number: 65535 })),
        ("list i", Query::List { kind: Kind::Instance, vpc: None }),
        ("list gwlb vpc-0", Query::List { kind: Kind::Gwlb, vpc: Some(VpcId(0)) }),
        ("counters", Query::Counters { eip: None }),
        ("counters eip-6", Query::Counters { eip: Some(crate::addr::EipId(6)) }),
        ("capacity", Query::Capacity),
        ("hash", Query::Hash),
    ];
    assert_eq!((probe.protocol, probe.source_port, probe.destination_port), (6, 40000, 443));
    for (line, expected) in cases {
        assert_eq!(query(line), expected, "{line}");
    }
}

#[test]
fn spaces_comments_and_line_endings() {
    for blank in ["", " ", "\t \t", "# hash", "  # hash", "#", "\n", "\r\n", "\r", " \t#\r\n"] {
        assert_eq!(parse(blank.as_bytes()), Ok(None), "{blank:?}");
    }
    for line in ["hash", " hash", "\thash\t", "hash # x", "hash#x", "hash\n", "hash\r\n", "hash\r"]
    {
        assert_eq!(query(line), Query::Hash, "{line:?}");
    }
    assert_eq!(query("lookup\tvtb-1 \t 1.2.3.4#5"), query("lookup vtb-1 1.2.3.4"));
    assert_eq!(parse(b"hash # \xff\x00"), Ok(Some(Line::Query(Query::Hash))));
    // Only one ending is an ending; other control characters and spaces separate nothing.
    refuses(
        INVALID_COMMAND,
        &["hash\r\r\n", "hash\n\n", "hash\x0b", "hash\u{a0}", "HASH", "ha#sh"],
    );
    refuses(INVALID_COMMAND, &["# x\nhash", "hash\nhash", "show\x0bvpc-1"]);
}

#[test]
fn a_line_holds_512_bytes() {
    for (pad, ending, fits) in [
        (MAX_LINE, "", true),
        (MAX_LINE, "\n", true),
        (MAX_LINE, "\r\n", true),
        (MAX_LINE + 1, "", false),
        (MAX_LINE + 1, "\r\n", false),
    ] {
        let expected = |line| if fits { Ok(line) } else { INVALID_COMMAND };
        let comment = format!("{:x<pad$}{ending}", "#");
        let spaces = format!("{:pad$}{ending}", "");
        let line = format!("{:x<pad$}{ending}", "hash #");
        let hash = Some(Line::Query(Query::Hash));
        assert_eq!(parse(comment.as_bytes()).map(Ok).unwrap_or(INVALID_COMMAND), expected(None));
        assert_eq!(parse(spaces.as_bytes()).map(Ok).unwrap_or(INVALID_COMMAND), expected(None));
        assert_eq!(parse(line.as_bytes()).map(Ok).unwrap_or(INVALID_COMMAND), expected(hash));
    }
}

#[test]
fn the_word_count_comes_before_the_words() {
    refuses(
        INVALID_COMMAND,
        &[
            "frobnicate",
            "create-vpc",
            "create-vpc vpc-x vtb-1",
            "create-vpc vpc-1 vtb-1 10.0.0.0/16 10.1.0.0/16",
            // A word with `=` ends the positional words, wherever it stands.
            "create-vpc vpc-1 vtb-1 cidr=10.1.0.0/16 10.0.0.0/16",
            "create-vpc cidr=10.0.0.0/99",
            "delete-ipv4-gateway mode=public ipv4gw-1",
            "region gateway",
            "region on gateway=on",
            "send i-1",
            "send x y z",
            "show",
            "show vpc-1 vpc-2",
            "list",
            "list vpc vpc-1 vpc-2",
            "hash now",
            "capacity all",
            "set-forward i-1",
            "create-nat-gateway ngw-1 vsw-1 mode=nat",
            "=",
            "=hash",
        ],
    );
}

#[test]
fn words_are_read_from_left_to_right_then_options() {
    refuses(
        INVALID_PARAMETER,
        &[
            "create-vswitch vswitch-1 vpc-1 10.0.0.1/24",
            "create-vswitch vsw-1 vsw-1 10.0.0.1/24",
            "create-vswitch vsw-01 vpc-1 10.0.0.1/24",
            "create-vswitch vsw-65536 vpc-1 10.0.0.0/24",
            "create-vswitch VSW-1 vpc-1 10.0.0.0/24",
            "create-vswitch vsw-1 vpc-1 10.0.0.0/24 cidr=10.0.0.0/24",
            "create-instance eni-1 vsw-1 10.0.0.1/32",
            "create-instance i-1 vsw-1 10.0.0.10 forward=yes public=eip-1:x",
            "create-instance i-1 vsw-1 10.0.0.10 public=eip-1",
            "create-instance i-1 vsw-1 10.0.0.10 public=47.0.0.1:eip-1",
            "create-instance i-1 vsw-1 10.0.0.10 public=",
            "create-instance i-1 vsw-1 10.0.0.10 =",
            "create-instance i-1 vsw-1 10.0.0.10 forward=on forward=on",
            "create-instance i-1 vsw-1 10.0.0.10 forward=on on",
            "create-instance i-1 vsw-1 10.0.0.10 forward=on=off",
            "create-instance i-1 vsw-1 10.0.0.10 Forward=on",
            "create-instance i-1 vsw-1 10.0.0.10 forwar=on",
            "create-route-entry vtb-1 10.0.0.0/8 local",
            "create-route-entry vtb-1 10.0.0.0/8 vpc-1",
            "create-route-entry vtb-1 10.0.0.0/8 eip-1",
            "create-route-entry vtb-1 10.0.0.0/8 lb-1",
            "create-route-entry vtb-1 10.0.0.0/8 10.0.0.1",
            "create-route-entry vtb-1 10.0.0.0/8 ri-1+",
            "modify-route-entry vtb-1 10.0.0.0/8 Local",
            "associate-eip eip-1 eip-2",
            "associate-eip eip-1 vsw-2",
            "set-forward ngw-1 on",
            "set-forward i-1 yes",
            "region gateway=1",
            "region gateway=",
            "region gateway=on gateway=on",
            "region cidr=10.0.0.0/99",
            "delete-ipv4-gateway ipv4gw-1 mode=none",
            "create-vpc vpc-1 vtb-1 10.0.0.0/8 flag=nat cidr=x",
            "create-vpc vpc-1 vtb-1 10.0.0.0/8 cidr*=10.0.0.0/8",
            "send ngw-1 8.8.8.8",
            "send i-1 8.8.8.8 sport=65536",
            "send i-1 8.8.8.8 sport=080",
            "send i-1 8.8.8.8 dport=-1",
            "send i-1 8.8.8.8 dport=+1",
            "send i-1 8.8.8.8 proto=6",
            "send i-1 8.8.8.8 flow=old",
            "receive 8.8.8.8 47.0.0.1 source=8.8.8.8",
            "show peer-1",
            "show vpc",
            "list vpcs",
            "list havip",
            "list vpc vsw-1",
            "hash x=y",
            "commit vpc-1",
        ],
    );
    refuses(
        ILLEGAL_CIDR,
        &[
            "create-vswitch vsw-1 vpc-1 10.0.0.1/24",
            "create-vswitch vsw-1 vpc-1 10.0.0.0",
            "create-vswitch vsw-1 vpc-1 vpc-1",
            "create-vswitch vsw-1 vpc-1 10.0.0.0/33 x=y",
            "create-vswitch vsw-1 vpc-1 010.0.0.0/8",
            "create-instance i-1 vsw-1 10.0.0.10/32",
            "create-instance i-1 vsw-1 10.0.0",
            "create-instance i-1 vsw-1 10.0.0.10 public=eip-1:47.0.0.0/32",
            "create-instance i-1 vsw-1 10.0.0.10 public=eip-1:",
            "create-instance i-1 vsw-1 10.0.0.256 forward=yes",
            "create-vpc vpc-1 vtb-1 10.0.0.0/8 cidr=10.0.0.1/8 flag=nat",
            "create-vpc vpc-1 vtb-1 10.0.0.0/8 user-cidr=10.0.0.0",
            "create-route-entry vtb-1 10.0.0.1/8 nowhere",
            "send i-1 8.8.8 source=x",
            "send i-1 8.8.8.8 source=10.0.0.0/8 sport=x",
            "receive 8.8.8.8/32 x",
            "lookup vtb-1 10.0.0.0/8",
        ],
    );
}

#[test]
fn faults_of_several_words_come_last() {
    let four = "user-cidr=1.0.0.0/8 user-cidr=2.0.0.0/8 user-cidr=3.0.0.0/8 user-cidr=4.0.0.0/8";
    let vpc = "create-vpc vpc-1 vtb-1 10.0.0.0/16";
    refuses(
        INVALID_PARAMETER,
        &[&format!("{vpc} {four}"), &format!("{vpc} {four} cidr=9.0.0.0/8")],
    );
    refuses(ILLEGAL_CIDR, &[&format!("{vpc} {four} cidr=1"), &format!("{vpc} {four} user-cidr=x")]);

    // Ports fit the protocol, which is seen once the address between them is right.
    let forward = "create-forward-entry ngw-1 eip-1";
    for ports in [("any", 0, 1), ("any", 1, 0), ("tcp", 0, 1), ("tcp", 1, 0), ("udp", 0, 0)] {
        let (protocol, public, private) = ports;
        let line = |address| format!("{forward} {protocol} {public} {address} {private}");
        refuses(INVALID_PARAMETER, &[&line("10.0.0.1")]);
        refuses(ILLEGAL_CIDR, &[&line("10.0.0.1/32")]);
    }
    refuses(
        INVALID_PARAMETER,
        &[
            "delete-forward-entry ngw-1 eip-1 any 1",
            "delete-forward-entry ngw-1 eip-1 tcp 0",
            "delete-forward-entry ngw-1 eip-1 udp 0",
            "create-forward-entry ngw-1 eip-1 tcp 65536 10.0.0.1/32 80",
            "create-forward-entry ngw-1 eip-1 icmp 0 10.0.0.1/32 0",
            "create-route-target-group rtg-1 ep-1 ep-1",
        ],
    );
}

#[test]
fn begin_takes_the_six_gateway_commands_only() {
    for tail in [
        "create-ipv4-gateway ipv4gw-1 vpc-1",
        "enable-vpc-ipv4-gateway ipv4gw-1 vtb-1",
        "update-ipv4-gateway-attribute ipv4gw-1",
        "delete-ipv4-gateway ipv4gw-1",
        "associate-route-table-with-gateway vtb-1 ipv4gw-1",
        "dissociate-route-table-from-gateway vtb-1 ipv4gw-1",
    ] {
        let Command::Gateway(operation) = command(tail) else { panic!("{tail}") };
        assert_eq!(command(&format!("begin {tail}")), Command::Begin(operation));
        // The wrong number of words and a bad word answer as they do without begin.
        refuses(INVALID_COMMAND, &[&format!("begin {}", tail.split(' ').next().unwrap())]);
        refuses(INVALID_PARAMETER, &[&format!("begin {}", tail.replace("ipv4gw-", "x-"))]);
    }
    refuses(
        INVALID_COMMAND,
        &[
            "begin",
            "begin begin create-ipv4-gateway ipv4gw-1 vpc-1",
            "begin commit ipv4gw-1",
            "begin hash",
            "begin create-vpc x",
            "begin region gateway=x",
            "begin nothing",
            "begin a=b",
        ],
    );
}

#[test]
fn explain_takes_packets_only() {
    for line in ["send i-1 8.8.8.8 proto=udp", "receive 8.8.8.8 47.0.0.1 flow=reply"] {
        let Ok(Some(Line::Query(query))) = parse(line.as_bytes()) else { panic!("{line}") };
        assert_eq!(parse(format!("explain {line}").as_bytes()), Ok(Some(Line::Explain(query))));
    }
    // The wrong number of words and a bad word answer as they do without explain.
    refuses(INVALID_COMMAND, &["explain send i-1", "explain receive 8.8.8.8 47.0.0.1 47.0.0.1"]);
    refuses(INVALID_PARAMETER, &["explain send vpc-1 8.8.8.8", "explain send i-1 8.8.8.8 a=b"]);
    refuses(
        INVALID_COMMAND,
        &[
            "explain",
            "explain explain send i-1 8.8.8.8",
            "explain dry-run send i-1 8.8.8.8",
            "dry-run explain send i-1 8.8.8.8",
            "begin explain send i-1 8.8.8.8",
            "explain lookup vtb-1 8.8.8.8",
            "explain show i-1",
            "explain hash",
            "explain create-vpc vpc-1 vtb-1 10.0.0.0/16",
        ],
    );
}

#[test]
fn bytes_that_are_no_text_make_bad_words() {
    let cases: [(&[u8], Error); 8] = [
        (b"\xff", Error::InvalidCommand),
        (b"hash\0", Error::InvalidCommand),
        (b"hash \xff", Error::InvalidCommand),
        (b"show \xff", Error::InvalidParameter),
        (b"show vpc-1\0", Error::InvalidParameter),
        (b"lookup vtb-1 \xc3\x28", Error::IllegalCidrBlock),
        (b"send i-1 8.8.8.8 source=\xff", Error::IllegalCidrBlock),
        (b"send i-1 8.8.8.8 \xff=1", Error::InvalidParameter),
    ];
    for (line, error) in cases {
        assert_eq!(parse(line), Err(error), "{line:?}");
    }
}

/// Every line of one, and every pair, of awkward bytes around words; and noise of a fixed seed.
#[test]
fn no_bytes_make_it_panic() {
    let awkward =
        [0, b'\t', b'\n', b'\r', b' ', b'#', b'=', b':', b'-', b'+', b'/', b'0', 0x80, 0xff];
    let lines: [&[u8]; 4] = [
        b"show vpc-1",
        b"create-instance i-1 vsw-1 10.0.0.10 public=eip-1:47.0.0.1",
        b"begin",
        b"",
    ];
    for line in lines {
        for at in 0..=line.len() {
            for first in awkward {
                for second in awkward {
                    let noisy = [&line[..at], &[first, second], &line[at..]].concat();
                    let _ = parse(&noisy);
                }
            }
        }
    }
    let mut state = 1_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for _ in 0..20_000 {
        let noise: StdVec<u8> = (0..next() % 40)
            .map(|_| {
                let random = next();
                if random & 3 == 0 {
                    random.to_le_bytes()[1]
                } else {
                    awkward[random as usize % 14]
                }
            })
            .collect();
        for verb in ["enable-vpc-ipv4-gateway ", "send i-1 8.8.8.8 ", "create-vpc ", ""] {
            let _ = parse(&[verb.as_bytes(), &noise].concat());
        }
    }
}
