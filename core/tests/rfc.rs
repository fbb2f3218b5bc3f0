//! What the RFCs ask of a translator of addresses and ports, requirement by requirement, through the
//! public interface: console lines, bytes, answers. The names are those of the tables in docs/nat.md.

mod rfc {
    pub(crate) mod border;
    mod icmp;
    mod tcp;
    mod udp;
    mod updates;
    pub(crate) mod wire;
}

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The rows of the tables: what is asked, how strongly, what becomes of it, and the tests.
fn rows(page: &str) -> impl Iterator<Item = [&str; 4]> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let cells = rows.map(|row| row.split(" | ").map(str::trim).collect::<Vec<_>>());
    let cells = cells.map(|cells| cells.try_into().unwrap_or_else(|row| panic!("{row:?}")));
    cells.filter(|[_, level, ..]: &[&str; 4]| *level != "Level")
}

#[test]
fn every_row_has_its_test_and_every_test_its_row() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(folder.join("docs/nat.md")).unwrap();
    let mut named = BTreeSet::new();
    let mut counts = [0; 4];
    for [what, level, here, tests] in rows(&page) {
        assert!(["MUST", "SHOULD", "REC.", "MAY"].contains(&level), "{what}: {level}");
        let words = ["**met**", "**met by the caller**", "**not met**", "**does not apply**"];
        let at = words.iter().position(|word| here.starts_with(word));
        let at = at.unwrap_or_else(|| panic!("{what}: {here}"));
        counts[at] += 1;
        let own: Vec<_> = tests.split('`').skip(1).step_by(2).map(String::from).collect();
        // What is met is shown.
        assert!(at != 0 || !own.is_empty(), "{what} has no test");
        named.extend(own);
    }
    println!("met, by the caller, not met, does not apply: {counts:?}");
    let mut there = BTreeSet::new();
    for name in ["udp", "tcp", "icmp", "updates"] {
        let text = fs::read_to_string(folder.join(format!("tests/rfc/{name}.rs"))).unwrap();
        let names = text.split("#[test]\nfn ").skip(1).map(|rest| rest.split('(').next().unwrap());
        there.extend(names.map(String::from));
    }
    assert!(there.iter().all(|name| name.starts_with("rfc")), "{there:?}");
    assert_eq!(named, there);
}
