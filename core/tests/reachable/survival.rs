//! In every state: what is saved and loaded judges alike, and answers every command alike.

use sekisho::console::{run, script};
use sekisho::model::{Health, Twin};
use sekisho::region::{Command, Region};
use sekisho::store::snapshot::{Loader, Progress, save};
use sekisho::store::{Error, Position};

use crate::search::{Desk, Found, Universe, prints, refused};

/// Saves a region's configuration and loads it into a fresh region.
fn load<'d>(region: &Region<'_>, universe: &Universe, desk: &'d Desk) -> Region<'d> {
    let mut copy = desk.fresh(&universe.profile);
    let position = Position { history: 1, sequence: 2 };
    let mut loader = Loader::new(&mut copy).unwrap();
    let mut last = Progress::More;
    save(region, position, |frame| {
        last = loader.frame(frame)?;
        Ok::<(), Error>(())
    })
    .unwrap();
    assert_eq!(last, Progress::Done(position));
    drop(loader);
    copy
}

/// The region's lines make its configuration, and that one gives the same lines.
fn check_script(region: &Region<'_>, universe: &Universe, desk: &Desk, twin: &Twin) {
    let lines = |region: &Region<'_>| {
        let mut lines = String::new();
        script(region, &mut lines).unwrap();
        lines
    };
    let made = lines(region);
    let mut copy = desk.fresh(&universe.profile);
    for line in made.lines() {
        let mut answer = String::new();
        let _ = run(&mut copy, line.as_bytes(), &mut answer).unwrap();
        assert_eq!(answer, "ok\n", "{line} of\n{made}in {twin:#?}");
    }
    assert_eq!(copy.hash(), region.hash(), "{made}in {twin:#?}");
    assert_eq!(lines(&copy), made, "{twin:#?}");
}

pub(crate) fn check(
    universe: &Universe,
    alphabet: &[Command],
    words: &[u32],
    [desk, other]: [&Desk; 2],
    twin: &Twin,
    found: &mut Found,
) {
    let region = desk.put(words);
    let copy = load(&region, universe, other);
    assert_eq!(copy.hash(), region.hash(), "{twin:#?}");
    check_script(&region, universe, other, twin);
    let copy = load(&region, universe, other);
    // What probes have told is not kept: where they have told nothing, all is as it was.
    let told = |health: &Health| *health != Health::default();
    if twin.groups.values().any(|g| told(&g.active_health) || told(&g.standby_health)) {
        found.reset += 1;
        return;
    }
    found.survived += 1;
    assert_eq!(prints(universe, &copy), prints(universe, &region), "{twin:#?}");
    let loaded = other.words();
    for command in alphabet {
        let (mut region, mut copy) = (desk.put(words), other.put(&loaded));
        let answer = region.apply(command);
        assert_eq!(copy.apply(command), answer, "{command:?} in {twin:#?}");
        if !refused(command, answer) {
            assert_eq!(copy.hash(), region.hash(), "{command:?} in {twin:#?}");
        }
        found.led += 1;
    }
}
