//! The lines of a VPC's mode, its gateway, and its route entries.

use serde_json::Value;

use super::Writer;
use super::answers::{Answers, external_kind, next_hops, text};
use super::lines::is_normal;

/// A gateway that only walks a VPC to the mode without Internet.
const PASSING: &str = "ipv4gw-65535";

impl Writer<'_> {
    /// Where no gateway is enabled: whether the VPC has Internet at all.
    pub(super) fn mode(&mut self, answers: &Answers, vpc: &Value) {
        let Some(vendor) = text(vpc, "VpcId") else { return };
        let id = self.ids.get(vendor).filter(|_| !self.unmade.contains(vendor)).map(str::to_owned);
        let Some(id) = id else { return };
        let own = answers.gateways.iter().find(|gateway| text(gateway, "VpcId") == Some(vendor));
        if own.is_some_and(is_enabled) {
            return;
        }
        match answers.controlled.get(vendor) {
            Some(false) => {}
            Some(true) if answers.nats.iter().any(|n| is_normal(n) && text(n, "VpcId") == Some(vendor)) => {
                self.unsupported(&format!("{vendor}: private-only with a NAT gateway of type Normal"));
            }
            Some(true) => {
                self.comment(&format!("{id} is private-only"));
                self.line(&format!("create-ipv4-gateway {PASSING} {id}"));
                self.line(&format!("enable-vpc-ipv4-gateway {PASSING}"));
                self.line(&format!("delete-ipv4-gateway {PASSING} mode=private"));
            }
            None => self.unknown(&format!(
                "{vendor}: no DescribeVpcAttribute says whether it is private-only; written as direct"
            )),
        }
    }

    pub(super) fn gateway(&mut self, gateway: &Value) {
        let Some((id, vendor)) = self.named(gateway, "Ipv4GatewayId") else { return };
        let Some(vpc) = self.field(gateway, "VpcId", &vendor) else { return };
        let Some(vpc) = self.id(vpc, &vendor) else { return };
        self.make(&vendor, &format!("create-ipv4-gateway {id} {vpc}"));
        self.settled(gateway, "Status", &["Created"], &vendor);
        if is_enabled(gateway) {
            // Its routes are written one by one.
            self.line(&format!("enable-vpc-ipv4-gateway {id}"));
        }
    }

    /// Our next hop of a route entry, `local`, or `None` after a problem was written.
    fn next_hop(&mut self, route: &Value, of: &str) -> Option<String> {
        let hops: Vec<&Value> = next_hops(route).collect();
        let mut ids = Vec::new();
        for hop in &hops {
            let kind = text(hop, "NextHopType").unwrap_or_default();
            if hop.get("Enabled").and_then(Value::as_u64) == Some(0) {
                self.unsupported(&format!("{of}: a next hop that is not enabled"));
                return None;
            }
            match kind {
                "local" | "Local" | "service" => return Some("local".into()),
                "Instance"
                | "EcsInstance"
                | "NetworkInterface"
                | "NatGateway"
                | "Ipv4Gateway"
                | "GatewayLoadBalancerEndpoint"
                | "RouteTargetGroup" => {}
                _ if external_kind(kind).is_some() => {}
                _ => {
                    self.unsupported(&format!("{of}: next hop of type {kind}"));
                    return None;
                }
            }
            let vendor = self.field(hop, "NextHopId", of)?.to_owned();
            ids.push(self.id(&vendor, of)?);
        }
        match &ids[..] {
            [] => {
                self.unknown(&format!("{of} has no next hop"));
                None
            }
            [_] => ids.pop(),
            _ => {
                let weights: Vec<Option<u64>> =
                    hops.iter().map(|hop| hop.get("Weight").and_then(Value::as_u64)).collect();
                let equal = weights.windows(2).all(|pair| pair[0] == pair[1]);
                if !equal || ids.iter().any(|id| !id.starts_with("ri-")) {
                    self.unsupported(&format!("{of}: several next hops that do not share equally"));
                    return None;
                }
                Some(ids.join("+"))
            }
        }
    }

    pub(super) fn route(&mut self, answers: &Answers, route: &Value) {
        let destination = text(route, "DestinationCidrBlock").unwrap_or("?");
        let table = text(route, "RouteTableId").unwrap_or("?");
        let of = format!("the entry {destination} of {table}");
        if text(route, "IpVersion").is_some_and(|version| !version.eq_ignore_ascii_case("ipv4")) {
            return self.unsupported(&format!("{of}: IPv6"));
        }
        let Some(hop) = self.next_hop(route, &of) else { return };
        if hop == "local" {
            return;
        }
        let good: &[&str] =
            if is_dynamic(route) { &["Available", "Candidate"] } else { &["Available"] };
        self.settled(route, "Status", good, &of);
        let vpc = answers.vpc_of_table(table);
        let Some(table) = self.id(table, &of) else { return };
        if is_gateway_table(answers, route) {
            let verb = "update-gateway-route-table-entry-attribute";
            self.line(&format!("{verb} {table} {destination} {hop}"));
            return;
        }
        let is_automatic = |vswitch: &Value| {
            text(vswitch, "CidrBlock") == Some(destination)
                && text(vswitch, "VpcId") == vpc.as_deref()
        };
        match text(route, "Type") {
            Some("Custom") if answers.vswitches.iter().any(is_automatic) => {
                self.line(&format!("modify-route-entry {table} {destination} {hop}"));
            }
            Some("Custom") => {
                self.line(&format!("create-route-entry {table} {destination} {hop}"));
            }
            Some(_) if is_dynamic(route) => {
                self.line(&format!("announce-route {table} {destination} {hop}"));
            }
            other => self.unsupported(&format!("{of}: of type {}", other.unwrap_or("none"))),
        }
    }

    pub(super) fn gateway_route(&mut self, answers: &Answers, table: Option<&str>, route: &Value) {
        let destination = text(route, "DestinationCidrBlock").unwrap_or("?");
        let kind = text(route, "NextHopType").unwrap_or("?");
        let of = format!("the gateway entry {destination}");
        if kind.eq_ignore_ascii_case("local") {
            return;
        }
        // The answer does not name its table.
        let mut all = answers.tables.iter().filter(|t| text(t, "AssociateType") == Some("Gateway"));
        let table = match (table, all.next(), all.next()) {
            (Some(table), ..) => Some(table),
            (None, Some(only), None) => text(only, "RouteTableId"),
            _ => None,
        };
        let Some(table) = table else {
            return self.unknown(&format!("{of}: which Gateway table it is of"));
        };
        let allowed = [
            "Instance",
            "EcsInstance",
            "NetworkInterface",
            "GatewayLoadBalancerEndpoint",
            "RouteTargetGroup",
        ];
        if !allowed.contains(&kind) {
            return self.unsupported(&format!("{of}: next hop of type {kind}"));
        }
        self.settled(route, "Status", &["Available"], &of);
        let Some(hop) = self.field(route, "NextHopId", &of) else { return };
        if let (Some(table), Some(hop)) = (self.id(table, &of), self.id(hop, &of)) {
            self.line(&format!(
                "update-gateway-route-table-entry-attribute {table} {destination} {hop}"
            ));
        }
    }

    pub(super) fn bound_table(&mut self, gateway: &Value) {
        let Some(table) = text(gateway, "Ipv4GatewayRouteTableId") else { return };
        let vendor = text(gateway, "Ipv4GatewayId").unwrap_or_default();
        if let (Some(table), Some(id)) = (self.id(table, vendor), self.id(vendor, vendor)) {
            self.line(&format!("associate-route-table-with-gateway {table} {id}"));
        }
    }

    /// Whether interfaces that entries name pass on packets is not in the answers.
    pub(super) fn forwarding(&mut self, answers: &Answers) {
        let hops = answers.routes.iter().flat_map(next_hops);
        let gateway_hops = answers.gateway_routes.iter().map(|(_, route)| route);
        let mut named: Vec<&str> =
            hops.chain(gateway_hops).filter_map(|hop| text(hop, "NextHopId")).collect();
        named.sort_unstable();
        named.dedup();
        for vendor in named {
            let Some(id) = self.ids.get(vendor).map(str::to_owned) else { continue };
            let is_interface = id.starts_with("i-") || id.starts_with("eni-");
            if is_interface && self.forward_option(vendor).is_empty() {
                self.unknown(&format!(
                    "whether {id} ({vendor}) passes on packets; written as not, name it with --forward if it does"
                ));
            }
        }
    }
}

pub(super) fn is_dynamic(route: &Value) -> bool {
    matches!(text(route, "Type"), Some("Dynamic" | "BGP" | "CEN" | "ECR"))
}

fn is_enabled(gateway: &Value) -> bool {
    gateway.get("Enabled").and_then(Value::as_bool) == Some(true)
}

fn is_gateway_table(answers: &Answers, route: &Value) -> bool {
    let table = text(route, "RouteTableId");
    answers.tables.iter().any(|known| {
        text(known, "RouteTableId") == table && text(known, "AssociateType") == Some("Gateway")
    })
}
