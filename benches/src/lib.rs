//! What the benchmarks share: tables, workloads, and an arena that holds a table.

use core::sync::atomic::AtomicU32;

use sekisho::addr::Prefix;
use sekisho::lpm::{Config, Lpm, Root, Sizing, TableHandle};
use sekisho::model::{internet_table, parse_table};

pub mod huge;
pub mod workload;

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
    let generated = [16, 1_000, 10_000, 100_000, 901_899]
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

/// The configuration for one table of so many routes with that root.
///
/// # Panics
///
/// If there are more routes than addresses.
pub fn config(routes: usize, root: Root) -> Config {
    let most = u32::try_from(routes).expect("fewer routes than addresses");
    let config = Config::new(most + 1, 1);
    match root {
        Root::Compact => config,
        Root::Bits16 => config.roots16(1),
        Root::Bits24 => config.roots24(1),
    }
}

/// The words of memory for these routes, with an eighth of room for updates.
///
/// # Panics
///
/// If the routes are not in order.
pub fn words(routes: &[(Prefix, u32)], root: Root) -> usize {
    let sizing = Sizing::new(&config(routes.len(), root));
    let sizing = sizing.table(root, routes).expect("routes in order");
    sizing.footprint() + usize::try_from(sizing.words() / 8).expect("fewer words than bytes")
}

/// An arena in memory of [`words`] with one table that holds the routes.
///
/// # Panics
///
/// If the routes do not fit, which their sizing rules out.
pub fn arena<'m>(
    memory: &'m [AtomicU32],
    routes: &[(Prefix, u32)],
    root: Root,
) -> (Lpm<'m>, TableHandle) {
    let config = config(routes.len(), root);
    let mut lpm = Lpm::init_with(memory, &config).expect("memory for the routes");
    let table = lpm.create_table_with(root).expect("one table");
    lpm.load(table, routes).expect("room for every route");
    (lpm, table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arenas_hold_their_table() {
        let routes = internet_table(1, 1_000);
        for root in [Root::Compact, Root::Bits16] {
            let memory = memory(words(&routes, root));
            let (lpm, table) = arena(&memory, &routes, root);
            assert!(lpm.routes(table).eq(routes.iter().copied()));
        }
    }
}
