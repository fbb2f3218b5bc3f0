//! What the benchmarks share: tables in an arena, and the addresses that are looked up.

use core::sync::atomic::AtomicU32;

use sekisho::addr::{Addr, Prefix};
use sekisho::lpm::{Lpm, TableHandle};
use sekisho::model::{Rng, internet_table, parse_table};

/// A table by name, with its routes by address then length.
#[derive(Clone, Debug)]
pub struct Table {
    /// The number of routes, or `file`.
    pub name: String,
    /// The routes.
    pub routes: Vec<(Prefix, u32)>,
}

/// Generated tables of growing size, then the one in the file that `SEKISHO_ROUTES` names, if any:
/// a route a line, `a.b.c.d/len value`.
///
/// # Panics
///
/// If that file cannot be read as routes.
pub fn tables() -> Vec<Table> {
    let generated = [16, 1_000, 100_000, 901_899]
        .map(|n| Table { name: n.to_string(), routes: internet_table(1, n) });
    let mut tables = Vec::from(generated);
    if let Some(path) = std::env::var_os("SEKISHO_ROUTES") {
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let routes = parse_table(&text)
            .unwrap_or_else(|(line, fault)| panic!("{}:{line}: {fault}", path.display()));
        tables.push(Table { name: "file".to_string(), routes });
    }
    tables
}

/// Uninitialised memory of that many words.
pub fn memory(words: usize) -> Vec<AtomicU32> {
    (0..words).map(|_| AtomicU32::new(0)).collect()
}

/// An arena that holds the routes and no more, and its one table.
///
/// # Panics
///
/// If the routes do not fit, which the footprint rules out.
pub fn arena<'m>(memory: &'m [AtomicU32], routes: &[(Prefix, u32)]) -> (Lpm<'m>, TableHandle) {
    let most = u32::try_from(routes.len()).expect("fewer routes than addresses");
    let mut lpm = Lpm::init(memory, most, 1).expect("memory of the footprint");
    let table = lpm.create_table().expect("one table");
    for &(prefix, value) in routes {
        lpm.insert(table, prefix, value).expect("capacity for every route");
    }
    (lpm, table)
}

/// Addresses drawn from all of them alike.
pub fn uniform(seed: u64, n: usize) -> Vec<Addr> {
    let mut rng = Rng::new(seed);
    (0..n).map(|_| Addr(rng.word())).collect()
}

/// Addresses that each lie in a route drawn from all of them alike.
pub fn hits(seed: u64, n: usize, routes: &[(Prefix, u32)]) -> Vec<Addr> {
    let mut rng = Rng::new(seed);
    let most = u32::try_from(routes.len()).expect("fewer routes than addresses");
    (0..n)
        .map(|_| {
            let (prefix, _) = routes[rng.below(most) as usize];
            let host_bits = prefix.last().0 - prefix.addr().0;
            Addr(prefix.addr().0 | rng.word() & host_bits)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arenas_hold_their_table_and_hits_hit() {
        let routes = internet_table(1, 1_000);
        let memory = memory(Lpm::footprint(1_000, 1));
        let (lpm, table) = arena(&memory, &routes);
        assert!(lpm.routes(table).eq(routes.iter().copied()));
        assert!(hits(2, 1_000, &routes).into_iter().all(|addr| lpm.lookup(table, addr).is_some()));
        assert!(uniform(2, 1_000).into_iter().any(|addr| lpm.lookup(table, addr).is_none()));
    }
}
