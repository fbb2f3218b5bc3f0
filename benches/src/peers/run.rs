//! The whole program: its tables, its sections, and where their figures go.

use std::io::Write;
use std::path::Path;

use sekisho::model::{Rng, internet_table, parse_table};

use super::args::{Options, Part};
use super::contender::{self, Contender, Route};
use super::figures::Section;
use super::json::Json;
use super::{machine, report, sections, svg};
use sections::Data;
use sekisho_benches::huge;
use sekisho_benches::workload::{random_hops, rich_table, vpc_table};

/// The seed of the full generated table, so that its figures can be compared between runs.
const TABLE_SEED: u64 = 1;

/// Runs what was asked for, and prints each section when it is done.
pub(crate) fn run(options: &Options, out: &mut impl Write) -> Result<Vec<Section>, String> {
    let everyone: Vec<Contender> =
        contender::all().into_iter().filter(|c| options.takes_part(c.name)).collect();
    if options.list {
        everyone.iter().try_for_each(|c| writeln!(out, "{}", c.name)).map_err(text)?;
        return Ok(Vec::new());
    }
    if everyone.is_empty() {
        return Err("nobody of that name takes part; --list names them".to_string());
    }
    let cpu = huge::pin();
    writeln!(out, "{}, {}", machine::model(), env!("SEKISHO_RUSTC")).map_err(text)?;
    #[cfg(feature = "dpdk")]
    let dpdk = Some(super::dpdk::start(cpu)?);
    #[cfg(not(feature = "dpdk"))]
    let dpdk: Option<String> = None;
    if let Some(dpdk) = &dpdk {
        writeln!(out, "{dpdk}").map_err(text)?;
    }

    let mut done = Vec::new();
    let mut finish = |section: Section| -> Result<(), String> {
        out.write_all(report::print(&section).as_bytes()).map_err(text)?;
        out.flush().map_err(text)?;
        done.push(section);
        Ok(())
    };
    let full = full_tables(options)?;
    for part in &options.parts {
        match part {
            Part::Main => {
                for data in &full {
                    finish(sections::lookups("main", data, &everyone, options))?;
                }
            }
            Part::Small => {
                for &n in &options.small {
                    let routes = vpc_table(&mut Rng::new(options.seed), n);
                    let data = generated("as in a VPC", "VPC table", options.seed, routes);
                    finish(sections::lookups("small", &data, &everyone, options))?;
                }
            }
            Part::Many => {
                for &(tables, n) in &options.many {
                    let mut rng = Rng::new(options.seed);
                    let tables: Vec<_> = (0..tables).map(|_| vpc_table(&mut rng, n)).collect();
                    let source = format!("VPC tables, seed {}", options.seed);
                    finish(sections::many(&tables, source, &everyone, options))?;
                }
            }
            Part::Rich => {
                for data in rich_tables(options, &full) {
                    finish(sections::lookups("rich", &data, &everyone, options))?;
                }
            }
            Part::Updates => {
                for data in &full {
                    finish(sections::updates(data, &everyone, options))?;
                }
            }
            Part::Growth => {
                for &n in &options.growth {
                    let data = internet("Internet-like", n);
                    finish(sections::lookups("growth", &data, &everyone, options))?;
                }
            }
        }
    }
    if let Some(path) = &options.json {
        let sections = Json::List(done.iter().map(report::json).collect());
        let all = vec![
            ("machine", machine::describe(cpu, dpdk)),
            ("repetitions", Json::count(options.repetitions)),
            ("addresses", Json::count(options.addresses)),
            ("seed", Json::Number(options.seed as f64)),
            ("sections", sections),
        ];
        write(path, &format!("{}\n", Json::Object(all)))?;
    }
    if let Some(folder) = &options.svg {
        draw(folder, &done)?;
    }
    Ok(done)
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Writes a file, with its folder if that is missing.
fn write(path: &Path, content: &str) -> Result<(), String> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, content))
        .map_err(|error| format!("{}: {error}", path.display()))
}

fn generated(title: &str, generator: &str, seed: u64, routes: Vec<Route>) -> Data {
    Data { title: title.to_string(), source: format!("{generator}, seed {seed}"), routes }
}

fn internet(title: &str, n: usize) -> Data {
    generated(title, "Internet table", TABLE_SEED, internet_table(TABLE_SEED, n))
}

/// The table of the file, if there is one, and the generated one.
fn full_tables(options: &Options) -> Result<Vec<Data>, String> {
    let mut tables = Vec::new();
    let needed = [Part::Main, Part::Rich, Part::Updates];
    if !options.parts.iter().any(|part| needed.contains(part)) {
        return Ok(tables);
    }
    if let Some(path) = &options.routes {
        let name = path.display();
        let content = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
        let mut routes =
            parse_table(&content).map_err(|(line, fault)| format!("{name}:{line}: {fault}"))?;
        if routes.is_empty() {
            return Err(format!("{name}: no routes"));
        }
        routes.sort();
        let hash = machine::sha256(path).unwrap_or_else(|| "unknown".to_string());
        tables.push(Data { title: name.to_string(), source: format!("SHA-256 {hash}"), routes });
    }
    tables.push(internet("generated", options.size));
    Ok(tables)
}

/// A generated table with many routes over /24, and the first full table with next hops at random.
fn rich_tables(options: &Options, full: &[Data]) -> Vec<Data> {
    let seed = options.seed;
    let rich = rich_table(&mut Rng::new(seed), options.size);
    let first = &full[0];
    let hops = random_hops(&mut Rng::new(seed), &first.routes);
    vec![
        generated("generated, 15 % over /24", "rich Internet table", seed, rich),
        Data {
            title: format!("{}, next hops random of 120", first.title),
            source: format!("{}, next hops seed {seed}", first.source),
            routes: hops,
        },
    ]
}

/// Draws what grew.
fn draw(folder: &Path, sections: &[Section]) -> Result<(), String> {
    let grown: Vec<Section> = sections.iter().filter(|s| s.kind == "growth").cloned().collect();
    for (file, title, group, name) in [
        ("speed-hits.svg", "Million lookups a second in bulk, addresses in routes", "hits", "bulk"),
        ("speed-uniform.svg", "Million lookups a second in bulk, any address", "uniform", "bulk"),
        ("memory-lookup.svg", "Bytes that lookups read", "memory", "lookup"),
        ("memory-total.svg", "Bytes with all that updates need", "memory", "total"),
    ] {
        if let Some(svg) = svg::draw(&grown, title, group, name) {
            write(&folder.join(file), &svg)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// All sections, as small as they can be.
    fn tiny() -> Options {
        Options {
            repetitions: 1,
            addresses: 512,
            size: 3_000,
            many: vec![(5, 20)],
            small: vec![16, 100],
            growth: vec![16, 200],
            churn: 400,
            limit: Duration::from_millis(5),
            bursts: vec![256, 32],
            // Its memory takes longer to touch than all the rest.
            only: ["sek", "int", "pre", "tree", "pop", "route", "ip"].map(String::from).into(),
            ..Options::full()
        }
    }

    #[test]
    fn a_miniature_of_everything() {
        let folder = std::env::temp_dir().join(format!("sekisho-peers-{}", std::process::id()));
        let table = folder.join("table.txt");
        write(&table, "10.0.0.0/8 1\n10.1.0.0/16 2\n10.1.2.0/24 3\n0.0.0.0/0 4\n").unwrap();
        let options = Options {
            routes: Some(table),
            json: Some(folder.join("new/figures.json")),
            svg: Some(folder.clone()),
            ..tiny()
        };
        let mut printed = Vec::new();
        let sections = run(&options, &mut printed).unwrap();
        let printed = String::from_utf8(printed).unwrap();

        let kinds: Vec<&str> = sections.iter().map(|section| section.kind).collect();
        let expected = [
            "main", "main", "small", "small", "many", "rich", "rich", "updates", "updates",
            "growth", "growth",
        ];
        assert_eq!(kinds, expected);
        for section in &sections {
            let wrong = section.columns.iter().position(|column| column.group == "wrong").unwrap();
            for row in &section.rows {
                // iptrie 0.11.2 does not survive it that routes are taken out.
                if row.note.is_some() && row.name == "iptrie RTrieMap" {
                    assert_eq!(section.kind, "updates");
                    continue;
                }
                assert_eq!(row.note, None, "{} in {}", row.name, section.title);
                assert_eq!(row.cells.len(), section.columns.len());
                assert!(row.cells.iter().all(Option::is_some), "{} in {}", row.name, section.title);
                // Of peers it is only told.
                let ours = row.ours || row.name.contains("baseline");
                let right = row.cells[wrong].unwrap().median == 0.0;
                assert!(right || !ours, "{} in {printed}", row.name);
            }
        }
        assert!(printed.contains("How many times better sekisho/16 is:"), "{printed}");
        let json = std::fs::read_to_string(folder.join("new/figures.json")).unwrap();
        assert!(json.contains("\"commit\": ") && json.contains("SHA-256"), "{json}");
        for file in ["speed-hits.svg", "speed-uniform.svg", "memory-lookup.svg", "memory-total.svg"]
        {
            let svg = std::fs::read_to_string(folder.join(file)).unwrap();
            assert!(svg.ends_with("</svg>\n") && !svg.contains("NaN"), "{file}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn trouble_is_told() {
        let missing = Options { routes: Some("/does/not/exist".into()), ..tiny() };
        assert!(run(&missing, &mut Vec::new()).unwrap_err().starts_with("/does/not/exist: "));
        let nobody = Options { only: vec!["nobody".to_string()], ..tiny() };
        assert!(run(&nobody, &mut Vec::new()).is_err());
        let mut names = Vec::new();
        run(&Options { list: true, ..Options::full() }, &mut names).unwrap();
        assert!(String::from_utf8(names).unwrap().starts_with("sekisho/16\n"));
    }
}
