//! Figures for people and for programs.

use std::fmt;
use std::path::Path;

use super::args::{kind, mode};
use super::cases::Mode;

/// Instructions a packet, as counted by others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts(Vec<(&'static str, Mode, f64)>);

impl Counts {
    /// Reads lines of a case, a mode and a figure.
    pub(crate) fn read(file: &Path) -> Result<Counts, String> {
        let text = std::fs::read_to_string(file);
        Counts::parse(&text.map_err(|error| format!("{}: {error}", file.display()))?)
    }

    fn parse(text: &str) -> Result<Counts, String> {
        let line = |line: &str| match line.split_whitespace().collect::<Vec<_>>()[..] {
            [name, how, figure] => {
                let figure = figure.parse().map_err(|_| format!("what is {line:?}?"))?;
                Ok((kind(name)?.name, mode(how)?, figure))
            }
            _ => Err(format!("what is {line:?}?")),
        };
        text.lines().map(line).collect::<Result<_, _>>().map(Counts)
    }

    pub(crate) fn of(&self, name: &str, mode: Mode) -> Option<f64> {
        self.0.iter().find(|count| count.0 == name && count.1 == mode).map(|count| count.2)
    }
}

/// A case's figures, one at a time and in bursts.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) instructions: [Option<f64>; 2],
    /// Nanoseconds a packet.
    pub(crate) samples: [Vec<f64>; 2],
}

/// Median, least and most.
pub(crate) fn summary(samples: &[f64]) -> [f64; 3] {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    [sorted[sorted.len() / 2], sorted[0], sorted[sorted.len() - 1]]
}

pub(crate) struct Rows(pub(crate) Vec<Row>);

impl Rows {
    /// A line a case and mode.
    pub(crate) fn csv(&self) -> String {
        let mut csv = String::from("case,mode,ns,least,most,packets_per_second,instructions\n");
        for row in &self.0 {
            for (mode, (samples, count)) in
                Mode::ALL.into_iter().zip(row.samples.iter().zip(row.instructions))
            {
                let [median, least, most] = summary(samples);
                let count = count.map_or(String::new(), |count| format!("{count:.0}"));
                csv += &format!(
                    "{},{},{median:.2},{least:.2},{most:.2},{:.0},{count}\n",
                    row.name,
                    mode.name(),
                    1e9 / median
                );
            }
        }
        csv
    }
}

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n| case | ns | least-most | M packets/s | instructions \
             | burst: ns | least-most | M packets/s | instructions |\n\
             |---|---:|---:|---:|---:|---:|---:|---:|---:|"
        )?;
        for row in &self.0 {
            write!(f, "| {} |", row.name)?;
            for (samples, count) in row.samples.iter().zip(row.instructions) {
                let [median, least, most] = summary(samples);
                let count = count.map_or("-".to_string(), |count| format!("{count:.0}"));
                write!(f, " {median:.1} | {least:.1}-{most:.1} | {:.1} | {count} |", 1e3 / median)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_shown() {
        let counts = Counts::parse("null-1k single 61.5\nnull-1k burst 60\n").unwrap();
        let row = Row {
            name: "null-1k",
            instructions: Mode::ALL.map(|mode| counts.of("null-1k", mode)),
            samples: [vec![3.0, 1.0, 2.0], vec![4.0]],
        };
        let rows = Rows(vec![row]);
        let shown = "| null-1k | 2.0 | 1.0-3.0 | 500.0 | 62 | 4.0 | 4.0-4.0 | 250.0 | 60 |";
        assert!(rows.to_string().contains(shown), "{rows}");
        assert!(rows.csv().contains("null-1k,single,2.00,1.00,3.00,500000000,62\n"));
        assert!(Counts::parse("null-1k single").is_err());
        assert!(Counts::parse("nobody single 1").is_err());
    }
}
