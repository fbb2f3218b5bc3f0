//! Figures as tables to read and as JSON.

use super::figures::{Column, Figure, Row, Section, Unit, ratios, three_digits};
use super::json::Json;

/// A section as tables of Markdown: the figures, then how many times better ours are.
pub(crate) fn print(section: &Section) -> String {
    let mut text = format!(
        "\n## {}: {}\n\n{} routes, {}; {} answers checked\n\n",
        section.kind, section.title, section.routes, section.source, section.checked
    );
    text += &figures(section);
    if let Some(ours) = section.rows.iter().find(|row| row.ours && row.note.is_none()) {
        let peers: Vec<&Row> =
            section.rows.iter().filter(|row| !row.ours && row.note.is_none()).collect();
        if !peers.is_empty() {
            text += &format!("\nHow many times better {} is:\n\n", ours.name);
            text += &comparison(section, ours, &peers);
        }
    }
    text
}

/// Runs of columns of one group: where they begin and end.
fn groups(columns: &[Column]) -> Vec<std::ops::Range<usize>> {
    let mut groups: Vec<std::ops::Range<usize>> = Vec::new();
    for (at, column) in columns.iter().enumerate() {
        match groups.last_mut() {
            Some(last) if columns[last.start].group == column.group => last.end = at + 1,
            _ => groups.push(at..at + 1),
        }
    }
    groups
}

/// Texts of one group in one cell; without any a dash.
fn cell(texts: impl Iterator<Item = Option<String>>) -> String {
    let texts: Vec<Option<String>> = texts.collect();
    if texts.iter().all(Option::is_none) {
        return "-".to_string();
    }
    let texts: Vec<String> =
        texts.into_iter().map(|text| text.unwrap_or_else(|| "-".to_string())).collect();
    texts.join(" / ")
}

fn heading(columns: &[Column], group: &std::ops::Range<usize>) -> String {
    let columns = &columns[group.clone()];
    let name = |column: &Column| match column.unit {
        Unit::Nanoseconds => format!("{} ns", column.name),
        _ => column.name.clone(),
    };
    format!("{}: {}", columns[0].group, cell(columns.iter().map(|column| Some(name(column)))))
}

fn table(head: &[String], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rule: Vec<String> =
        (0..head.len()).map(|at| if at == 0 { "---" } else { "---:" }.to_string()).collect();
    let mut text = line(head) + &line(&rule);
    rows.iter().for_each(|row| text += &line(row));
    text
}

fn figures(section: &Section) -> String {
    let groups = groups(&section.columns);
    let mut head = vec!["contender".to_string()];
    head.extend(groups.iter().map(|group| heading(&section.columns, group)));
    let rows: Vec<Vec<String>> = section
        .rows
        .iter()
        .map(|row| {
            let mut cells = vec![row.name.to_string()];
            match &row.note {
                Some(note) => {
                    cells.push(format!("cannot: {note}"));
                    cells.resize(head.len(), "-".to_string());
                }
                None => cells.extend(groups.iter().map(|group| {
                    cell(group.clone().map(|at| {
                        row.cells[at].map(|figure| section.columns[at].unit.text(figure.median))
                    }))
                })),
            }
            cells
        })
        .collect();
    table(&head, &rows)
}

fn comparison(section: &Section, ours: &Row, peers: &[&Row]) -> String {
    let groups: Vec<_> = groups(&section.columns)
        .into_iter()
        .filter(|group| section.columns[group.start].unit != Unit::Wrong)
        .collect();
    let mut head = vec!["than".to_string()];
    head.extend(groups.iter().map(|group| heading(&section.columns, group)));
    let row = |peer: &&Row| {
        let ratios = ratios(&section.columns, ours, peer);
        let text = |at: usize| ratios[at].map(|ratio| format!("{}x", three_digits(ratio)));
        let mut cells = vec![peer.name.to_string()];
        cells.extend(groups.iter().map(|group| cell(group.clone().map(text))));
        cells
    };
    table(&head, &peers.iter().map(row).collect::<Vec<_>>())
}

/// A section with all its figures and ratios.
pub(crate) fn json(section: &Section) -> Json {
    let ours = section.rows.iter().find(|row| row.ours && row.note.is_none());
    let figure = |figure: Figure| {
        Json::Object(vec![
            ("median", Json::Number(figure.median)),
            ("least", Json::Number(figure.least)),
            ("most", Json::Number(figure.most)),
        ])
    };
    let row = |row: &Row| {
        let ratios = ours.map_or(Vec::new(), |ours| ratios(&section.columns, ours, row));
        let ratios = ratios.into_iter().map(|ratio| ratio.map_or(Json::Null, Json::Number));
        let cells = row.cells.iter().map(|cell| cell.map_or(Json::Null, figure));
        Json::Object(vec![
            ("contender", Json::text(row.name)),
            ("ours", Json::Bool(row.ours)),
            ("cannot", row.note.as_ref().map_or(Json::Null, Json::text)),
            ("figures", Json::List(cells.collect())),
            ("ours_is_better_by", Json::List(ratios.collect())),
        ])
    };
    let column = |column: &Column| {
        Json::Object(vec![
            ("group", Json::text(column.group)),
            ("name", Json::text(&column.name)),
            ("unit", Json::text(column.unit.name())),
        ])
    };
    Json::Object(vec![
        ("section", Json::text(section.kind)),
        ("table", Json::text(&section.title)),
        ("source", Json::text(&section.source)),
        ("routes", Json::count(section.routes)),
        ("answers_checked", Json::count(section.checked)),
        ("columns", Json::List(section.columns.iter().map(column).collect())),
        ("rows", Json::List(section.rows.iter().map(row).collect())),
    ])
}
