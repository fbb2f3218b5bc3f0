//! Updates to a table: routes taken out and put back, and a stream like that of a BGP session.
//!
//! The stream is made of events, with these shares:
//!
//! - 60 %: a route gets another next hop, as when a neighbour's path changes.
//! - 25 %: a flap. A route of the unstable twentieth is withdrawn, or announced again as it was.
//! - 14 %: path exploration. A route gets 2 to 6 other next hops in a row, then it is withdrawn (3 of
//!   10) or is as it was.
//! - 1 %: 16 to 64 neighbouring routes go over to one other next hop, as when a session is lost.
//!
//! Which route is drawn by Zipf's law over a random order of the table, of which the unstable routes
//! are the first twentieth: few routes make most of the noise. A withdrawal is always of a route that
//! is there, an announcement always changes something, its prefix is always one of the table's, and
//! next hops are the table's: the table never has more routes than at the start.

use std::collections::BTreeSet;

use sekisho::model::Rng;

use super::contender::Route;
use sekisho_benches::workload::{Zipf, index, shuffle};

/// One update: the route with this index gets a next hop, or is withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Update {
    /// An index into the routes of the table.
    pub(crate) route: usize,
    /// Its next hop from now on.
    pub(crate) hop: Option<u32>,
}

/// A table of which routes come and go.
struct Stream<'a> {
    routes: &'a [Route],
    hops: Vec<u32>,
    now: Vec<Option<u32>>,
    updates: Vec<Update>,
}

/// A stream of at least so many updates, the same for the same seed.
pub(crate) fn churn(seed: u64, routes: &[Route], updates: usize) -> Vec<Update> {
    let mut rng = Rng::new(seed);
    let mut hops: BTreeSet<u32> = routes.iter().map(|(_, hop)| *hop).collect();
    // So that there is always another.
    hops.extend([1, 2]);
    let mut stream = Stream {
        routes,
        hops: hops.into_iter().collect(),
        now: routes.iter().map(|(_, hop)| Some(*hop)).collect(),
        updates: Vec::with_capacity(updates),
    };
    let mut order: Vec<usize> = (0..routes.len()).collect();
    shuffle(&mut rng, &mut order);
    let whole = Zipf::new(routes.len());
    let unstable = Zipf::new(routes.len() / 20 + 1);
    while stream.updates.len() < updates {
        let any = order[whole.draw(&mut rng)];
        match rng.below(100) {
            0..60 => stream.move_to_other(&mut rng, any),
            60..85 => stream.flap(order[unstable.draw(&mut rng)]),
            85..99 => stream.explore(&mut rng, any),
            _ => stream.lose_session(&mut rng, any),
        }
    }
    stream.updates
}

impl Stream<'_> {
    fn set(&mut self, route: usize, hop: Option<u32>) {
        if self.now[route] != hop {
            self.now[route] = hop;
            self.updates.push(Update { route, hop });
        }
    }

    fn move_to_other(&mut self, rng: &mut Rng, route: usize) {
        let at = index(rng, self.hops.len());
        let next = (at + 1) % self.hops.len();
        let same = self.now[route] == Some(self.hops[at]);
        self.set(route, Some(self.hops[if same { next } else { at }]));
    }

    fn flap(&mut self, route: usize) {
        let back = self.now[route].is_none().then_some(self.routes[route].1);
        self.set(route, back);
    }

    fn explore(&mut self, rng: &mut Rng, route: usize) {
        for _ in 0..2 + rng.below(5) {
            self.move_to_other(rng, route);
        }
        let end = if rng.chance(30) { None } else { Some(self.routes[route].1) };
        self.set(route, end);
    }

    fn lose_session(&mut self, rng: &mut Rng, first: usize) {
        let hop = rng.pick(&self.hops);
        let end = self.routes.len().min(first + 16 + index(rng, 49));
        for route in first..end {
            if self.now[route].is_some() {
                self.set(route, Some(hop));
            }
        }
    }
}

/// The routes that are there after these updates, and their next hops.
pub(crate) fn after(routes: &[Route], updates: &[Update]) -> Vec<Route> {
    let mut now: Vec<Option<u32>> = routes.iter().map(|(_, hop)| Some(*hop)).collect();
    for update in updates {
        now[update.route] = update.hop;
    }
    let there = routes.iter().zip(now);
    there.filter_map(|((prefix, _), hop)| Some((*prefix, hop?))).collect()
}

/// The updates that make the table what it was before these.
pub(crate) fn undo(routes: &[Route], updates: &[Update]) -> Vec<Update> {
    let touched: BTreeSet<usize> = updates.iter().map(|update| update.route).collect();
    touched.into_iter().map(|route| Update { route, hop: Some(routes[route].1) }).collect()
}

/// So many different routes withdrawn in random order; with [`undo`] they are back.
pub(crate) fn withdrawals(seed: u64, routes: &[Route], n: usize) -> Vec<Update> {
    let mut order: Vec<usize> = (0..routes.len()).collect();
    shuffle(&mut Rng::new(seed), &mut order);
    order.into_iter().take(n).map(|route| Update { route, hop: None }).collect()
}

#[cfg(test)]
mod tests {
    use sekisho::model::internet_table;

    use super::*;

    #[test]
    fn every_update_changes_what_is_there() {
        let routes = internet_table(1, 2_000);
        let updates = churn(7, &routes, 20_000);
        assert!(updates.len() >= 20_000);
        assert_eq!(updates, churn(7, &routes, 20_000));
        let hops: BTreeSet<u32> = routes.iter().map(|(_, hop)| *hop).collect();
        let mut now: Vec<Option<u32>> = routes.iter().map(|(_, hop)| Some(*hop)).collect();
        for update in &updates {
            assert_ne!(now[update.route], update.hop);
            assert!(update.hop.is_none_or(|hop| hops.contains(&hop) || hop <= 2));
            now[update.route] = update.hop;
        }
        let withdrawn = updates.iter().filter(|update| update.hop.is_none()).count();
        let percent = withdrawn * 100 / updates.len();
        assert!((5..20).contains(&percent), "{percent} % withdrawals");
        // Few routes make most of the noise.
        let mut counts = vec![0; routes.len()];
        updates.iter().for_each(|update| counts[update.route] += 1);
        counts.sort_unstable();
        let loudest: usize = counts.iter().rev().take(routes.len() / 20).sum();
        assert!(loudest * 2 > updates.len(), "{loudest}");
    }

    #[test]
    fn what_is_undone_is_as_it_was() {
        let routes = internet_table(1, 500);
        for updates in [churn(3, &routes, 1_000), withdrawals(3, &routes, 100)] {
            assert_ne!(after(&routes, &updates), routes);
            let undone: Vec<Update> =
                updates.iter().copied().chain(undo(&routes, &updates)).collect();
            assert_eq!(after(&routes, &undone), routes);
        }
        assert_eq!(withdrawals(3, &routes, 100).len(), 100);
        assert_eq!(after(&routes, &withdrawals(3, &routes, 100)).len(), 400);
    }

    #[test]
    fn a_table_of_one_route_has_updates_too() {
        let routes = internet_table(1, 1);
        assert!(churn(1, &routes, 50).len() >= 50);
    }
}
