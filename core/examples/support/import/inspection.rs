//! The lines of GWLBs with their servers, endpoints, and route target groups.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Writer;
use super::answers::{Answers, list, text};

impl Writer<'_> {
    /// GWLBs, the servers behind them, endpoints and groups of endpoints.
    pub(super) fn inspection(&mut self, answers: &Answers) {
        answers.gwlbs.iter().for_each(|gwlb| self.gwlb(answers, gwlb));
        answers.endpoints.iter().for_each(|endpoint| self.endpoint(answers, endpoint));
        answers.groups.iter().for_each(|group| self.target_group(group));
    }

    fn gwlb(&mut self, answers: &Answers, gwlb: &Value) {
        let Some((id, vendor)) = self.named(gwlb, "LoadBalancerId") else { return };
        self.make(&vendor, &format!("create-gwlb {id}"));
        self.settled(gwlb, "LoadBalancerStatus", &["Active"], &vendor);
        for (group, server) in answers.servers_of(&vendor) {
            self.appliance(answers, &id, &vendor, group, server);
        }
        for group in answers.server_groups_of(&vendor) {
            self.server_group(answers, &vendor, group);
        }
    }

    /// What a server group does otherwise than an appliance's flows do here.
    fn server_group(&mut self, answers: &Answers, gwlb: &str, group: &str) {
        let is_it = |known: &&Value| text(known, "ServerGroupId") == Some(group);
        let Some(known) = answers.server_groups.iter().find(is_it) else {
            return self.unknown(&format!(
                "{gwlb}: no ListServerGroups has {group}, and how it spreads flows"
            ));
        };
        if let Some(scheduler) = text(known, "Scheduler").filter(|s| *s != "5TCH") {
            self.unsupported(&format!("{group}: scheduler {scheduler}; flows are spread by 5TCH"));
        }
        if text(known, "ServerFailoverMode") == Some("NoRebalance") {
            self.unsupported(&format!(
                "{group}: failover mode NoRebalance; flows leave a server that fails"
            ));
        }
        self.settled(known, "ServerGroupStatus", &["Available"], group);
    }

    fn appliance(&mut self, answers: &Answers, id: &str, gwlb: &str, group: &str, server: &Value) {
        let Some(name) = self.field(server, "ServerId", group) else { return };
        let vendor = appliance_name(gwlb, group, name);
        let Some(appliance) = self.ids.get(&vendor).map(str::to_owned) else { return };
        self.comment(&format!("{appliance} = {name} of {group}"));
        self.line(&format!("register-appliance {id} {appliance}"));
        self.settled(server, "Status", &["Available"], name);
        match answers.health(gwlb, group, name) {
            // Without health checks every server counts as healthy.
            Some("Healthy" | "Unavailable") => {}
            Some("Unhealthy") => {
                self.line(&format!("set-appliance {appliance} unhealthy"));
            }
            other => self.unknown(&format!(
                "whether {appliance} ({name}) is healthy, which is {}; written as healthy",
                other.unwrap_or("in no GetListenerHealthStatus")
            )),
        }
    }

    fn endpoint(&mut self, answers: &Answers, endpoint: &Value) {
        let Some((id, vendor)) = self.named(endpoint, "EndpointId") else { return };
        let zones = answers.zones_of(&vendor);
        let zone = match zones[..] {
            [zone] => zone,
            [] => {
                return self.unknown(&format!("{vendor}: no ListVpcEndpointZones is of it alone"));
            }
            _ => return self.unsupported(&format!("{vendor}: an endpoint in several zones")),
        };
        let Some(vswitch) = self.field(zone, "VSwitchId", &vendor) else { return };
        let Some(vswitch) = self.id(vswitch, &vendor) else { return };
        let Some(service) = self.field(endpoint, "ServiceId", &vendor) else { return };
        let resources = answers.resources_of(service, text(zone, "ZoneId"));
        let gwlb = match resources.iter().collect::<Vec<_>>()[..] {
            [gwlb] => *gwlb,
            [] => {
                return self.unknown(&format!(
                    "{vendor}: no ListVpcEndpointServiceResources is of {service} alone"
                ));
            }
            _ => return self.unsupported(&format!("{vendor}: several GWLBs behind {service}")),
        };
        let Some(gwlb) = self.id(gwlb, &vendor) else { return };
        self.make(&vendor, &format!("create-gwlb-endpoint {id} {vswitch} {gwlb}"));
        self.settled(endpoint, "EndpointStatus", &["Active"], &vendor);
        self.settled(endpoint, "ConnectionStatus", &["Connected"], &vendor);
    }

    fn target_group(&mut self, group: &Value) {
        let Some((id, vendor)) = self.named(group, "RouteTargetGroupId") else { return };
        if let Some(mode) = text(group, "ConfigMode").filter(|mode| *mode != "Active-Standby") {
            return self.unsupported(&format!("{vendor}: mode {mode}"));
        }
        let members = list(group, "RouteTargetMemberList");
        let [a, b] = members else {
            return self.unsupported(&format!("{vendor}: {} members", members.len()));
        };
        for member in members {
            if let Some(kind) = text(member, "MemberType")
                && kind != "GatewayLoadBalancerEndpoint"
            {
                return self.unsupported(&format!("{vendor}: a member of type {kind}"));
            }
        }
        // Who is enabled is active, whatever weights the members began with.
        let enabled = |member: &Value| text(member, "EnableStatus") == Some("Enable");
        let (active, standby) = match (enabled(a), enabled(b)) {
            (true, false) => (a, b),
            (false, true) => (b, a),
            _ => return self.unknown(&format!("{vendor}: which member is active")),
        };
        let mut ids = Vec::new();
        for member in [active, standby] {
            let Some(name) = self.field(member, "MemberId", &vendor) else { return };
            let Some(id) = self.id(name, &vendor) else { return };
            ids.push(id);
        }
        self.make(&vendor, &format!("create-route-target-group {id} {} {}", ids[0], ids[1]));
        self.settled(
            group,
            "Status",
            &["Available", "Abnormal", "Unavailable", "Switched"],
            &vendor,
        );
        let abnormal = |member: &Value| text(member, "HealthCheckStatus") == Some("Abnormal");
        match (abnormal(active), abnormal(standby)) {
            (false, false) => {}
            (true, false) => {
                self.unsupported(&format!("{vendor} is changing roles; written as normal"));
            }
            (active, _) => {
                // The standby first: while it is abnormal, nothing changes roles.
                for member in ids.iter().rev().take(if active { 2 } else { 1 }) {
                    for _ in 0..3 {
                        self.line(&format!("report-probe {id} {member} fail"));
                    }
                }
            }
        }
    }

    pub(super) fn anycast(&mut self, anycast: &Value) {
        let Some((id, vendor)) = self.named(anycast, "AnycastId") else { return };
        let Some(address) = self.field(anycast, "IpAddress", &vendor) else { return };
        self.make(&vendor, &format!("allocate-eip {id} {address} kind=anycast"));
        self.settled(anycast, "Status", &["Associated", "Allocated"], &vendor);
        let bound = list(anycast, "AnycastEipBindInfoList");
        let target = match bound {
            [] => return,
            [one] => one,
            _ => return self.unsupported(&format!("{vendor}: bound to {} objects", bound.len())),
        };
        match text(target, "BindInstanceType") {
            Some("SlbInstance" | "NetworkInterface") => {
                let Some(target) = self.field(target, "BindInstanceId", &vendor) else { return };
                if let Some(target) = self.id(target, &vendor) {
                    self.line(&format!("associate-eip {id} {target}"));
                }
            }
            other => self
                .unsupported(&format!("{vendor} is bound {}", other.unwrap_or("to nothing known"))),
        }
    }
}

/// The name by which a server behind a GWLB is numbered.
pub(super) fn appliance_name(gwlb: &str, group: &str, server: &str) -> String {
    format!("{server} of {group} behind {gwlb}")
}

impl Answers {
    /// The server groups of a GWLB, by its listeners and by what the groups say.
    fn server_groups_of<'v>(&'v self, gwlb: &'v str) -> BTreeSet<&'v str> {
        let listening = self.listeners.iter().filter(|l| text(l, "LoadBalancerId") == Some(gwlb));
        let related = self.server_groups.iter().filter(|group| {
            list(group, "RelatedLoadBalancerIds").iter().any(|id| id.as_str() == Some(gwlb))
        });
        listening.chain(related).filter_map(|value| text(value, "ServerGroupId")).collect()
    }

    /// The servers of a GWLB, each with its group.
    fn servers_of<'v>(&'v self, gwlb: &'v str) -> Vec<(&'v str, &'v Value)> {
        let of = |group: &'v str| {
            let servers = self.servers.iter();
            servers
                .filter(move |server| text(server, "ServerGroupId") == Some(group))
                .map(move |s| (group, s))
        };
        self.server_groups_of(gwlb).into_iter().flat_map(of).collect()
    }

    /// The names by which the servers behind GWLBs are numbered.
    pub(super) fn appliance_names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for gwlb in self.gwlbs.iter().filter_map(|gwlb| text(gwlb, "LoadBalancerId")) {
            names.extend(self.servers_of(gwlb).into_iter().filter_map(|(group, server)| {
                Some(appliance_name(gwlb, group, text(server, "ServerId")?))
            }));
        }
        names
    }

    /// What the health checks of a GWLB's listeners say of a server.
    fn health(&self, gwlb: &str, group: &str, server: &str) -> Option<&str> {
        let own = |listener: Option<&str>| {
            self.listeners.iter().any(|known| {
                text(known, "ListenerId") == listener && text(known, "LoadBalancerId") == Some(gwlb)
            })
        };
        let of_listener = self.health.iter().filter(|h| own(text(h, "ListenerId")));
        let groups = of_listener.flat_map(|health| list(health, "ServerGroupInfos"));
        let servers = groups
            .filter(|info| text(info, "ServerGroupId") == Some(group))
            .flat_map(|info| list(info, "Servers"));
        let mut states = servers
            .filter(|known| text(known, "ServerId") == Some(server))
            .filter_map(|known| text(known, "Status"));
        states.next()
    }

    /// The zones of an endpoint: the answer does not name it, so it does where it was put in, or is the
    /// only one.
    fn zones_of(&self, endpoint: &str) -> Vec<&Value> {
        let only = self.endpoints.len() == 1;
        let of = |named: &Option<String>| match named {
            Some(named) => named == endpoint,
            None => only,
        };
        self.zones.iter().filter(|(named, _)| of(named)).map(|(_, zone)| zone).collect()
    }

    /// The GWLBs behind an endpoint service, those of a zone if they are told apart.
    fn resources_of(&self, service: &str, zone: Option<&str>) -> BTreeSet<&str> {
        let services: BTreeSet<&str> =
            self.endpoints.iter().filter_map(|e| text(e, "ServiceId")).collect();
        let only = services.len() == 1;
        let of = |named: &Option<String>| match named {
            Some(named) => named == service,
            None => only,
        };
        let own = || self.resources.iter().filter(|(named, _)| of(named)).map(|(_, r)| r);
        let ids = |here: bool| {
            let some = own().filter(|r| !here || text(r, "ZoneId") == zone);
            some.filter_map(|resource| text(resource, "ResourceId")).collect::<BTreeSet<&str>>()
        };
        let all = ids(false);
        if all.len() > 1 { ids(true) } else { all }
    }
}
