//! The lines that make the objects again, in an order in which each is accepted.

use serde_json::Value;

use super::Writer;
use super::answers::{Answers, public_address, static_name, text, texts};
use super::routes::is_dynamic;

impl Writer<'_> {
    /// Every object of the answers.
    pub(super) fn everything(&mut self, answers: &Answers) {
        for (sort, what) in &answers.problems {
            self.problem(sort, what);
        }
        answers.vpcs.iter().for_each(|vpc| self.vpc(answers, vpc));
        answers.vpcs.iter().for_each(|vpc| self.mode(answers, vpc));
        answers.vswitches.iter().for_each(|vswitch| self.vswitch(vswitch));
        answers.tables.iter().for_each(|table| self.table(table));
        answers.vswitches.iter().for_each(|vswitch| self.association(answers, vswitch));
        answers.instances.iter().for_each(|instance| self.instance(instance));
        answers.interfaces.iter().for_each(|interface| self.interface(interface));
        answers.nats.iter().for_each(|nat| self.nat(nat));
        answers.balancers.iter().for_each(|balancer| self.balancer(balancer));
        self.inspection(answers);
        answers.eips.iter().for_each(|eip| self.eip(eip));
        answers.anycasts.iter().for_each(|anycast| self.anycast(anycast));
        answers.snats.iter().for_each(|entry| self.snat(answers, entry));
        answers.forwards.iter().for_each(|entry| self.forward(answers, entry));
        answers.gateways.iter().for_each(|gateway| self.gateway(gateway));
        // Dynamic ones last: they wait where a Custom one has their destination.
        let (custom, dynamic): (Vec<&Value>, Vec<&Value>) =
            answers.routes.iter().partition(|route| !is_dynamic(route));
        custom.into_iter().chain(dynamic).for_each(|route| self.route(answers, route));
        for (table, route) in &answers.gateway_routes {
            self.gateway_route(answers, table.as_deref(), route);
        }
        answers.gateways.iter().for_each(|gateway| self.bound_table(gateway));
        self.forwarding(answers);
    }

    /// A required field; a problem if it is not there.
    pub(super) fn field<'v>(&mut self, value: &'v Value, key: &str, of: &str) -> Option<&'v str> {
        let found = text(value, key);
        if found.is_none() {
            self.unknown(&format!("{of} has no {key}"));
        }
        found
    }

    /// The object's own id, ours; writes which is which.
    pub(super) fn named(&mut self, value: &Value, key: &str) -> Option<(String, String)> {
        let vendor = self.field(value, key, "an object")?.to_owned();
        let id = self.ids.get(&vendor)?.to_owned();
        self.comment(&format!("{id} = {vendor}"));
        self.unmade.insert(vendor.clone());
        Some((id, vendor))
    }

    /// The line that makes an object.
    pub(super) fn make(&mut self, vendor: &str, line: &str) {
        if self.line(line) {
            self.unmade.remove(vendor);
        }
    }

    pub(super) fn settled(&mut self, value: &Value, key: &str, good: &[&str], vendor: &str) {
        if let Some(status) = text(value, key).filter(|status| !good.contains(status)) {
            self.unsupported(&format!("{vendor} is {status}; written as {}", good[0]));
        }
    }

    fn vpc(&mut self, answers: &Answers, vpc: &Value) {
        let Some((id, vendor)) = self.named(vpc, "VpcId") else { return };
        let Some(cidr) = self.field(vpc, "CidrBlock", &vendor) else { return };
        let Some(system) = answers.system_table(vpc) else {
            return self.unknown(&format!("{vendor}: no answer names its System table"));
        };
        let Some(table) = self.id(&system, &vendor) else { return };
        self.comment(&format!("{table} = {system}"));
        let mut line = format!("create-vpc {id} {table} {cidr}");
        for secondary in texts(vpc, "SecondaryCidrBlocks", "SecondaryCidrBlock") {
            line.push_str(&format!(" cidr={secondary}"));
        }
        // The primary CIDR is one by itself, where it counts.
        for user in texts(vpc, "UserCidrs", "UserCidr").into_iter().filter(|user| *user != cidr) {
            line.push_str(&format!(" user-cidr={user}"));
        }
        if answers.nats.iter().any(|nat| is_normal(nat) && text(nat, "VpcId") == Some(&vendor)) {
            line.push_str(" flag=normal-nat");
        }
        self.make(&vendor, &line);
        self.settled(vpc, "Status", &["Available"], &vendor);
        for key in ["Ipv6CidrBlock", "Ipv6CidrBlocks"] {
            let has = match vpc.get(key) {
                Some(Value::String(text)) => !text.is_empty(),
                Some(Value::Object(list)) => {
                    list.values().any(|l| l.as_array().is_some_and(|l| !l.is_empty()))
                }
                _ => false,
            };
            if has {
                self.unsupported(&format!("{vendor}: IPv6"));
            }
        }
    }

    fn vswitch(&mut self, vswitch: &Value) {
        let Some((id, vendor)) = self.named(vswitch, "VSwitchId") else { return };
        let Some(vpc) = self.field(vswitch, "VpcId", &vendor) else { return };
        let Some(vpc) = self.id(vpc, &vendor) else { return };
        let Some(cidr) = self.field(vswitch, "CidrBlock", &vendor) else { return };
        self.make(&vendor, &format!("create-vswitch {id} {vpc} {cidr}"));
        self.settled(vswitch, "Status", &["Available"], &vendor);
        if text(vswitch, "NetworkAclId").is_some() {
            self.unsupported(&format!("{vendor}: network ACL"));
        }
    }

    fn table(&mut self, table: &Value) {
        if text(table, "RouteTableType") == Some("System") {
            return;
        }
        let Some((id, vendor)) = self.named(table, "RouteTableId") else { return };
        let Some(vpc) = self.field(table, "VpcId", &vendor) else { return };
        let Some(vpc) = self.id(vpc, &vendor) else { return };
        let kind = match text(table, "AssociateType") {
            Some("Gateway") => " type=gateway",
            None | Some("VSwitch") => "",
            Some(other) => return self.unsupported(&format!("{vendor}: a table of type {other}")),
        };
        self.make(&vendor, &format!("create-route-table {id} {vpc}{kind}"));
        self.settled(table, "Status", &["Available"], &vendor);
    }

    fn association(&mut self, answers: &Answers, vswitch: &Value) {
        let Some(vendor) = text(vswitch, "VSwitchId") else { return };
        let own = vswitch.get("RouteTable").and_then(|table| text(table, "RouteTableId"));
        let listed = answers
            .tables
            .iter()
            .find(|table| texts(table, "VSwitchIds", "VSwitchId").contains(&vendor));
        let Some(table) = own.or_else(|| text(listed?, "RouteTableId")) else {
            return self.unknown(&format!("{vendor}: no answer names its table"));
        };
        let is_system = |vpc: &Value| answers.system_table(vpc).as_deref() == Some(table);
        if answers.vpcs.iter().any(is_system) {
            return;
        }
        let is_listed = |known: &Value| text(known, "RouteTableId") == Some(table);
        if !answers.tables.iter().any(is_listed) {
            return self
                .unknown(&format!("{vendor} names {table}, which no DescribeRouteTableList has"));
        }
        if let (Some(table), Some(id)) = (self.id(table, vendor), self.id(vendor, vendor)) {
            self.line(&format!("associate-route-table {table} {id}"));
        }
    }

    /// ` on` if it was named as passing on packets.
    pub(super) fn forward_option(&self, vendor: &str) -> &'static str {
        if self.options.forward.iter().any(|named| named == vendor) { " forward=on" } else { "" }
    }

    fn instance(&mut self, instance: &Value) {
        let Some((id, vendor)) = self.named(instance, "InstanceId") else { return };
        let Some(attributes) = instance.get("VpcAttributes") else {
            return self.unsupported(&format!("{vendor} is in no VPC"));
        };
        let Some(vswitch) = self.field(attributes, "VSwitchId", &vendor) else { return };
        let Some(vswitch) = self.id(vswitch, &vendor) else { return };
        let addresses = texts(attributes, "PrivateIpAddress", "IpAddress");
        let Some((address, others)) = addresses.split_first() else {
            return self.unknown(&format!("{vendor} has no PrivateIpAddress"));
        };
        let mut line = format!("create-instance {id} {vswitch} {address}");
        if let Some(public) = public_address(instance)
            && let Some(eip) = self.id(&static_name(&vendor), &vendor)
        {
            line.push_str(&format!(" public={eip}:{public}"));
        }
        line.push_str(self.forward_option(&vendor));
        self.make(&vendor, &line);
        for other in others {
            self.unsupported(&format!("{vendor}: a further private address, {other}"));
        }
    }

    fn interface(&mut self, interface: &Value) {
        let Some((id, vendor)) = self.named(interface, "NetworkInterfaceId") else { return };
        let Some(vswitch) = self.field(interface, "VSwitchId", &vendor) else { return };
        let Some(vswitch) = self.id(vswitch, &vendor) else { return };
        let Some(address) = self.field(interface, "PrivateIpAddress", &vendor) else { return };
        let forward = self.forward_option(&vendor);
        self.make(&vendor, &format!("create-network-interface {id} {vswitch} {address}{forward}"));
        let sets = interface.get("PrivateIpSets").and_then(|sets| sets.get("PrivateIpSet"));
        for set in sets.and_then(Value::as_array).into_iter().flatten() {
            if let Some(other) = text(set, "PrivateIpAddress").filter(|other| *other != address) {
                self.unsupported(&format!("{vendor}: a further private address, {other}"));
            }
        }
    }

    fn nat(&mut self, nat: &Value) {
        let Some((id, vendor)) = self.named(nat, "NatGatewayId") else { return };
        if is_normal(nat) {
            return self.unsupported(&format!(
                "{vendor}: a NAT gateway of type Normal; its VPC has the flag"
            ));
        }
        if text(nat, "NetworkType") == Some("intranet") {
            return self.unsupported(&format!("{vendor}: a VPC NAT gateway"));
        }
        let Some(place) = nat.get("NatGatewayPrivateInfo") else {
            return self.unknown(&format!("{vendor} has no NatGatewayPrivateInfo"));
        };
        let Some(vswitch) = self.field(place, "VswitchId", &vendor) else { return };
        let Some(vswitch) = self.id(vswitch, &vendor) else { return };
        let Some(address) = self.field(place, "PrivateIpAddress", &vendor) else { return };
        let mode = match text(nat, "EipBindMode") {
            Some("MULTI_BINDED") => " mode=multi-binded",
            Some("NAT") => "",
            Some(other) => return self.unsupported(&format!("{vendor}: EipBindMode {other}")),
            None => return self.unknown(&format!("{vendor} has no EipBindMode")),
        };
        self.make(&vendor, &format!("create-nat-gateway {id} {vswitch} {address}{mode}"));
        self.settled(nat, "Status", &["Available"], &vendor);
    }

    fn balancer(&mut self, balancer: &Value) {
        let Some((id, vendor)) = self.named(balancer, "LoadBalancerId") else { return };
        if text(balancer, "AddressType") == Some("internet") {
            return self.unsupported(&format!(
                "{vendor}: an internet load balancer, of which the answer does not say which VPC it serves"
            ));
        }
        let Some(vswitch) = self.field(balancer, "VSwitchId", &vendor) else { return };
        let Some(vswitch) = self.id(vswitch, &vendor) else { return };
        let Some(address) = self.field(balancer, "Address", &vendor) else { return };
        self.make(&vendor, &format!("create-load-balancer {id} internal {vswitch} {address}"));
    }

    fn eip(&mut self, eip: &Value) {
        let Some((id, vendor)) = self.named(eip, "AllocationId") else { return };
        let Some(address) = self.field(eip, "IpAddress", &vendor) else { return };
        let mode = match text(eip, "Mode") {
            None | Some("NAT") => "",
            Some("BINDED") => " mode=binded",
            Some("MULTI_BINDED") => " mode=multi-binded",
            Some(other) => return self.unsupported(&format!("{vendor}: mode {other}")),
        };
        self.make(&vendor, &format!("allocate-eip {id} {address}{mode}"));
        self.settled(eip, "Status", &["Available", "InUse"], &vendor);
        let Some(target) = text(eip, "InstanceId") else { return };
        match text(eip, "InstanceType") {
            Some("EcsInstance" | "NetworkInterface" | "Nat" | "SlbInstance") => {
                if let Some(target) = self.id(target, &vendor) {
                    self.line(&format!("associate-eip {id} {target}"));
                }
            }
            other => self.unsupported(&format!(
                "{vendor} is bound to {target}, {}",
                other.unwrap_or("of no type")
            )),
        }
    }

    /// The NAT gateway that an entry is of, and our id of a public address.
    fn entry(
        &mut self,
        answers: &Answers,
        entry: &Value,
        list: &str,
        table: &str,
        address: &str,
        of: &str,
    ) -> Option<(String, String)> {
        let table = text(entry, table);
        let owns = |nat: &&Value| {
            let (outer, inner) = (format!("{list}s"), list);
            texts(nat, &outer, inner).into_iter().any(|id| Some(id) == table)
        };
        let nat = text(entry, "NatGatewayId").map(str::to_owned);
        let nat = nat.or_else(|| {
            answers
                .nats
                .iter()
                .find(owns)
                .and_then(|nat| text(nat, "NatGatewayId"))
                .map(str::to_owned)
        });
        let Some(nat) = nat else {
            self.unknown(&format!("{of}: no answer names its NAT gateway"));
            return None;
        };
        let nat = self.id(&nat, of)?;
        let eip = answers.eips.iter().find(|eip| text(eip, "IpAddress") == Some(address));
        match eip.and_then(|eip| text(eip, "AllocationId")) {
            Some(eip) => Some((nat, self.id(eip, of)?)),
            None => {
                self.unknown(&format!("{of} names {address}, which no DescribeEipAddresses has"));
                None
            }
        }
    }

    fn snat(&mut self, answers: &Answers, entry: &Value) {
        let of = text(entry, "SnatEntryId").unwrap_or("an SNAT entry").to_owned();
        let Some(source) = self.field(entry, "SourceCIDR", &of) else { return };
        let Some(address) = self.field(entry, "SnatIp", &of) else { return };
        if address.contains(',') {
            return self.unsupported(&format!("{of}: several public addresses, {address}"));
        }
        self.settled(entry, "Status", &["Available"], &of);
        if let Some((nat, eip)) =
            self.entry(answers, entry, "SnatTableId", "SnatTableId", address, &of)
        {
            self.line(&format!("create-snat-entry {nat} {source} {eip}"));
        }
    }

    fn forward(&mut self, answers: &Answers, entry: &Value) {
        let of = text(entry, "ForwardEntryId").unwrap_or("a DNAT entry").to_owned();
        let mut fields = ["ExternalIp", "ExternalPort", "InternalIp", "InternalPort", "IpProtocol"]
            .map(|key| self.field(entry, key, &of).map(str::to_ascii_lowercase));
        let [Some(address), Some(port), Some(inside), Some(inner), Some(protocol)] = &mut fields
        else {
            return;
        };
        if port.contains('/') || inner.contains('/') {
            return self.unsupported(&format!("{of}: a range of ports, {port} to {inner}"));
        }
        if protocol == "any" {
            (*port, *inner) = ("0".into(), "0".into());
        }
        self.settled(entry, "Status", &["Available"], &of);
        if let Some((nat, eip)) =
            self.entry(answers, entry, "ForwardTableId", "ForwardTableId", address, &of)
        {
            self.line(&format!(
                "create-forward-entry {nat} {eip} {protocol} {port} {inside} {inner}"
            ));
        }
    }
}

pub(super) fn is_normal(nat: &Value) -> bool {
    text(nat, "NatType") == Some("Normal")
}
