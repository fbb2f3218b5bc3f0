//! The table of the gateway's states in `docs/behaviour.md` is carried out, cell by cell.

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicU32;

use sekisho::console::run;
use sekisho::limits::Profile;
use sekisho::region::Region;

/// Every cell of the table of the gateway's states, done in a region of its own.
#[test]
fn the_state_table() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/behaviour.md"))
        .unwrap();
    let table = |header: &str| -> Vec<Vec<&str>> {
        let rows = page.split_once(header).unwrap_or_else(|| panic!("no {header}")).1;
        let rows = rows.lines().take_while(|line| line.starts_with('|')).skip(1);
        rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
    };
    let header = "| Operation |";
    let states = page.lines().find(|line| line.starts_with(header)).unwrap();
    let states: Vec<&str> = states.trim_matches('|').split('|').map(str::trim).skip(1).collect();
    let errors = table("| Word | Error |\n");
    let rows = table(&format!("{header} {} |\n", states.join(" | ")));
    assert_eq!((states.len(), rows.len()), (7, 10));

    let mut cells = 0;
    for row in &rows {
        for (state, expected) in states.iter().zip(&row[1..]) {
            let error = errors.iter().find(|error| error[0] == *expected);
            let expected = match (expected.strip_prefix("→ "), error) {
                (Some(state), _) => Cell::To(state),
                (None, Some(error)) => Cell::Error(error[1].split('`').nth(1).unwrap()),
                (None, None) if *expected == "done" => Cell::Done { inert: false },
                (None, None) if *expected == "done, inert" => Cell::Done { inert: true },
                (None, None) => panic!("{expected} is not explained"),
            };
            for setup in setups(state) {
                for (command, status) in commands_of(row[0], setup) {
                    check(setup, command, status, &expected);
                    cells += 1;
                }
            }
        }
    }
    assert!(cells >= 10 * 7, "{cells}");
}

/// What a cell of the table says.
enum Cell<'a> {
    /// Done, and this is the state afterwards.
    To(&'a str),
    /// Done; an entry that names the gateway has no effect but to drop.
    Done { inert: bool },
    /// Refused.
    Error(&'a str),
}

/// Does `command` after `setup`; where it leads to a state, its `begin` shows `status`.
fn check(setup: &[&str], command: &str, status: &str, expected: &Cell<'_>) {
    let context = format!("{command} after {setup:?}");
    let mut memory = Vec::new();
    memory.resize_with(Region::footprint(&Profile::FIRMWARE), || AtomicU32::new(0));
    let mut region = Region::init(&memory, &Profile::FIRMWARE).unwrap();
    let mut ask = |line: &str| {
        let mut answer = String::new();
        let _ = run(&mut region, line.as_bytes(), &mut answer).unwrap();
        answer
    };
    for line in BASE.iter().chain(setup) {
        assert_eq!(ask(line), "ok\n", "{context}: {line}");
    }
    match expected {
        Cell::To(state) => {
            assert_eq!(ask(&format!("begin {command}")), "ok\n", "{context}");
            let shown = ask("show ipv4gw-1");
            assert!(shown.starts_with(&format!("ok status={status} ")), "{context}: {shown}");
            assert_eq!(ask("abort ipv4gw-1"), "ok\n", "{context}");
            assert_eq!(ask(command), "ok\n", "{context}");
            assert_eq!(state_of(&mut ask), *state, "{context}");
        }
        Cell::Done { inert } => {
            assert_eq!(ask(command), "ok\n", "{context}");
            if *inert && command.contains(" 21.") {
                assert_eq!(ask("send i-1 21.0.0.1"), "drop GATEWAY_INACTIVE\n", "{context}");
            }
        }
        Cell::Error(name) => assert_eq!(ask(command), format!("error {name}\n"), "{context}"),
    }
}

const BASE: &[&str] = &[
    "create-vpc vpc-1 vtb-1 10.0.0.0/16",
    "create-vswitch vsw-1 vpc-1 10.0.0.0/24",
    "create-instance i-1 vsw-1 10.0.0.10",
    "create-route-table vtb-2 vpc-1",
    "create-route-table vtb-9 vpc-1 type=gateway",
    "create-route-entry vtb-1 21.0.0.0/16 peer-1",
];
const CREATE: &str = "create-ipv4-gateway ipv4gw-1 vpc-1";
const ENABLE: &str = "enable-vpc-ipv4-gateway ipv4gw-1";
const ENTRY: &str = "create-route-entry vtb-2 20.0.0.0/8 ipv4gw-1";
const ASSOCIATE: &str = "associate-route-table-with-gateway vtb-9 ipv4gw-1";
const DISSOCIATE: &str = "dissociate-route-table-from-gateway vtb-9 ipv4gw-1";
const DELETE: &str = "delete-ipv4-gateway ipv4gw-1 mode=private";

/// The lines that lead to a state, with and without an entry that names the gateway.
fn setups(state: &str) -> &'static [&'static [&'static str]] {
    match state {
        "absent" => &[&[]],
        "absent, private" => &[&[CREATE, ENABLE, DELETE]],
        "idle" => &[&[CREATE], &[CREATE, ENTRY]],
        "idle, private" => {
            &[&[CREATE, ENABLE, DELETE, CREATE], &[CREATE, ENABLE, DELETE, CREATE, ENTRY]]
        }
        "enabled" => &[&[CREATE, ENABLE], &[CREATE, ENABLE, ENTRY]],
        "bound" => &[&[CREATE, ENABLE, ASSOCIATE], &[CREATE, ENABLE, ENTRY, ASSOCIATE]],
        "transitional" => &[
            &["begin create-ipv4-gateway ipv4gw-1 vpc-1"],
            &[CREATE, ENTRY, "begin enable-vpc-ipv4-gateway ipv4gw-1"],
            &[CREATE, ENTRY, "begin update-ipv4-gateway-attribute ipv4gw-1"],
            &[CREATE, ENTRY, "begin delete-ipv4-gateway ipv4gw-1 mode=public"],
            &[CREATE, "begin delete-ipv4-gateway ipv4gw-1"],
            &[CREATE, ENABLE, ENTRY, "begin associate-route-table-with-gateway vtb-9 ipv4gw-1"],
            &[
                CREATE,
                ENABLE,
                ASSOCIATE,
                ENTRY,
                "begin dissociate-route-table-from-gateway vtb-9 ipv4gw-1",
            ],
        ],
        _ => panic!("{state}"),
    }
}

/// The commands of a row, where they apply, and the status that their `begin` shows.
fn commands_of(row: &str, setup: &[&str]) -> Vec<(&'static str, &'static str)> {
    let named = setup.contains(&ENTRY);
    // Unknown and in transition it makes no difference whether an entry names the gateway.
    let rest = matches!(setup.last(), Some(&(CREATE | ENTRY | ENABLE | ASSOCIATE)));
    match row {
        "create" => vec![(CREATE, "Creating")],
        "enable" => vec![(ENABLE, "Activating")],
        "update" => vec![("update-ipv4-gateway-attribute ipv4gw-1", "Modifying")],
        "associate a table" => vec![(ASSOCIATE, "Modifying")],
        "dissociate the table" => vec![(DISSOCIATE, "Modifying")],
        "dissociate another table" => {
            vec![("dissociate-route-table-from-gateway vtb-2 ipv4gw-1", "Modifying")]
        }
        "delete, public" => vec![("delete-ipv4-gateway ipv4gw-1 mode=public", "Deleting")],
        "delete, private, no entry names it" if !named || !rest => vec![(DELETE, "Deleting")],
        "delete, private, an entry names it" if named || !rest => vec![(DELETE, "")],
        "create, modify or delete an entry that names it" => {
            let mut edits = vec![
                ("create-route-entry vtb-1 21.0.0.0/24 ipv4gw-1", ""),
                ("modify-route-entry vtb-1 21.0.0.0/16 ipv4gw-1", ""),
            ];
            if named {
                edits.push(("modify-route-entry vtb-2 20.0.0.0/8 peer-1", ""));
                edits.push(("delete-route-entry vtb-2 20.0.0.0/8", ""));
            }
            edits
        }
        "delete, private, no entry names it" | "delete, private, an entry names it" => vec![],
        _ => panic!("{row}"),
    }
}

/// The name that the table gives the state that is shown.
fn state_of(ask: &mut dyn FnMut(&str) -> String) -> &'static str {
    let (vpc, gateway) = (ask("show vpc-1"), ask("show ipv4gw-1"));
    let private = vpc.contains("mode=private-only");
    assert_eq!(vpc.contains("mode=centralized"), gateway.contains("enabled=on"), "{vpc}{gateway}");
    match (gateway.starts_with("ok status=Created "), gateway.contains("enabled=on"), private) {
        (true, true, _) if gateway.contains("table=vtb-9") => "bound",
        (true, true, _) => "enabled",
        (true, false, false) => "idle",
        (true, false, true) => "idle, private",
        (false, _, private) => {
            assert_eq!(gateway, "error ResourceNotFound.Ipv4Gateway\n");
            if private { "absent, private" } else { "absent" }
        }
    }
}
