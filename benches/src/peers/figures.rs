//! What was measured, for print, JSON and drawings alike.

/// A section: one table or set of tables, everyone who took part, and what they did.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    /// The section's name in options.
    pub(crate) kind: &'static str,
    /// What was looked up in.
    pub(crate) title: String,
    /// Where its routes are from: a file's SHA-256, or the generator and its seed.
    pub(crate) source: String,
    /// The number of routes, in all tables.
    pub(crate) routes: usize,
    /// Of how many answers the wrong ones were counted.
    pub(crate) checked: usize,
    /// What was measured.
    pub(crate) columns: Vec<Column>,
    /// A row for each contender; its cells are in the order of the columns.
    pub(crate) rows: Vec<Row>,
}

/// What a column measures. Columns of one group are printed as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    /// The workload, or what is measured besides lookups.
    pub(crate) group: &'static str,
    /// How, within the group.
    pub(crate) name: String,
    /// Of what.
    pub(crate) unit: Unit,
}

impl Column {
    /// A column of a group.
    pub(crate) fn new(group: &'static str, name: &str, unit: Unit) -> Column {
        Column { group, name: name.to_string(), unit }
    }
}

/// Units of figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Million lookups a second.
    Mlps,
    /// Nanoseconds a lookup.
    Nanoseconds,
    /// Bytes.
    Bytes,
    /// Milliseconds.
    Milliseconds,
    /// Updates a second.
    PerSecond,
    /// Wrong answers.
    Wrong,
}

impl Unit {
    /// As written behind figures.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Unit::Mlps => "Mlookups/s",
            Unit::Nanoseconds => "ns",
            Unit::Bytes => "bytes",
            Unit::Milliseconds => "ms",
            Unit::PerSecond => "updates/s",
            Unit::Wrong => "wrong",
        }
    }

    /// Whether more of it is better.
    pub(crate) const fn more_is_better(self) -> bool {
        matches!(self, Unit::Mlps | Unit::PerSecond)
    }

    /// A figure in three digits, bytes with their power.
    pub(crate) fn text(self, figure: f64) -> String {
        match self {
            Unit::Bytes => {
                let (unit, scaled) = match figure {
                    0.0..1024.0 => ("B", figure),
                    1024.0..1048576.0 => ("KiB", figure / 1024.0),
                    _ => ("MiB", figure / 1048576.0),
                };
                format!("{} {unit}", three_digits(scaled))
            }
            Unit::PerSecond => match figure {
                0.0..1e3 => three_digits(figure),
                1e3..1e6 => format!("{} k", three_digits(figure / 1e3)),
                _ => format!("{} M", three_digits(figure / 1e6)),
            },
            Unit::Wrong => format!("{figure:.0}"),
            Unit::Mlps | Unit::Nanoseconds | Unit::Milliseconds => three_digits(figure),
        }
    }
}

/// Three significant digits, but never a power of ten.
pub(crate) fn three_digits(figure: f64) -> String {
    match figure.abs() {
        0.0..9.995 => format!("{figure:.2}"),
        9.995..99.95 => format!("{figure:.1}"),
        _ => format!("{figure:.0}"),
    }
}

/// What one contender did.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// The contender.
    pub(crate) name: &'static str,
    /// Whether it is this project's.
    pub(crate) ours: bool,
    /// A figure a column; none where it has nothing to show.
    pub(crate) cells: Vec<Option<Figure>>,
    /// Why it did not take part, or what else to know.
    pub(crate) note: Option<String>,
}

/// A figure with how far its samples spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Figure {
    /// The median.
    pub(crate) median: f64,
    /// The least sample.
    pub(crate) least: f64,
    /// The greatest sample.
    pub(crate) most: f64,
}

impl Figure {
    /// What was not sampled but counted.
    pub(crate) const fn exact(value: f64) -> Figure {
        Figure { median: value, least: value, most: value }
    }

    /// Of samples; none without any.
    pub(crate) fn of(samples: &[f64]) -> Option<Figure> {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (least, most) = (*sorted.first()?, *sorted.last()?);
        let (low, high) = (sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
        Some(Figure { median: f64::midpoint(low, high), least, most })
    }
}

/// How many times better our figure is than a peer's, by columns. In a bulk column a peer counts with
/// the better of its bulk and its one-by-one lookups, as its user would choose.
pub(crate) fn ratios(columns: &[Column], ours: &Row, peer: &Row) -> Vec<Option<f64>> {
    let ratio = |at: usize| {
        let column = &columns[at];
        let own = ours.cells[at]?.median;
        let mut theirs = peer.cells[at]?.median;
        if column.unit == Unit::Wrong || own == 0.0 {
            return None;
        }
        if column.name.starts_with("bulk") {
            let one = Column { name: "single".to_string(), ..column.clone() };
            let single = columns.iter().position(|other| *other == one);
            theirs = theirs.max(single.and_then(|at| peer.cells[at]).map_or(0.0, |f| f.median));
        }
        Some(if column.unit.more_is_better() { own / theirs } else { theirs / own })
    };
    (0..columns.len()).map(ratio).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_digits() {
        assert_eq!(Figure::of(&[]), None);
        assert_eq!(
            Figure::of(&[3.0, 1.0, 2.0]),
            Some(Figure { median: 2.0, least: 1.0, most: 3.0 })
        );
        assert_eq!(Figure::of(&[4.0, 1.0]).unwrap().median, 2.5);
        let texts = [0.0, 1.234, 9.999, 45.67, 99.96, 1234.5].map(three_digits);
        assert_eq!(texts, ["0.00", "1.23", "10.0", "45.7", "100", "1234"]);
        assert_eq!(Unit::Bytes.text(2_097_152.0), "2.00 MiB");
        assert_eq!(Unit::PerSecond.text(7_300.0), "7.30 k");
    }

    #[test]
    fn ratios_are_of_the_peers_best() {
        let columns = [
            Column::new("hits", "bulk", Unit::Mlps),
            Column::new("hits", "single", Unit::Mlps),
            Column::new("hits", "dependent", Unit::Nanoseconds),
            Column::new("wrong", "answers", Unit::Wrong),
        ];
        let row = |ours, figures: [f64; 4]| Row {
            name: "",
            ours,
            cells: figures.map(|figure| Some(Figure::exact(figure))).into(),
            note: None,
        };
        let ours = row(true, [100.0, 50.0, 10.0, 0.0]);
        let peer = row(false, [20.0, 25.0, 40.0, 7.0]);
        let expected = [Some(4.0), Some(2.0), Some(4.0), None];
        assert_eq!(ratios(&columns, &ours, &peer), expected);
    }
}
