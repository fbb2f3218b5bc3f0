use super::*;
use crate::addr::{EndpointId, InstanceId, NatGatewayId, VSwitchId};
use crate::answers::{Direction, Property};

#[test]
fn questions_about_every_packet() {
    let cases = [
        ("audit vpc-1", Query::Audit(VpcId(1))),
        ("prove no-egress vsw-1", Query::Prove(Property::NoEgress(VSwitchId(1).id()))),
        (
            "prove unreachable-from-internet i-1",
            Query::Prove(Property::Unreachable(InstanceId(1).id())),
        ),
        ("prove symmetric vpc-1", Query::Prove(Property::Symmetric(VpcId(1).id()))),
        (
            "prove isolated vsw-1 i-1",
            Query::Prove(Property::Isolated(VSwitchId(1).id(), InstanceId(1).id())),
        ),
        (
            "prove only-via ep-1 ingress vsw-2",
            Query::Prove(Property::OnlyVia {
                hop: EndpointId(1).id(),
                direction: Direction::Ingress,
                subject: VSwitchId(2).id(),
            }),
        ),
        (
            "prove egress-only vsw-3 via ngw-1",
            Query::Prove(Property::EgressOnly {
                subject: VSwitchId(3).id(),
                hop: NatGatewayId(1).id(),
            }),
        ),
    ];
    for (line, query) in cases {
        assert_eq!(parse(line.as_bytes()), Ok(Some(Line::Query(query))), "{line}");
    }
    let readiness = Line::Readiness(VpcId(1));
    assert_eq!(parse(b"readiness vpc-1"), Ok(Some(readiness)));
}
