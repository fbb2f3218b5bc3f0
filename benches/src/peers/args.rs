//! What can be asked for on the command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use lexopt::prelude::*;

use super::contender::MAX_BURST;
use sekisho_benches::workload::Workload;

/// What `--help` prints.
pub(crate) const HELP: &str = "\
Our table beside its peers, all in one run.

  --routes FILE        also the table in this file: a route a line, `a.b.c.d/len nexthop`
  --json FILE          write the figures there, with the machine's description
  --svg DIR            draw speed and memory by table size there (section growth)
  --sections NAME,...  main,small,many,rich,updates,growth (default: all)
  --only NAME,...      contenders whose names begin so, in any case (default: all)
  --except NAME,...    not those whose names begin so
  --workloads NAME,... uniform,hits,zipf,hot1k (default: all)
  --bursts N,...       sizes of bursts for bulk lookups (default: 256)
  --repetitions N      (default: 9)
  --addresses N        for each workload (default: 4194304)
  --seed N             of addresses, orders and small tables (default: 1); the large generated
                       table has always the seed 1
  --list               name the contenders and stop
";

/// The parts of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The full tables.
    Main,
    /// Tables of 16 and 1,000 routes.
    Small,
    /// Many tables.
    Many,
    /// Full tables that are harder.
    Rich,
    /// Updates of the full tables.
    Updates,
    /// Generated tables of growing size.
    Growth,
}

impl Part {
    /// All, in the order in which they run.
    const ALL: [(&'static str, Part); 6] = [
        ("main", Part::Main),
        ("small", Part::Small),
        ("many", Part::Many),
        ("rich", Part::Rich),
        ("updates", Part::Updates),
        ("growth", Part::Growth),
    ];
}

/// What to run, and how large.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// A table besides the generated one.
    pub(crate) routes: Option<PathBuf>,
    /// Where the figures go.
    pub(crate) json: Option<PathBuf>,
    /// Where the drawings go.
    pub(crate) svg: Option<PathBuf>,
    /// Beginnings of the names of those who take part; all if there are none.
    pub(crate) only: Vec<String>,
    /// Beginnings of the names of those who do not.
    pub(crate) except: Vec<String>,
    /// How addresses are drawn.
    pub(crate) workloads: Vec<Workload>,
    /// Sizes of bursts.
    pub(crate) bursts: Vec<usize>,
    /// How often everything is timed.
    pub(crate) repetitions: usize,
    /// For each workload.
    pub(crate) addresses: usize,
    /// What runs.
    pub(crate) parts: Vec<Part>,
    /// Of all that is drawn but the full generated table.
    pub(crate) seed: u64,
    /// Only the names of the contenders.
    pub(crate) list: bool,
    /// Only the help.
    pub(crate) help: bool,
    /// Routes of the generated table.
    pub(crate) size: usize,
    /// Tables and routes of each, of the part with many tables.
    pub(crate) many: Vec<(usize, usize)>,
    /// Routes of the small tables.
    pub(crate) small: Vec<usize>,
    /// Routes of the growing tables.
    pub(crate) growth: Vec<usize>,
    /// The length of the churn.
    pub(crate) churn: usize,
    /// How long updates run in each repetition.
    pub(crate) limit: Duration,
}

impl Options {
    /// Everything, in full size.
    pub(crate) fn full() -> Options {
        Options {
            routes: None,
            json: None,
            svg: None,
            only: Vec::new(),
            except: Vec::new(),
            workloads: Workload::ALL.to_vec(),
            bursts: vec![256],
            repetitions: 9,
            addresses: 1 << 22,
            parts: Part::ALL.map(|(_, part)| part).to_vec(),
            seed: 1,
            list: false,
            help: false,
            size: 901_899,
            many: vec![(64, 100), (10_000, 100)],
            small: vec![16, 1_000],
            growth: vec![16, 100, 1_000, 10_000, 100_000, 901_899],
            churn: 500_000,
            limit: Duration::from_secs(1),
        }
    }

    /// Whether a contender takes part.
    pub(crate) fn takes_part(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        let among = |names: &[String]| names.iter().any(|n| name.starts_with(&n.to_lowercase()));
        (self.only.is_empty() || among(&self.only)) && !among(&self.except)
    }
}

/// Reads the arguments, of which the first is the program.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Options, String> {
    read(arguments).map_err(|error| error.to_string())
}

fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Options, lexopt::Error> {
    let mut options = Options::full();
    let mut parser = lexopt::Parser::from_iter(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("routes") => options.routes = Some(parser.value()?.into()),
            Long("json") => options.json = Some(parser.value()?.into()),
            Long("svg") => options.svg = Some(parser.value()?.into()),
            Long("only") => options.only = list(&mut parser, |name| Some(name.to_string()))?,
            Long("except") => options.except = list(&mut parser, |name| Some(name.to_string()))?,
            Long("workloads") => {
                options.workloads = list(&mut parser, |name| {
                    Workload::ALL.into_iter().find(|workload| workload.name() == name)
                })?;
            }
            Long("sections") => {
                options.parts = list(&mut parser, |name| {
                    Part::ALL.into_iter().find(|part| part.0 == name).map(|part| part.1)
                })?;
            }
            Long("bursts") => {
                options.bursts = list(&mut parser, |number| {
                    number.parse().ok().filter(|burst| (1..=MAX_BURST).contains(burst))
                })?;
            }
            Long("repetitions") => options.repetitions = parser.value()?.parse()?,
            Long("addresses") => options.addresses = parser.value()?.parse()?,
            Long("seed") => options.seed = parser.value()?.parse()?,
            Long("list") => options.list = true,
            Long("help") | Short('h') => options.help = true,
            _ => return Err(argument.unexpected()),
        }
    }
    if options.repetitions == 0 || options.addresses == 0 {
        return Err("at least one repetition and one address".into());
    }
    Ok(options)
}

/// Reads a value `a,b,c`.
fn list<T>(
    parser: &mut lexopt::Parser,
    one: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, lexopt::Error> {
    let value = parser.value()?.string()?;
    let item = |item: &str| one(item).ok_or_else(|| format!("what is {item:?}?").into());
    value.split(',').map(item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Options, String> {
        parse(["peers"].into_iter().chain(line.split_whitespace()).map(OsString::from))
    }

    #[test]
    fn options_are_read() {
        let options =
            parsed("--routes a.txt --only Sekisho,rte_fib --workloads hits,zipf").unwrap();
        assert_eq!(options.routes, Some("a.txt".into()));
        assert!(options.takes_part("sekisho/16") && !options.takes_part("rte_lpm"));
        assert_eq!(options.workloads, [Workload::Hits, Workload::Zipf]);
        let options = parsed("--except rte_lpm,poptrie").unwrap();
        assert!(options.takes_part("rte_fib") && !options.takes_part("poptrie (crate)"));
        let options =
            parsed("--sections many --bursts 256,32 --repetitions 3 --addresses 9").unwrap();
        assert_eq!(options.parts, [Part::Many]);
        assert_eq!((options.bursts, options.repetitions, options.addresses), (vec![256, 32], 3, 9));
        assert!(parsed("").unwrap().takes_part("anyone"));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for line in [
            "--sections all",
            "--workloads hit",
            "--bursts 0",
            "--bursts 9999",
            "--repetitions 0",
            "--addresses x",
            "--seed",
            "file",
        ] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }
}
