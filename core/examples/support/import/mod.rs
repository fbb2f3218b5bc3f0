//! A VPC as the vendor's API describes it, in console lines that make it again.
//!
//! Text in, text out: no files, so that a page can run it too. What the answers hold and the lines
//! cannot say becomes a comment and counts as a problem; nothing is guessed.

mod answers;
mod inspection;
mod lines;
mod routes;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::atomic::AtomicU32;

use sekisho::console;
use sekisho::limits::Profile;
use sekisho::region::{Error, Region};
use serde_json::Value;

pub(crate) use answers::Answers;

/// What is not in the answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    /// The real region, if the answers do not name it.
    pub(crate) region: Option<String>,
    /// The vendor's ids of instances and network interfaces that pass on packets that are not theirs.
    pub(crate) forward: Vec<String>,
}

/// Console lines, and how many comments in them tell of a problem.
#[derive(Clone, Debug)]
pub(crate) struct Imported {
    pub(crate) text: String,
    pub(crate) problems: usize,
}

/// Reads answers of the API, each with a name for messages, and writes the console lines.
pub(crate) fn import(documents: &[(&str, &str)], options: &Options) -> Result<Imported, String> {
    let mut answers = Answers::default();
    for (name, text) in documents {
        let value: Value =
            serde_json::from_str(text).map_err(|error| format!("{name}: {error}"))?;
        answers.read(name, value);
    }
    answers.sort();
    let words = Region::footprint(&Profile::LARGE);
    let memory: Vec<AtomicU32> = (0..words).map(|_| AtomicU32::new(0)).collect();
    let mut writer = Writer {
        options,
        trial: Region::init(&memory, &Profile::LARGE).ok(),
        ids: Ids::of(&answers),
        unmade: BTreeSet::new(),
        text: String::new(),
        problems: 0,
    };
    writer.region(&answers);
    writer.everything(&answers);
    Ok(Imported { text: writer.text, problems: writer.problems })
}

/// Our numbers for the vendor's ids: from 1 in the order of the ids, for each kind.
pub(crate) struct Ids(BTreeMap<String, String>);

impl Ids {
    fn of(answers: &Answers) -> Ids {
        let mut ids = Ids(BTreeMap::new());
        ids.number("vpc", answers.ids(&answers.vpcs, "VpcId"));
        ids.number("vsw", answers.ids(&answers.vswitches, "VSwitchId"));
        ids.number("vtb", answers.table_ids());
        ids.number("ipv4gw", answers.ids(&answers.gateways, "Ipv4GatewayId"));
        ids.number("i", answers.ids(&answers.instances, "InstanceId"));
        ids.number("eni", answers.ids(&answers.interfaces, "NetworkInterfaceId"));
        ids.number("ngw", answers.ids(&answers.nats, "NatGatewayId"));
        ids.number("lb", answers.ids(&answers.balancers, "LoadBalancerId"));
        ids.number("gwlb", answers.ids(&answers.gwlbs, "LoadBalancerId"));
        ids.number("app", answers.appliance_names());
        ids.number("ep", answers.ids(&answers.endpoints, "EndpointId"));
        ids.number("rtg", answers.ids(&answers.groups, "RouteTargetGroupId"));
        let mut eips = answers.ids(&answers.eips, "AllocationId");
        eips.extend(answers.ids(&answers.anycasts, "AnycastId"));
        eips.extend(answers.static_addresses());
        ids.number("eip", eips);
        for (kind, names) in answers.external_hops() {
            ids.number(kind, names);
        }
        // A primary interface is its instance.
        for (interface, instance) in &answers.primaries {
            if let Some(id) = ids.0.get(instance).cloned() {
                ids.0.insert(interface.clone(), id);
            }
        }
        ids
    }

    fn number(&mut self, kind: &str, names: Vec<String>) {
        for (name, number) in names.into_iter().zip(1..=u16::MAX) {
            self.0.insert(name, format!("{kind}-{number}"));
        }
    }

    /// Our id.
    pub(crate) fn get(&self, vendor: &str) -> Option<&str> {
        self.0.get(vendor).map(String::as_str)
    }
}

/// Writes lines and comments.
pub(crate) struct Writer<'o> {
    options: &'o Options,
    /// What the lines have made; `None` once it has no room for more.
    trial: Option<Region<'o>>,
    ids: Ids,
    /// The vendor's ids of objects that no line has made.
    unmade: BTreeSet<String>,
    text: String,
    problems: usize,
}

impl Writer<'_> {
    /// Writes a comment.
    fn comment(&mut self, text: &str) {
        let _ = writeln!(self.text, "# {}", text.replace(char::is_control, " "));
    }

    /// Writes a command, if the answers' words make one, and one that is accepted.
    fn line(&mut self, line: &str) -> bool {
        let parsed = console::parse(line.as_bytes());
        let command = match parsed {
            Ok(Some(console::Line::Command(command))) if !line.contains(['#', '\n', '\r']) => {
                command
            }
            _ => {
                self.unsupported(&format!("no line can say {line}"));
                return false;
            }
        };
        match self.trial.as_mut().map_or(Ok(()), |region| region.apply(&command)) {
            Ok(()) => {}
            // A larger profile may have room.
            Err(Error::CapacityExceeded) => self.trial = None,
            Err(error) => {
                self.unsupported(&format!("{line}: {error}"));
                return false;
            }
        }
        self.text.push_str(line);
        self.text.push('\n');
        true
    }

    /// Something that the lines cannot say, or the answers do not.
    fn problem(&mut self, sort: &str, what: &str) {
        self.problems += 1;
        self.comment(&format!("{sort}: {what}"));
    }

    fn unsupported(&mut self, what: &str) {
        self.problem("unsupported", what);
    }

    fn unknown(&mut self, what: &str) {
        self.problem("unknown", what);
    }

    /// Our id for the vendor's; a problem if there is none.
    fn id(&mut self, vendor: &str, of: &str) -> Option<String> {
        if self.unmade.contains(vendor) {
            self.unsupported(&format!("{of} names {vendor}, which no line makes"));
            return None;
        }
        let id = self.ids.get(vendor).map(str::to_owned);
        if id.is_none() {
            self.unknown(&format!("{of} names {vendor}, which is in no answer"));
        }
        id
    }

    /// The region's settings, by the table of where the gateway is offered.
    fn region(&mut self, answers: &Answers) {
        let named = self.options.region.clone().or_else(|| answers.region());
        let Some(name) = named else {
            return self.unknown("no answer names the region; name it with --region");
        };
        match REGIONS.iter().find(|(region, _)| *region == name) {
            None => {
                self.unsupported(&format!("region {name} is not among those with IPv4 gateways"))
            }
            Some((_, restricted)) => {
                let restricted = if *restricted { "on" } else { "off" };
                self.comment(&format!("region {name}"));
                self.line(&format!("region gateway=on clb-restricted={restricted}"));
            }
        }
    }
}

/// Where IPv4 gateways are offered, and whether internal load balancers are restricted there.
const REGIONS: [(&str, bool); 28] = [
    ("ap-northeast-1", true),
    ("ap-northeast-2", false),
    ("ap-southeast-1", false),
    ("ap-southeast-3", true),
    ("ap-southeast-5", false),
    ("ap-southeast-6", false),
    ("ap-southeast-7", false),
    ("cn-beijing", false),
    ("cn-chengdu", false),
    ("cn-fuzhou", false),
    ("cn-guangzhou", false),
    ("cn-hangzhou", false),
    ("cn-heyuan", false),
    ("cn-hongkong", false),
    ("cn-huhehaote", true),
    ("cn-nanjing", false),
    ("cn-qingdao", false),
    ("cn-shanghai", false),
    ("cn-shenzhen", false),
    ("cn-wuhan-lr", false),
    ("cn-wulanchabu", false),
    ("cn-zhangjiakou", false),
    ("eu-central-1", false),
    ("eu-west-1", true),
    ("me-central-1", true),
    ("me-east-1", false),
    ("us-east-1", true),
    ("us-west-1", false),
];
