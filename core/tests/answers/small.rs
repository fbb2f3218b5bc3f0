//! Random small regions: everything that tells addresses apart lies in a slice of 256.

use sekisho::addr::{Addr, Prefix};
use sekisho::model::{Rng, Twin};

/// Slices that straddle what is private, martian or neither: the first address, and the VPC's.
const SLICES: [([u8; 4], [u8; 4]); 6] = [
    ([9, 255, 255, 128], [10, 0, 0, 0]),
    ([192, 167, 255, 128], [192, 168, 0, 0]),
    ([172, 15, 255, 128], [172, 16, 0, 0]),
    ([30, 0, 0, 0], [30, 0, 0, 0]),
    ([100, 63, 255, 128], [100, 64, 0, 0]),
    ([8, 8, 8, 0], [10, 0, 0, 0]),
];

pub(crate) struct Small {
    pub(crate) rng: Rng,
    pub(crate) base: u32,
    vpc: u32,
    /// Whether much refuses a gateway.
    is_hard: bool,
}

impl Small {
    pub(crate) fn new(seed: u64) -> Small {
        let mut rng = Rng::new(seed);
        let (base, vpc) = rng.pick(&SLICES);
        let (base, vpc) = (u32::from_be_bytes(base), u32::from_be_bytes(vpc));
        Small { rng, base, vpc, is_hard: false }
    }

    /// Regions in which much refuses a gateway.
    pub(crate) fn hard(seed: u64) -> Small {
        Small { is_hard: true, ..Small::new(seed) }
    }

    fn hard_chance(&mut self, percent: u32) -> bool {
        self.is_hard && self.rng.chance(percent)
    }

    /// The addresses of the slice.
    pub(crate) fn slice(&self) -> impl Iterator<Item = Addr> + use<> {
        let base = self.base;
        (0..256).map(move |n| Addr(base + n))
    }

    /// Makes a topology, of which some parts are missing, and then some more.
    pub(crate) fn build(&mut self, pair: &mut super::Pair<'_>) {
        let mut lines = Vec::new();
        let a = Addr(self.vpc);
        if self.rng.chance(25) {
            lines.push("region blackout=on".to_owned());
        }
        let second = if self.rng.chance(30) { "cidr=10.9.0.0/24" } else { "" };
        let user = match self.rng.below(4) {
            0 => format!("user-cidr={}", self.prefix()),
            1 => "user-cidr=30.0.0.0/16".to_owned(),
            _ => String::new(),
        };
        let mut flags = String::new();
        if self.hard_chance(10) {
            let all = ["normal-nat", "vpn", "subnet-route-v1", "shared-principal", "unsupported"];
            for flag in all.into_iter().filter(|_| self.rng.chance(30)) {
                flags.push_str(&format!(" flag={flag}"));
            }
        }
        lines.push(format!("create-vpc vpc-1 vtb-1 {a}/25 {second} {user}{flags}"));
        if self.rng.chance(30) {
            lines.push(format!("create-vpc vpc-2 vtb-9 {a}/26"));
            lines.push(format!("create-vswitch vsw-9 vpc-2 {a}/27"));
            lines.push(format!("create-instance i-9 vsw-9 {}", Addr(self.vpc + 6)));
        }
        for n in 1..=self.rng.below(3) + 2 {
            lines.push(format!("create-vswitch vsw-{n} vpc-1 {}", self.vswitch_cidr(n)));
            if self.rng.chance(70) {
                lines.push(format!("create-route-table vtb-1{n} vpc-1"));
                lines.push(format!("associate-route-table vtb-1{n} vsw-{n}"));
            }
        }
        lines.push("create-route-table vtb-20 vpc-1 type=gateway".to_owned());
        lines.push("create-gwlb gwlb-1".to_owned());
        lines.push("register-appliance gwlb-1 app-1".to_owned());
        lines.push("create-gwlb-endpoint ep-1 vsw-2 gwlb-1".to_owned());
        lines.push("create-gwlb-endpoint ep-2 vsw-3 gwlb-1".to_owned());
        lines.push("create-route-target-group rtg-1 ep-1 ep-2".to_owned());
        for n in 1..=3 {
            let vswitch = self.rng.below(3) + 1;
            let address = self.host_address(vswitch, n);
            lines.push(format!("create-instance i-{n} vsw-{vswitch} {address}{}", self.forward()));
        }
        let address = self.host_address(1, 5);
        lines.push(format!("create-network-interface eni-1 vsw-1 {address} forward=on"));
        let mode = if self.hard_chance(60) { " mode=multi-binded" } else { "" };
        lines.push(format!("create-nat-gateway ngw-1 vsw-2 {}{mode}", self.host_address(2, 6)));
        lines.push(format!("create-load-balancer lb-1 internal vsw-1 {}", self.host_address(1, 7)));
        lines.push(format!("create-load-balancer lb-2 internet vpc-1 {}", self.public()));
        for n in 1..=5 {
            lines.push(format!("allocate-eip eip-{n} {}", self.public()));
        }
        if self.rng.chance(20) {
            lines.push(format!("allocate-eip eip-6 {} mode=binded", self.public()));
            lines.push("associate-eip eip-6 i-2".to_owned());
        }
        for (eip, target) in [(1, "i-1"), (2, "ngw-1"), (3, "lb-1"), (4, "ngw-1")] {
            lines.push(format!("associate-eip eip-{eip} {target}"));
        }
        lines.push(format!("create-snat-entry ngw-1 {} eip-2", self.snat_prefix()));
        for n in 1..=3 {
            let vswitch = self.rng.below(3) + 1;
            let to = self.host_address(vswitch, n);
            lines.push(format!("create-forward-entry ngw-1 eip-2 tcp 44{n} {to} 8080"));
            let hop = self.any_hop();
            lines.push(format!("create-route-entry vtb-1{n} 0.0.0.0/0 {hop}"));
        }
        lines.push("create-ipv4-gateway ipv4gw-1 vpc-1".to_owned());
        let mut enables = 60;
        match self.rng.below(5) {
            0 => self.chain(&mut lines),
            1 => {
                self.shared(&mut lines);
                enables = 10;
            }
            _ => {}
        }
        if self.rng.chance(enables) {
            let tables = self.tables();
            lines.push(format!("enable-vpc-ipv4-gateway ipv4gw-1 {tables}"));
        }
        if self.rng.chance(60) {
            lines.push("associate-route-table-with-gateway vtb-20 ipv4gw-1".to_owned());
        }
        for line in lines {
            if !self.rng.chance(7) {
                let _ = pair.run(&line);
            }
        }
        for _ in 0..self.rng.below(14) + 4 {
            let line = self.accepted(&pair.twin);
            let _ = pair.run(&line);
        }
        if self.hard_chance(60) {
            for _ in 0..6 {
                let line = format!("begin {}", self.operation());
                let _ = pair.run(&line);
            }
            if self.rng.chance(30) {
                let _ =
                    pair.run(&format!("create-route-entry {} 0.0.0.0/0 peer-1", self.any_table()));
            }
            for _ in 0..self.rng.below(4) {
                let line = self.accepted(&pair.twin);
                let _ = pair.run(&line);
            }
        }
        if self.hard_chance(4) {
            let _ = pair.run("region gateway=off");
        }
    }

    /// A second NAT gateway, to which the first leads, and which may forward to the first.
    fn chain(&mut self, lines: &mut Vec<String>) {
        let (vswitch, sender) = self.rng.pick(&[(1, 3), (3, 1)]);
        for n in 1..=3 {
            lines.push(format!("create-route-table vtb-1{n} vpc-1"));
            lines.push(format!("associate-route-table vtb-1{n} vsw-{n}"));
        }
        let address = self.host_address(vswitch, 8);
        lines.push(format!("create-nat-gateway ngw-2 vsw-{vswitch} {address}"));
        lines.push("associate-eip eip-5 ngw-2".to_owned());
        lines.push(format!("create-snat-entry ngw-2 {} eip-5", self.snat_prefix()));
        let to = if self.rng.chance(60) { self.host_address(2, 6) } else { self.address() };
        let ports =
            self.rng.pick(&["tcp 80 {} 8080", "tcp 81 {} 80", "udp 53 {} 80", "any 0 {} 0"]);
        let ports = ports.replace("{}", &to.to_string());
        lines.push(format!("create-forward-entry ngw-2 eip-5 {ports}"));
        let source = self.host_address(sender, 1);
        let of = Prefix::new_truncated(source, self.rng.pick(&[25, 27, 32]));
        lines.push(format!("create-snat-entry ngw-1 {of} eip-4"));
        for (n, hop) in [(sender, "ngw-1"), (2, "ngw-2"), (vswitch, "ipv4gw-1")] {
            lines.push(format!("create-route-entry vtb-1{n} 0.0.0.0/0 ri-1"));
            lines.push(format!("modify-route-entry vtb-1{n} 0.0.0.0/0 {hop}"));
        }
        lines.push("enable-vpc-ipv4-gateway ipv4gw-1".to_owned());
    }

    /// A NAT gateway among its own hosts, whose table has other routes too.
    fn shared(&mut self, lines: &mut Vec<String>) {
        lines.push("create-route-table vtb-12 vpc-1".to_owned());
        lines.push("associate-route-table vtb-12 vsw-2".to_owned());
        lines.push("create-route-entry vtb-12 0.0.0.0/0 peer-1".to_owned());
        lines.push("modify-route-entry vtb-12 0.0.0.0/0 ngw-1".to_owned());
        for _ in 0..self.rng.below(3) + 1 {
            let (prefix, hop) = (self.prefix(), self.any_hop());
            lines.push(format!("create-route-entry vtb-12 {prefix} {hop}"));
        }
        let (prefix, hop) = (self.prefix(), self.rng.pick(&["vpn-1", "ri-1+ri-2"]));
        lines.push(format!("announce-route vtb-12 {prefix} {hop}"));
        let (cidr, hop) = (self.vswitch_cidr(1), self.rng.pick(&["i-2", "eni-1", "ep-1"]));
        lines.push(format!("modify-route-entry vtb-12 {cidr} {hop}"));
    }

    fn tables(&mut self) -> String {
        let all = ["vtb-1", "vtb-11", "vtb-12", "vtb-13", "vtb-14"];
        let some: Vec<&str> = all.into_iter().filter(|_| self.rng.chance(35)).collect();
        some.join(" ")
    }

    fn forward(&mut self) -> &'static str {
        if self.rng.chance(50) { " forward=on" } else { "" }
    }

    fn vswitch_cidr(&mut self, n: u32) -> Prefix {
        let len = self.rng.pick(&[27, 27, 27, 28]);
        Prefix::new_truncated(Addr(self.vpc + (n - 1) % 4 * 32), len)
    }

    fn host_address(&mut self, vswitch: u32, n: u32) -> Addr {
        let some = if self.rng.chance(90) { n } else { self.rng.below(16) };
        Addr(self.vpc + (vswitch - 1) % 4 * 32 + 4 + some % 10)
    }

    pub(crate) fn address(&mut self) -> Addr {
        match self.rng.below(10) {
            0..5 => Addr(self.base + self.rng.below(256)),
            5..8 => {
                let (vswitch, n) = (self.rng.below(4) + 1, self.rng.below(8));
                self.host_address(vswitch, n)
            }
            8 => self.public(),
            _ => Addr(self.rng.word()),
        }
    }

    fn public(&mut self) -> Addr {
        if self.rng.chance(30) {
            return Addr(self.base + self.rng.below(128));
        }
        Addr(Addr::new(47, 0, 0, 0).0 + self.rng.below(24))
    }

    pub(crate) fn prefix(&mut self) -> Prefix {
        let len = match self.rng.below(10) {
            0..3 => return Prefix::DEFAULT,
            3 => self.rng.below(24) as u8 + 1,
            _ => self.rng.pick(&[24, 25, 25, 26, 27, 28, 29, 30, 31, 32]),
        };
        Prefix::new_truncated(Addr(self.base + self.rng.below(256)), len)
    }

    fn snat_prefix(&mut self) -> Prefix {
        let vpc = Prefix::new_truncated(Addr(self.vpc), 25);
        if self.rng.chance(50) { vpc } else { self.prefix() }
    }

    pub(crate) fn any_table(&mut self) -> &'static str {
        self.rng.pick(&["vtb-1", "vtb-11", "vtb-12", "vtb-13", "vtb-14", "vtb-20", "vtb-9"])
    }

    fn any_hop(&mut self) -> String {
        let hops = [
            "i-1",
            "i-2",
            "i-3",
            "eni-1",
            "ep-1",
            "ep-2",
            "rtg-1",
            "ipv4gw-1",
            "ipv4gw-1",
            "ipv4gw-1",
            "ngw-1",
            "ngw-1",
            "ngw-2",
            "peer-1",
            "vpn-2",
            "ri-1",
            "ri-1+ri-2",
            "ri-2+ri-3+ri-4",
        ];
        self.rng.pick(&hops).to_owned()
    }

    pub(crate) fn dynamic_hop(&mut self) -> &'static str {
        self.rng.pick(&["peer-3", "ri-1+ri-5", "vpn-1"])
    }

    /// An entry that the tables have, mostly.
    pub(crate) fn entry(&mut self, twin: &Twin) -> String {
        let all: Vec<_> = twin
            .tables
            .iter()
            .flat_map(|(id, table)| table.effective().into_iter().map(move |e| (*id, e.prefix)))
            .collect();
        if all.is_empty() || self.rng.chance(10) {
            return format!("{} {}", self.any_table(), self.prefix());
        }
        let (table, prefix) = self.rng.pick(&all);
        format!("{table} {prefix}")
    }

    pub(crate) fn operation(&mut self) -> String {
        match self.rng.below(12) {
            0 => "create-ipv4-gateway ipv4gw-1 vpc-1".to_owned(),
            1..5 => format!("enable-vpc-ipv4-gateway ipv4gw-1 {}", self.tables()),
            5 => "update-ipv4-gateway-attribute ipv4gw-1".to_owned(),
            6 | 7 => {
                let mode = self.rng.pick(&["private", "public", "public"]);
                format!("delete-ipv4-gateway ipv4gw-1 mode={mode}")
            }
            8 | 9 => "dissociate-route-table-from-gateway vtb-20 ipv4gw-1".to_owned(),
            _ => "associate-route-table-with-gateway vtb-20 ipv4gw-1".to_owned(),
        }
    }

    /// A command that is mostly accepted.
    pub(crate) fn accepted(&mut self, twin: &Twin) -> String {
        for _ in 0..12 {
            let line = self.command(twin);
            if twin.clone().apply(&super::pair::command_of(&line)).is_ok() {
                return line;
            }
        }
        self.command(twin)
    }

    /// A command of any kind; it may be refused.
    pub(crate) fn command(&mut self, twin: &Twin) -> String {
        let n = self.rng.below(4) + 1;
        let on = self.rng.pick(&["on", "off"]);
        match self.rng.below(60) {
            0..9 => {
                let (table, prefix, hop) = (self.any_table(), self.prefix(), self.any_hop());
                format!("create-route-entry {table} {prefix} {hop}")
            }
            9..15 => {
                let hop = if self.rng.chance(30) { "local".to_owned() } else { self.any_hop() };
                format!("modify-route-entry {} {hop}", self.entry(twin))
            }
            15..18 => format!("delete-route-entry {}", self.entry(twin)),
            18..21 => {
                let cidrs: Vec<_> = twin.vswitches.values().map(|v| v.cidr).collect();
                let cidr = if cidrs.is_empty() { self.prefix() } else { self.rng.pick(&cidrs) };
                let hops = ["i-1", "i-2", "i-3", "eni-1", "ep-1", "ep-2", "rtg-1", "local"];
                let hop = self.rng.pick(&hops);
                format!("update-gateway-route-table-entry-attribute vtb-20 {cidr} {hop}")
            }
            21..26 => self.operation(),
            26 | 27 => format!("begin {}", self.operation()),
            28 => "commit ipv4gw-1".to_owned(),
            29 => "abort ipv4gw-1".to_owned(),
            30 | 31 => {
                format!("set-forward {} {on}", self.rng.pick(&["i-1", "i-2", "i-3", "eni-1"]))
            }
            32..34 => {
                let targets = ["i-1", "i-2", "i-3", "eni-1", "ngw-1", "ngw-2", "lb-1", "i-9"];
                format!("associate-eip eip-{} {}", self.rng.below(6) + 1, self.rng.pick(&targets))
            }
            34..36 => format!("unassociate-eip eip-{}", self.rng.below(6) + 1),
            36 => format!("release-eip eip-{}", self.rng.below(6) + 1),
            37 => {
                let mode = self.rng.pick(&["nat", "nat", "binded", "multi-binded"]);
                format!("allocate-eip eip-{} {} mode={mode}", self.rng.below(6) + 1, self.public())
            }
            38..41 => {
                let (vswitch, forward) = (self.rng.below(4) + 1, self.forward());
                let address = self.host_address(vswitch, n);
                let public = match self.rng.below(4) {
                    0 => format!(" public=eip-{}:{}", self.rng.below(6) + 1, self.public()),
                    _ => String::new(),
                };
                format!("create-instance i-{n} vsw-{vswitch} {address}{public}{forward}")
            }
            41 => format!("delete-instance i-{n}"),
            42 => format!("create-snat-entry ngw-{} {} eip-{n}", n % 2 + 1, self.snat_prefix()),
            43 => {
                let all: Vec<_> = twin.snat.keys().copied().collect();
                let Some(&(nat, prefix)) = all.first() else { return self.command(twin) };
                format!("delete-snat-entry {nat} {prefix}")
            }
            44..48 => {
                let (eip, address) = (self.rng.below(4) + 1, self.address());
                let nat = self.rng.pick(&["ngw-1", "ngw-1", "ngw-2"]);
                match self.rng.below(3) {
                    0 => format!("create-forward-entry {nat} eip-{eip} any 0 {address} 0"),
                    1 => format!("create-forward-entry {nat} eip-{eip} udp 53 {address} 80"),
                    _ => format!(
                        "create-forward-entry {nat} eip-{eip} tcp {} {address} {}",
                        self.rng.pick(&[80, 443]),
                        self.rng.pick(&[80, 8080])
                    ),
                }
            }
            48 => format!("delete-forward-entry ngw-1 eip-{n} tcp {}", self.rng.pick(&[80, 443])),
            49 => {
                let vswitch = self.rng.below(4) + 1;
                format!("create-nat-gateway ngw-2 vsw-{vswitch} {}", self.host_address(vswitch, 8))
            }
            50 => format!("set-appliance app-1 {}", self.rng.pick(&["healthy", "unhealthy"])),
            51 => {
                let ingress = self.rng.pick(&["drop-unsolicited", "deliver-local"]);
                format!("region clb-restricted={on} ingress={ingress}")
            }
            52 => format!("region blackout={on}"),
            53 => {
                self.rng.pick(&["switch-active rtg-1", "report-probe rtg-1 ep-1 fail"]).to_owned()
            }
            54 => {
                let (table, prefix) = (self.any_table(), self.prefix());
                format!("announce-route {table} {prefix} {}", self.dynamic_hop())
            }
            55 => format!("associate-route-table {} vsw-{n}", self.any_table()),
            56 => self
                .rng
                .pick(&[
                    "delete-nat-gateway ngw-1",
                    "delete-load-balancer lb-1",
                    "delete-load-balancer lb-2",
                    "delete-route-table vtb-11",
                    "delete-vswitch vsw-4",
                    "delete-gwlb-endpoint ep-1",
                    "delete-route-target-group rtg-1",
                    "delete-gwlb gwlb-1",
                    "deregister-appliance app-1",
                    "delete-network-interface eni-1",
                    "delete-vpc vpc-2",
                    "register-appliance gwlb-1 app-2",
                    "create-gwlb gwlb-2 fail-open=on",
                    "create-gwlb-endpoint ep-1 vsw-1 gwlb-2",
                    "create-gwlb-endpoint ep-3 vsw-1 gwlb-1",
                    "create-route-target-group rtg-1 ep-2 ep-3",
                    "unassociate-route-table vtb-11 vsw-1",
                ])
                .to_owned(),
            57 => format!("withdraw-route {}", self.entry(twin)),
            58 => format!("create-vswitch vsw-{n} vpc-1 {}", self.vswitch_cidr(n)),
            _ => format!("create-load-balancer lb-{n} internet vpc-1 {}", self.public()),
        }
    }
}
