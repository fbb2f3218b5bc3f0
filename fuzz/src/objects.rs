//! Every object of a region, read back as the twin's records.

use sekisho::addr::Kind;
use sekisho::model::{self, Twin};
use sekisho::region::objects::*;
use sekisho::region::{Exposure, Region};

/// Compares all objects but route entries.
pub(crate) fn compare(region: &Region<'_>, twin: &Twin) {
    for object in all::<Vpc>(region, twin, Kind::Vpc) {
        let other = &twin.vpcs[&object.id];
        let mode = match object.mode {
            Mode::Direct => model::Mode::Direct,
            Mode::Centralized => model::Mode::Centralized,
            Mode::PrivateOnly => model::Mode::PrivateOnly,
        };
        let real = (mode, object.cidr, object.flags, object.system_table);
        assert_eq!(real, (other.mode, other.cidrs[0], other.flags, other.system_table));
        assert_eq!(region.gateway_of(object.id).map(|g| g.id), twin.gateway_of(object.id));
    }
    for object in all::<VSwitch>(region, twin, Kind::VSwitch) {
        let other = &twin.vswitches[&object.id];
        assert_eq!((object.vpc, object.cidr, object.table), (other.vpc, other.cidr, other.table));
        let exposure = match region.exposure(&object) {
            Exposure::Public => "public",
            Exposure::Partial => "partial",
            Exposure::Private => "private",
        };
        assert_eq!(Some(exposure), twin.exposure(object.id), "{}", object.id);
    }
    for object in all::<RouteTable>(region, twin, Kind::RouteTable) {
        let other = &twin.tables[&object.id];
        let kind = match object.kind {
            TableKind::System => model::TableKind::System,
            TableKind::VSwitch => model::TableKind::VSwitch,
            TableKind::Gateway => model::TableKind::Gateway,
        };
        assert_eq!((object.vpc, kind), (other.vpc, other.kind));
    }
    for object in all::<Gateway>(region, twin, Kind::Ipv4Gateway) {
        let other = &twin.gateways[&object.id];
        assert_eq!(format!("{:?}", object.status()), other.status.text());
        let real = (object.vpc, object.enabled, object.table, object.begun);
        assert_eq!(real, (other.vpc, other.enabled, other.table, other.begun.clone()));
    }
    compare_addresses(region, twin);
    compare_services(region, twin);
}

fn compare_addresses(region: &Region<'_>, twin: &Twin) {
    let real: Vec<_> = region.all::<Interface>().collect();
    assert_eq!(real.len(), twin.interfaces.len());
    for object in real {
        let other = &twin.interfaces[&object.id];
        let real = (object.vswitch, object.address, object.forward, object.multi_binded);
        assert_eq!(real, (other.vswitch, other.address, other.forward, other.multi_binded));
        assert_eq!(region.tables().address_of(object.id), Some(object.address));
        assert_eq!(region.vpc_of(object.id), twin.vpc_of(object.id));
    }
    for object in all::<PublicAddress>(region, twin, Kind::PublicAddress) {
        let other = &twin.eips[&object.id];
        let kind = match object.kind {
            PublicKind::Eip => model::PublicKind::Eip,
            PublicKind::Anycast => model::PublicKind::Anycast,
            PublicKind::Static => model::PublicKind::Static,
        };
        let real = (object.address, kind, object.mode, object.target);
        assert_eq!(real, (other.address, other.kind, other.mode, other.target));
    }
    let mut snat: Vec<_> = region.all::<SnatEntry>().collect();
    snat.sort_by_key(|entry| (entry.nat, entry.prefix));
    let real: Vec<_> = snat.iter().map(|entry| ((entry.nat, entry.prefix), entry.eip)).collect();
    assert_eq!(real, twin.snat.iter().map(|(key, eip)| (*key, *eip)).collect::<Vec<_>>());
    let forward = region.all::<ForwardEntry>().map(|entry| {
        let key = (entry.nat, entry.eip, entry.protocol, entry.public_port);
        (key, model::Forward { address: entry.address, port: entry.private_port })
    });
    let real: Vec<_> = forward.collect();
    assert_eq!(real, twin.forward.iter().map(|(key, to)| (*key, *to)).collect::<Vec<_>>());
}

fn compare_services(region: &Region<'_>, twin: &Twin) {
    for object in all::<LoadBalancer>(region, twin, Kind::LoadBalancer) {
        assert_eq!(object.place, twin.balancers[&object.id]);
    }
    for object in all::<Gwlb>(region, twin, Kind::Gwlb) {
        assert_eq!(object.fail_open, twin.gwlbs[&object.id].fail_open);
    }
    for object in all::<Appliance>(region, twin, Kind::Appliance) {
        let other = &twin.appliances[&object.id];
        assert_eq!((object.gwlb, object.healthy), (other.gwlb, other.healthy));
    }
    for object in all::<Endpoint>(region, twin, Kind::Endpoint) {
        let other = &twin.endpoints[&object.id];
        assert_eq!((object.vswitch, object.gwlb), (other.vswitch, other.gwlb));
    }
    for object in all::<RouteTargetGroup>(region, twin, Kind::RouteTargetGroup) {
        let other = &twin.groups[&object.id];
        let real = (object.active, object.standby);
        assert_eq!(real, (other.active, other.standby));
        let real = (object.active_abnormal, object.standby_abnormal);
        assert_eq!(real, (other.active_health.abnormal, other.standby_health.abnormal));
    }
}

/// The objects of a kind, as many as the twin has.
fn all<R: sekisho::region::Object>(region: &Region<'_>, twin: &Twin, kind: Kind) -> Vec<R> {
    let real: Vec<R> = region.all::<R>().collect();
    assert_eq!(real.len(), twin.ids(kind).len(), "{kind:?}");
    real
}
