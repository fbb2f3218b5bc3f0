//! What the API's answers hold, gathered by kind.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The objects of all answers.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub(crate) vpcs: Vec<Value>,
    pub(crate) vswitches: Vec<Value>,
    pub(crate) tables: Vec<Value>,
    pub(crate) routes: Vec<Value>,
    /// Of gateway tables, each with its table if its answer names that.
    pub(crate) gateway_routes: Vec<(Option<String>, Value)>,
    pub(crate) gateways: Vec<Value>,
    pub(crate) eips: Vec<Value>,
    pub(crate) nats: Vec<Value>,
    pub(crate) snats: Vec<Value>,
    pub(crate) forwards: Vec<Value>,
    pub(crate) instances: Vec<Value>,
    /// Secondary ones.
    pub(crate) interfaces: Vec<Value>,
    pub(crate) balancers: Vec<Value>,
    pub(crate) gwlbs: Vec<Value>,
    pub(crate) listeners: Vec<Value>,
    pub(crate) server_groups: Vec<Value>,
    pub(crate) servers: Vec<Value>,
    /// Of listeners' servers.
    pub(crate) health: Vec<Value>,
    /// Of GWLBs.
    pub(crate) endpoints: Vec<Value>,
    /// Of endpoints, each with its endpoint if that was put into its answer.
    pub(crate) zones: Vec<(Option<String>, Value)>,
    /// Of endpoint services, each with its service if that was put into its answer.
    pub(crate) resources: Vec<(Option<String>, Value)>,
    /// Route target groups.
    pub(crate) groups: Vec<Value>,
    pub(crate) anycasts: Vec<Value>,
    /// Primary interfaces, and the instances that they are of.
    pub(crate) primaries: BTreeMap<String, String>,
    /// Of VPCs: whether an IPv4 gateway has had control, by DescribeVpcAttribute.
    pub(crate) controlled: BTreeMap<String, bool>,
    /// What the answers hold and nobody reads, and pages that are missing.
    pub(crate) problems: Vec<(&'static str, String)>,
}

/// A text field; none if it is empty.
pub(crate) fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key)?.as_str().filter(|text| !text.is_empty())
}

/// The items of a list without a name between; none if there is no list.
pub(crate) fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The texts of a list like `"UserCidrs": {"UserCidr": [...]}`.
pub(crate) fn texts<'v>(value: &'v Value, outer: &str, inner: &str) -> Vec<&'v str> {
    let list = value.get(outer).and_then(|outer| outer.get(inner)).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Fields of an answer that say nothing about a network.
const ENVELOPE: [&str; 9] = [
    "RequestId",
    "TotalCount",
    "PageNumber",
    "PageSize",
    "NextToken",
    "MaxResults",
    "RegionId",
    "Code",
    "Success",
];

impl Answers {
    /// Gathers what one answer holds, or several in an array.
    pub(crate) fn read(&mut self, name: &str, answer: Value) {
        let mut object = match answer {
            Value::Array(answers) => {
                return answers.into_iter().for_each(|answer| self.read(name, answer));
            }
            Value::Object(object) => object,
            _ => return self.problems.push(("unsupported", format!("{name} is no answer"))),
        };
        // DescribeVpcAttribute answers one VPC without a list around it.
        if object.contains_key("VpcId") && !object.contains_key("EndpointId") {
            let vpc = Value::Object(object);
            let id = text(&vpc, "VpcId").unwrap_or_default().to_owned();
            if let Some(controlled) = vpc.get("SupportIpv4Gateway").and_then(Value::as_bool) {
                self.controlled.insert(id.clone(), controlled);
            }
            if !self.vpcs.iter().any(|known| text(known, "VpcId") == Some(&id)) {
                self.vpcs.push(vpc);
            }
            return;
        }
        let more = object.get("NextToken").and_then(Value::as_str).is_some_and(|t| !t.is_empty());
        let total = object.get("TotalCount").and_then(|total| match total {
            Value::String(text) => text.parse().ok(),
            total => total.as_u64(),
        });
        let mut seen = 0;
        // What a list is of, which its answer does not name by itself.
        let of = match object.keys().find_map(|key| owner_of(key)) {
            Some(owner) => object.remove(owner).and_then(|id| id.as_str().map(str::to_owned)),
            None => None,
        };
        for (key, value) in object {
            let Some(items) = items(&key, &value) else {
                if !ENVELOPE.contains(&key.as_str()) {
                    self.problems.push(("unsupported", format!("{name}: {key}")));
                }
                continue;
            };
            seen += items.len() as u64;
            for item in items {
                self.take(&key, of.as_deref(), item);
            }
        }
        if more || total.is_some_and(|total| total > seen) {
            self.problems.push(("incomplete", format!("{name} has more pages")));
        }
    }

    fn take(&mut self, key: &str, of: Option<&str>, item: Value) {
        let list = match key {
            "Vpcs" => {
                let id = text(&item, "VpcId").map(str::to_owned);
                self.vpcs.retain(|known| text(known, "VpcId") != id.as_deref());
                &mut self.vpcs
            }
            "VSwitches" => &mut self.vswitches,
            "RouterTableList" => &mut self.tables,
            "RouteEntrys" => &mut self.routes,
            "Ipv4GatewayModels" => &mut self.gateways,
            "EipAddresses" => &mut self.eips,
            "NatGateways" => &mut self.nats,
            "SnatTableEntries" => &mut self.snats,
            "ForwardTableEntries" => &mut self.forwards,
            "LoadBalancers" if is_gwlb(&item) => &mut self.gwlbs,
            "LoadBalancers" => &mut self.balancers,
            "Listeners" => &mut self.listeners,
            "ServerGroups" => &mut self.server_groups,
            "Servers" => &mut self.servers,
            "ListenerHealthStatus" => &mut self.health,
            "Endpoints" if text(&item, "EndpointType") != Some("GatewayLoadBalancer") => {
                let id = text(&item, "EndpointId").unwrap_or("?");
                let kind = text(&item, "EndpointType").unwrap_or("none");
                let what = format!("{id}: an endpoint of type {kind}");
                return self.problems.push(("unsupported", what));
            }
            "Endpoints" => &mut self.endpoints,
            "RouteTargetGroups" => &mut self.groups,
            "AnycastList" => &mut self.anycasts,
            "Zones" => return self.zones.push((of.map(str::to_owned), item)),
            "Resources" => return self.resources.push((of.map(str::to_owned), item)),
            "GatewayRouteEntryModels" => {
                return self.gateway_routes.push((of.map(str::to_owned), item));
            }
            "Instances" => {
                let inner = item.get("NetworkInterfaces").and_then(|n| n.get("NetworkInterface"));
                for interface in inner.and_then(Value::as_array).into_iter().flatten() {
                    if text(interface, "Type") == Some("Primary") {
                        self.primary(interface, text(&item, "InstanceId"));
                    }
                }
                &mut self.instances
            }
            _ if text(&item, "Type") == Some("Primary") => {
                return self.primary(&item, text(&item, "InstanceId"));
            }
            _ => &mut self.interfaces,
        };
        list.push(item);
    }

    fn primary(&mut self, interface: &Value, instance: Option<&str>) {
        if let (Some(interface), Some(instance)) = (text(interface, "NetworkInterfaceId"), instance)
        {
            self.primaries.insert(interface.to_owned(), instance.to_owned());
        }
    }

    /// One order, whatever the order of the answers.
    pub(crate) fn sort(&mut self) {
        for (list, keys) in [
            (&mut self.vpcs, &["VpcId"][..]),
            (&mut self.vswitches, &["VSwitchId"]),
            (&mut self.tables, &["RouteTableId"]),
            (&mut self.routes, &["RouteTableId", "DestinationCidrBlock", "Type"]),
            (&mut self.gateways, &["Ipv4GatewayId"]),
            (&mut self.eips, &["AllocationId"]),
            (&mut self.nats, &["NatGatewayId"]),
            (&mut self.snats, &["SnatTableId", "SnatEntryId"]),
            (&mut self.forwards, &["ForwardTableId", "ForwardEntryId"]),
            (&mut self.instances, &["InstanceId"]),
            (&mut self.interfaces, &["NetworkInterfaceId"]),
            (&mut self.balancers, &["LoadBalancerId"]),
            (&mut self.gwlbs, &["LoadBalancerId"]),
            (&mut self.listeners, &["ListenerId"]),
            (&mut self.server_groups, &["ServerGroupId"]),
            (&mut self.servers, &["ServerGroupId", "ServerId", "ServerIp"]),
            (&mut self.health, &["ListenerId"]),
            (&mut self.endpoints, &["EndpointId"]),
            (&mut self.groups, &["RouteTargetGroupId"]),
            (&mut self.anycasts, &["AnycastId"]),
        ] {
            let key = |item: &Value| {
                keys.iter()
                    .map(|key| text(item, key).unwrap_or_default().to_owned())
                    .collect::<Vec<_>>()
            };
            list.sort_by_cached_key(key);
            // The same object in two answers.
            list.dedup_by_key(|item| key(item));
        }
        for of_something in [&mut self.gateway_routes, &mut self.zones, &mut self.resources] {
            of_something.sort_by_cached_key(|item| format!("{item:?}"));
            of_something.dedup();
        }
        self.problems.sort();
        self.problems.dedup();
    }

    pub(crate) fn ids(&self, items: &[Value], key: &str) -> Vec<String> {
        items.iter().filter_map(|item| text(item, key)).map(str::to_owned).collect()
    }

    /// The tables, also where only a vSwitch names them.
    pub(crate) fn table_ids(&self) -> Vec<String> {
        let mut ids: BTreeSet<String> =
            self.ids(&self.tables, "RouteTableId").into_iter().collect();
        for vswitch in &self.vswitches {
            ids.extend(
                vswitch.get("RouteTable").and_then(|t| text(t, "RouteTableId")).map(str::to_owned),
            );
        }
        for vpc in &self.vpcs {
            ids.extend(
                texts(vpc, "RouterTableIds", "RouterTableIds").into_iter().map(str::to_owned),
            );
        }
        ids.into_iter().collect()
    }

    /// The System table of a VPC.
    pub(crate) fn system_table(&self, vpc: &Value) -> Option<String> {
        let id = text(vpc, "VpcId")?;
        let listed = self.tables.iter().find(|table| {
            text(table, "VpcId") == Some(id) && text(table, "RouteTableType") == Some("System")
        });
        if let Some(table) = listed.and_then(|table| text(table, "RouteTableId")) {
            return Some(table.to_owned());
        }
        let own = self.vswitches.iter().filter(|vswitch| text(vswitch, "VpcId") == Some(id));
        let mut bound = own.filter_map(|vswitch| vswitch.get("RouteTable"));
        let system = bound.find(|table| text(table, "RouteTableType") == Some("System"));
        match (system, &texts(vpc, "RouterTableIds", "RouterTableIds")[..]) {
            (Some(table), _) => text(table, "RouteTableId").map(str::to_owned),
            (None, [only]) => Some((*only).to_owned()),
            _ => None,
        }
    }

    /// The VPC that a table is of.
    pub(crate) fn vpc_of_table(&self, table: &str) -> Option<String> {
        let listed = self.tables.iter().find(|known| text(known, "RouteTableId") == Some(table));
        let system =
            || self.vpcs.iter().find(|vpc| self.system_table(vpc).as_deref() == Some(table));
        text(listed.or_else(system)?, "VpcId").map(str::to_owned)
    }

    /// The public addresses that instances were made with, by instance.
    pub(crate) fn static_addresses(&self) -> Vec<String> {
        let with = self.instances.iter().filter(|i| public_address(i).is_some());
        with.filter_map(|instance| text(instance, "InstanceId")).map(static_name).collect()
    }

    /// The external next hops that entries name, by our kind.
    pub(crate) fn external_hops(&self) -> BTreeMap<&'static str, Vec<String>> {
        let mut hops: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
        for hop in self.routes.iter().flat_map(next_hops) {
            let kind = text(hop, "NextHopType").and_then(external_kind);
            if let (Some(kind), Some(id)) = (kind, text(hop, "NextHopId")) {
                hops.entry(kind).or_default().insert(id.to_owned());
            }
        }
        hops.into_iter().map(|(kind, ids)| (kind, ids.into_iter().collect())).collect()
    }

    /// The real region, if all answers agree.
    pub(crate) fn region(&self) -> Option<String> {
        let regions: BTreeSet<&str> =
            self.vpcs.iter().filter_map(|vpc| text(vpc, "RegionId")).collect();
        let mut regions = regions.into_iter();
        regions.next().filter(|_| regions.next().is_none()).map(str::to_owned)
    }
}

/// The field that says what a list is of, where it was put into the answer.
fn owner_of(list: &str) -> Option<&'static str> {
    Some(match list {
        "GatewayRouteEntryModels" => "GatewayRouteTableId",
        "Zones" => "EndpointId",
        "Resources" => "ServiceId",
        _ => return None,
    })
}

fn is_gwlb(balancer: &Value) -> bool {
    text(balancer, "LoadBalancerId").is_some_and(|id| id.starts_with("gwlb-"))
}

/// The items of a list that is read, by its name.
fn items(key: &str, value: &Value) -> Option<Vec<Value>> {
    let inner = match key {
        "Vpcs" => "Vpc",
        "VSwitches" => "VSwitch",
        "RouterTableList" => "RouterTableListType",
        "RouteEntrys" => "RouteEntry",
        "EipAddresses" => "EipAddress",
        "NatGateways" => "NatGateway",
        "SnatTableEntries" => "SnatTableEntry",
        "ForwardTableEntries" => "ForwardTableEntry",
        "Instances" => "Instance",
        "NetworkInterfaceSets" => "NetworkInterfaceSet",
        // That of classic ones.
        "LoadBalancers" if value.is_object() => "LoadBalancer",
        // Newer answers have no name between.
        "Ipv4GatewayModels"
        | "GatewayRouteEntryModels"
        | "LoadBalancers"
        | "Listeners"
        | "ServerGroups"
        | "Servers"
        | "ListenerHealthStatus"
        | "Endpoints"
        | "Zones"
        | "Resources"
        | "RouteTargetGroups"
        | "AnycastList" => return value.as_array().cloned(),
        _ => return None,
    };
    value.get(inner)?.as_array().cloned()
}

/// The next hops of a route entry.
pub(crate) fn next_hops(route: &Value) -> impl Iterator<Item = &Value> {
    let list = route.get("NextHops").and_then(|hops| hops.get("NextHop")).and_then(Value::as_array);
    list.into_iter().flatten()
}

/// Our kind for a type of external next hop.
pub(crate) fn external_kind(next_hop_type: &str) -> Option<&'static str> {
    Some(match next_hop_type {
        "VpcPeer" => "peer",
        "Attachment" => "tr",
        "VpnGateway" => "vpn",
        "RouterInterface" => "ri",
        "Ecr" | "ECR" => "ecr",
        "HaVip" => "havip",
        _ => return None,
    })
}

/// The public address that an instance was made with.
pub(crate) fn public_address(instance: &Value) -> Option<&str> {
    texts(instance, "PublicIpAddress", "IpAddress").first().copied()
}

/// The name by which the public address of an instance is numbered; behind all allocation ids.
pub(crate) fn static_name(instance: &str) -> String {
    format!("static of {instance}")
}
