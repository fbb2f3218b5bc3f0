//! The importer: answers as the vendor's API documents them, the lines that it makes of them, and what
//! packets do there. `SEKISHO_BLESS=1` writes the lines that were made instead of comparing them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU32;

use sekisho::console::{self, Status};
use sekisho::limits::Profile;
use sekisho::model::Rng;
use sekisho::region::Region;
use serde_json::{Value, json};

#[path = "../examples/support/import/mod.rs"]
mod import;
#[path = "support/program.rs"]
mod program;

use import::{Imported, Options, import};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import")
}

/// The answers of a folder, by file name.
fn answers(name: &str) -> Vec<(String, String)> {
    let files = fs::read_dir(folder().join(name)).unwrap().map(|file| file.unwrap().path());
    let mut answers: Vec<(String, String)> = files
        .map(|file| {
            let name = file.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(file).unwrap())
        })
        .collect();
    answers.sort();
    answers
}

fn imported(answers: &[(String, String)], options: &Options) -> Imported {
    let documents: Vec<(&str, &str)> =
        answers.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    import(&documents, options).unwrap()
}

fn golden(name: &str, text: &str) {
    let path = folder().join(name);
    if std::env::var_os("SEKISHO_BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, text).unwrap();
    } else {
        assert_eq!(fs::read_to_string(&path).unwrap_or_default(), text, "{}", path.display());
    }
}

/// A region with these lines in it, all of them accepted, and what packets do there.
fn replay(lines: &str, packets: &[(&str, &str)]) {
    let memory: Vec<AtomicU32> =
        (0..Region::footprint(&Profile::LARGE)).map(|_| AtomicU32::new(0)).collect();
    let mut region = Region::init(&memory, &Profile::LARGE).unwrap();
    for line in lines.lines() {
        let mut answer = String::new();
        let status = console::run(&mut region, line.as_bytes(), &mut answer).unwrap();
        assert!(matches!(status, Status::Done | Status::Silent), "{line}: {answer}");
    }
    for (packet, verdict) in packets {
        let mut answer = String::new();
        let _ = console::run(&mut region, packet.as_bytes(), &mut answer).unwrap();
        assert_eq!(answer.trim_end(), *verdict, "{packet}");
    }
}

#[test]
fn a_vpc_behind_its_gateway() {
    let answers = answers("shop");
    let without = imported(&answers, &Options::default());
    // Whether the firewall passes on packets is in no answer.
    assert_eq!(without.problems, 1);
    assert!(without.text.contains("\n# unknown: whether eni-1 "), "{}", without.text);
    let options =
        Options { forward: vec!["eni-bp1fw9t2kk53jr2e00fw".into()], ..Options::default() };
    let Imported { text, problems } = imported(&answers, &options);
    assert_eq!(problems, 0, "{text}");
    golden("shop.console", &text);
    replay(
        &text,
        &[
            ("show vpc-1", "ok mode=centralized gateway=ipv4gw-1"),
            ("send i-3 8.8.8.8", "egress public=47.0.0.1 path=13"),
            ("send i-2 8.8.8.8", "egress public=121.40.0.9 path=13"),
            ("send i-1 8.8.8.8", "egress public=47.0.0.2 path=7,13 via=ngw-1"),
            ("send i-1 30.0.0.9", "handoff ri-2 path=10"),
            ("send i-1 172.16.0.9", "handoff tr-1 path=8"),
            ("send i-3 10.8.0.10", "deliver i-1 path=3,2 via=eni-1"),
            ("receive 8.8.8.8 47.0.0.1", "deliver i-3 path=13"),
            ("receive 8.8.8.8 47.0.0.2 dport=2222", "deliver i-1 path=13,7,2 via=ngw-1"),
            ("receive 8.8.8.8 47.0.0.4", "deliver lb-1 path=15"),
            ("show eip-3", "ok address=47.0.0.3 kind=eip mode=nat target=none"),
            ("lookup vtb-2 10.8.0.10", "ok prefix=10.8.0.0/24 next-hop=eni-1 origin=custom"),
        ],
    );
    // The order of the answers does not matter, nor does an answer that is there twice.
    let mut rng = Rng::new(7);
    for _ in 0..20 {
        let mut shuffled = answers.clone();
        for at in (1..shuffled.len()).rev() {
            shuffled.swap(at, rng.below(at as u32 + 1) as usize);
        }
        shuffled.push(shuffled[0].clone());
        assert_eq!(imported(&shuffled, &options).text, text);
    }
}

#[test]
fn a_vpc_with_inspection() {
    let Imported { text, problems } = imported(&answers("inspected"), &Options::default());
    assert_eq!(problems, 0, "{text}");
    golden("inspected.console", &text);
    replay(
        &text,
        &[
            // The group has changed roles: the second endpoint is active.
            ("send i-1 8.8.8.8", "egress public=47.0.0.1 path=22,13 via=ep-2"),
            ("receive 8.8.8.8 47.0.0.1", "deliver i-1 path=13,22,2 via=ep-2"),
            ("receive 8.8.8.8 139.95.0.9", "deliver lb-1 path=15"),
            ("show eip-2", "ok address=139.95.0.9 kind=anycast mode=nat target=lb-1"),
            ("prove symmetric i-1", "ok proved=yes"),
        ],
    );
    // Without the endpoints' own names there is nothing to tell their zones apart.
    let unnamed: Vec<(String, String)> = answers("inspected")
        .into_iter()
        .map(|(name, text)| {
            let lines = text.lines().filter(|line| !line.starts_with("  \"EndpointId\""));
            (name, lines.collect::<Vec<_>>().join("\n"))
        })
        .collect();
    let text = imported(&unnamed, &Options::default()).text;
    assert!(text.contains("no ListVpcEndpointZones is of it alone"), "{text}");
    assert!(!text.contains("\ncreate-gwlb-endpoint"), "{text}");
}

#[test]
fn what_cannot_be_said() {
    let Imported { text, problems } = imported(&answers("odd"), &Options::default());
    golden("odd.console", &text);
    let marks = ["# unsupported: ", "# unknown: ", "# incomplete: "];
    let told = text.lines().filter(|line| marks.iter().any(|mark| line.starts_with(mark)));
    assert_eq!(told.count(), problems);
    replay(&text, &[("list vpc", "ok n=1\n  vpc-1 mode=direct gateway=none")]);
    let options = Options { region: Some("eu-west-1".into()), ..Options::default() };
    let text = imported(&answers("odd"), &options).text;
    assert!(
        text.starts_with("# region eu-west-1\nregion gateway=on clb-restricted=on\n"),
        "{text}"
    );
}

/// A VPC, with an IPv4 gateway or without, and whether one has had control.
fn vpc(gateway: Option<bool>, controlled: Option<bool>) -> String {
    let mut answers = vec![json!({"Vpcs": {"Vpc": [{
        "VpcId": "vpc-a", "RegionId": "cn-hangzhou", "CidrBlock": "10.0.0.0/16",
        "RouterTableIds": {"RouterTableIds": ["vtb-a"]}}]}})];
    if let Some(controlled) = controlled {
        answers.push(json!({"VpcId": "vpc-a", "SupportIpv4Gateway": controlled}));
    }
    if let Some(enabled) = gateway {
        answers.push(json!({"Ipv4GatewayModels": [{
            "Ipv4GatewayId": "ipv4gw-a", "VpcId": "vpc-a", "Status": "Created", "Enabled": enabled}]}));
    }
    Value::Array(answers).to_string()
}

#[test]
fn the_mode_of_a_vpc() {
    for (gateway, controlled, problems, shown) in [
        (None, Some(false), 0, "mode=direct gateway=none"),
        (None, Some(true), 0, "mode=private-only gateway=none"),
        (Some(false), Some(false), 0, "mode=direct gateway=ipv4gw-1"),
        (Some(false), Some(true), 0, "mode=private-only gateway=ipv4gw-1"),
        (Some(true), Some(true), 0, "mode=centralized gateway=ipv4gw-1"),
        (Some(true), None, 0, "mode=centralized gateway=ipv4gw-1"),
        (None, None, 1, "mode=direct gateway=none"),
        (Some(false), None, 1, "mode=direct gateway=ipv4gw-1"),
    ] {
        let text = vpc(gateway, controlled);
        let imported = import(&[("a", &text)], &Options::default()).unwrap();
        assert_eq!(imported.problems, problems, "{}", imported.text);
        replay(&imported.text, &[("show vpc-1", &format!("ok {shown}"))]);
    }
}

/// A table that is bound to a gateway which is not active: no region can be like that.
#[test]
fn answers_that_contradict_each_other() {
    let mut answers: Value = serde_json::from_str(&vpc(Some(false), Some(false))).unwrap();
    answers[2]["Ipv4GatewayModels"][0]["Ipv4GatewayRouteTableId"] = json!("vtb-g");
    answers.as_array_mut().unwrap().push(json!({"RouterTableList": {"RouterTableListType": [
        {"RouteTableId": "vtb-a", "VpcId": "vpc-a", "RouteTableType": "System"},
        {"RouteTableId": "vtb-g", "VpcId": "vpc-a", "RouteTableType": "Custom", "AssociateType": "Gateway"}]}}));
    let imported = import(&[("a", &answers.to_string())], &Options::default()).unwrap();
    let refused = "\n# unsupported: associate-route-table-with-gateway vtb-2 ipv4gw-1: \
                   OperationDenied.Ipv4GatewayNotActive\n";
    assert!(imported.text.contains(refused), "{}", imported.text);
    assert_eq!(imported.problems, 1);
    replay(&imported.text, &[]);
}

/// Answers with anything in the place of anything: no panic, nothing but commands that are accepted and
/// comments, and no word of theirs that becomes a command.
#[test]
fn damaged_answers() {
    let mut all: Vec<Value> = Vec::new();
    for name in ["shop", "odd"] {
        all.extend(answers(name).iter().map(|(_, text)| serde_json::from_str(text).unwrap()));
    }
    let mut rng = Rng::new(1);
    let mut written = 0;
    for _ in 0..400 {
        let mut answers = Value::Array(all.clone());
        for _ in 0..=rng.below(4) {
            damage(&mut answers, &mut rng);
        }
        let text = answers.to_string();
        let Imported { text, .. } = import(&[("a", &text)], &Options::default()).unwrap();
        for line in text.lines() {
            assert!(!line.contains("vpc-666") || line.starts_with("# "), "{line}");
            assert!(console::parse(line.as_bytes()).is_ok(), "{line}");
            written += 1;
        }
        replay(&text, &[]);
    }
    assert!(written > 5000, "{written}");
    for text in ["", "{", "[1,]", "\"", "{\"a\":}"] {
        assert!(import(&[("a", text)], &Options::default()).unwrap_err().starts_with("a: "));
    }
    for text in ["1", "[]", "{}", "[[[{}]]]", "\"text\"", "null"] {
        assert!(import(&[("a", text)], &Options::default()).is_ok());
    }
}

/// Goes down at random, and puts something else there.
fn damage(value: &mut Value, rng: &mut Rng) {
    let inner = match value {
        Value::Array(list) if !list.is_empty() && !rng.chance(5) => {
            let at = rng.below(list.len() as u32) as usize;
            list.get_mut(at)
        }
        Value::Object(fields) if !fields.is_empty() && !rng.chance(5) => {
            let at = rng.below(fields.len() as u32) as usize;
            fields.values_mut().nth(at)
        }
        _ => None,
    };
    if let Some(inner) = inner {
        return damage(inner, rng);
    }
    let texts =
        ["10.0.0.0/16\ndelete-vpc vpc-666", "10.0.0.1 # vpc-666", "\r\nvpc-666", "", "0", "é"];
    *value = match rng.below(5) {
        0 => Value::Null,
        1 => json!(rng.below(3)),
        2 => json!({}),
        3 => json!([]),
        _ => json!(rng.pick(&texts)),
    };
}

#[test]
fn the_program() {
    let files: Vec<String> = answers("shop")
        .iter()
        .map(|(name, _)| folder().join("shop").join(name).to_str().unwrap().to_owned())
        .collect();
    let run = |options: &[&str]| {
        let files = files.iter().map(String::as_str);
        program::run("import", &options.iter().copied().chain(files).collect::<Vec<_>>(), "")
    };
    let (code, out, report) = run(&["--strict", "--forward", "eni-bp1fw9t2kk53jr2e00fw"]);
    assert_eq!((code, report.as_str()), (0, ""));
    assert_eq!(out, fs::read_to_string(folder().join("shop.console")).unwrap());
    for (options, expected) in [(&[][..], 0), (&["--strict"], 1)] {
        let (code, _, report) = run(options);
        assert_eq!(code, expected);
        assert!(report.starts_with("import: 1 "), "{report}");
    }
    for arguments in [&[][..], &["--wrong"], &["no such file"], &["--region"], &["Cargo.toml"]] {
        let (code, out, report) = program::run("import", arguments, "");
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(report.starts_with("import: "), "{report}");
    }
    assert!(program::run("import", &["--help"], "").1.contains("DescribeRouteEntryList"));
}
