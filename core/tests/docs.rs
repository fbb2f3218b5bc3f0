//! The documentation tells the truth: its console transcripts are replayed, its lists are compared
//! with the enums, every name is explained and every link leads somewhere.
//!
//! A transcript is a fenced block marked `console`: `> ` and a command line, then the lines of its
//! answer byte for byte; lines that start with `#` are comments. Each starts in a fresh region of
//! the large profile, or, if its first line is `# continued`, where the block before it in the file
//! ended. `SEKISHO_BLESS=1` writes the answers and the lists that were made into the files instead
//! of comparing; read the difference before keeping it.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU32;

use sekisho::addr::Kind;
use sekisho::console::{parse, run};
use sekisho::limits::Profile;
use sekisho::region::{Error, Region};
use sekisho::resolve::DropReason;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

fn bless() -> bool {
    std::env::var_os("SEKISHO_BLESS").is_some_and(|value| value == "1")
}

/// The pages of `docs`, by name.
fn pages() -> Vec<PathBuf> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    pages.sort();
    assert_eq!(pages.len(), 8, "{pages:?}");
    pages
}

/// The README: above the crate in the repository, beside it in a package.
fn readme() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let above = manifest.join("../README.md");
    if above.exists() { above } else { manifest.join("README.md") }
}

#[test]
fn transcripts_are_what_the_console_answers() {
    let mut report = String::new();
    let mut transcripts = 0;
    for path in pages().into_iter().chain([readme()]) {
        let page = fs::read_to_string(&path).unwrap();
        let (given, count) = replay(&page);
        transcripts += count;
        if given == page {
            continue;
        }
        if bless() {
            fs::write(&path, &given).unwrap();
            continue;
        }
        writeln!(report, "{}:", path.display()).unwrap();
        for (was, is) in answers(&page).iter().zip(&answers(&given)) {
            if was.text != is.text {
                let Answer { line, command, text } = was;
                writeln!(report, "line {line}: {command}\n{text}given:\n{}", is.text).unwrap();
            }
        }
    }
    assert!(report.is_empty(), "\n{report}");
    assert!(transcripts > 10, "only {transcripts} transcripts were found");
}

/// The page with the answers that the console gives, and the number of its transcripts.
fn replay(page: &str) -> (String, usize) {
    let mut memory = Vec::new();
    memory.resize_with(Region::footprint(&Profile::LARGE), || AtomicU32::new(0));
    let mut region = None;
    let mut given = String::new();
    let (mut inside, mut first, mut count) = (false, false, 0);
    for line in page.split_inclusive('\n') {
        let bare = line.trim_end();
        if !inside {
            inside = bare == "```console";
            first = inside;
            count += usize::from(inside);
            given.push_str(line);
            continue;
        }
        if first && bare != "# continued" {
            memory.iter_mut().for_each(|word| *word.get_mut() = 0);
            region = Some(Region::init(&memory, &Profile::LARGE).unwrap());
        }
        first = false;
        if let Some(command) = bare.strip_prefix("> ") {
            given.push_str(line);
            let region = region.as_mut().expect("the first transcript cannot be continued");
            let _ = run(region, command.as_bytes(), &mut given).unwrap();
        } else if bare == "```" || bare.is_empty() || bare.starts_with('#') {
            inside = bare != "```";
            given.push_str(line);
        }
    }
    assert!(!inside, "a fence is not closed");
    (given, count)
}

struct Answer<'a> {
    line: usize,
    command: &'a str,
    text: String,
}

/// The commands in a page's transcripts, with their answers.
fn answers(page: &str) -> Vec<Answer<'_>> {
    let mut answers: Vec<Answer<'_>> = Vec::new();
    let mut inside = false;
    for (number, line) in (1..).zip(page.lines()) {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if inside && line.starts_with("> ") {
            answers.push(Answer { line: number, command: line, text: String::new() });
        } else if inside && !line.is_empty() && !line.starts_with('#') {
            let answer = answers.last_mut().unwrap_or_else(|| panic!("line {number}: {line}"));
            writeln!(answer.text, "{line}").unwrap();
        }
    }
    answers
}

/// Every line of the tables of commands and questions is well formed, with each of its
/// alternatives, with its options and without, and is not with a word less.
#[test]
fn the_grammar_is_the_parsers() {
    let page = fs::read_to_string(folder().join("console.md")).unwrap();
    let commands = page.split_once("\n## Commands\n").unwrap().1;
    let (commands, _) = commands.split_once("\n## Trying a command\n").unwrap();
    let mut lines = 0;
    for row in commands.lines().filter(|row| row.starts_with("| `")) {
        let syntax = row.split('`').nth(1).unwrap().replace("\\|", "|");
        // The rows of the table of `show` name kinds, not lines.
        if syntax.split([' ', '|']).next().is_some_and(|word| Kind::parse(word).is_some()) {
            continue;
        }
        for line in instances(&syntax) {
            let read = parse(line.as_bytes());
            assert!(matches!(read, Ok(Some(_))), "{syntax}: {line}: {read:?}");
            lines += 1;
        }
        let words = syntax.split(" [").next().unwrap();
        if let Some((fewer, _)) = words.rsplit_once(' ') {
            let fewer = instances(fewer).remove(0);
            assert_eq!(parse(fewer.as_bytes()), Err(Error::InvalidCommand), "{syntax}: {fewer}");
        }
    }
    assert!(lines > 100, "{lines}");
}

/// Lines of a syntax: one without options, then one for each alternative of each word and option.
fn instances(syntax: &str) -> Vec<String> {
    let (words, options) = syntax.split_once(" [").unwrap_or((syntax, ""));
    let words: Vec<&str> = words.split(' ').collect();
    let first: Vec<&str> = words.iter().map(|word| word.split('|').next().unwrap()).collect();
    let mut lines = vec![first.join(" ")];
    for (at, word) in words.iter().enumerate() {
        for alternative in word.split('|').skip(1) {
            let mut line = first.clone();
            line[at] = alternative;
            lines.push(line.join(" "));
        }
    }
    for option in options.split(" [").filter(|option| !option.is_empty()) {
        let option = option.trim_end_matches(['*', ']', '…', ' ']);
        let (key, values) = option
            .split_once('=')
            .map_or(("", option), |(key, _)| (&option[..=key.len()], &option[key.len() + 1..]));
        lines.extend(values.split('|').map(|value| format!("{} {key}{value}", first.join(" "))));
    }
    lines.iter().map(|line| filled(line)).collect()
}

/// The line with values for its places; ids of one kind get different numbers.
fn filled(line: &str) -> String {
    let port = if line.contains(" any ") { "0" } else { "53" };
    let mut filled = String::new();
    for (number, part) in line.split('<').enumerate() {
        let Some((place, rest)) = part.split_once('>') else {
            filled.push_str(part);
            continue;
        };
        match place {
            "prefix" => filled.push_str("10.0.0.0/16"),
            "address" => filled.push_str("10.0.0.10"),
            "port" => filled.push_str(port),
            "next-hop" => filled.push_str("ri-1+ri-2"),
            "command" => filled.push_str("create-ipv4-gateway ipv4gw-1 vpc-1"),
            "kind" => filled.push_str("vsw"),
            "object" => filled.push_str("vsw-1"),
            kind => write!(filled, "{kind}-{number}").unwrap(),
        }
        filled.push_str(rest);
    }
    filled
}

/// Compares a page with what it must be, or writes it.
fn generated(name: &str, text: &str) {
    let path = folder().join(name);
    if bless() {
        fs::write(path, text).unwrap();
    } else {
        let page = fs::read_to_string(&path).unwrap_or_default();
        assert!(page == text, "docs/{name} is not what the code says; SEKISHO_BLESS=1 writes it");
    }
}

#[test]
fn the_list_of_errors() {
    let mut text = String::from(
        "# Errors of commands\n\n\
         A refused command has changed nothing. The console answers `error` and the name; the C\n\
         library returns the code, which is −(1000 + number). Numbers are never reused. Which\n\
         command answers which error, and in what order, is in [behaviour.md].\n\n\
         | Number | C code | Name | What to do |\n|---:|---:|---|---|\n",
    );
    for error in Error::ALL {
        let (number, name, remedy) = (error.number(), error.name(), error.remedy());
        let code = -1000 - i32::from(number);
        writeln!(text, "| {number} | {code} | `{name}` | {remedy} |").unwrap();
    }
    text.push_str("\n[behaviour.md]: behaviour.md\n");
    generated("errors.md", &text);
}

#[test]
fn the_list_of_drop_reasons() {
    let mut text = String::from(
        "# Drop reasons\n\n\
         A drop is a verdict, not an error: the question was answered. Numbers are never reused.\n\
         Where each reason arises is in [behaviour.md].\n\n\
         | Number | Name | What to do |\n|---:|---|---|\n",
    );
    for reason in DropReason::ALL {
        let (number, name, remedy) = (reason.number(), reason.name(), reason.remedy());
        writeln!(text, "| {number} | `{name}` | {remedy} |").unwrap();
    }
    text.push_str("\n[behaviour.md]: behaviour.md\n");
    generated("drop-reasons.md", &text);
}

/// Whoever meets a name in an answer finds it explained.
#[test]
fn every_name_is_in_the_text() {
    let page = |name| fs::read_to_string(folder().join(name)).unwrap();
    let text = page("behaviour.md") + &page("console.md");
    let words: Vec<&str> = text
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.')
        .map(|word| word.trim_matches('.'))
        .collect();
    let names = Error::ALL.iter().map(|error| error.name());
    let names = names.chain(DropReason::ALL.iter().map(|reason| reason.name()));
    let missing: Vec<&str> = names.filter(|name| !words.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// The other way round: no name of an error is misspelt in the pages.
#[test]
fn no_other_error_is_named() {
    for path in pages() {
        let page = fs::read_to_string(&path).unwrap();
        for word in page.split('`').skip(1).step_by(2) {
            let Some((family, _)) = word.split_once('.') else { continue };
            let is_name =
                !word.ends_with('.') && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
            let known = |error: &Error| error.name().split('.').next() == Some(family);
            if is_name && Error::ALL.iter().any(known) {
                let found = Error::ALL.iter().any(|error| error.name() == word);
                assert!(found, "{}: {word}", path.display());
            }
        }
    }
}

#[test]
fn links_lead_somewhere() {
    for path in pages() {
        let page = fs::read_to_string(&path).unwrap();
        let anchors: Vec<String> = headings(&page).map(slug).collect();
        for link in page.split("](").skip(1) {
            let target = link.split(')').next().unwrap();
            let found = match target.strip_prefix('#') {
                Some(anchor) => anchors.iter().any(|own| own == anchor),
                None => target.starts_with("https://") || folder().join(target).exists(),
            };
            assert!(found, "{}: {target}", path.display());
        }
        for line in page.lines().filter(|line| line.starts_with('[')) {
            if let Some((_, target)) = line.split_once("]: ") {
                assert!(folder().join(target).exists(), "{}: {line}", path.display());
            }
        }
    }
}

/// The headings outside fences.
fn headings(page: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    page.lines().filter(move |line| {
        if line.starts_with("```") {
            fenced = !fenced;
        }
        !fenced && line.starts_with('#')
    })
}

/// The anchor of a heading, as GitHub and rustdoc make it.
fn slug(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().to_lowercase();
    kept.chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}
