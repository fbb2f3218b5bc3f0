//! Drawings of figures by table size, both axes logarithmic.

use std::fmt::Write as _;

use super::figures::{Column, Section, Unit};

/// A contender's figures: how many routes, and the figure.
struct Line {
    name: &'static str,
    ours: bool,
    points: Vec<(f64, f64)>,
}

/// The drawing of one column by the number of routes; nothing without a figure to draw.
pub(crate) fn draw(sections: &[Section], title: &str, group: &str, name: &str) -> Option<String> {
    let (lines, unit) = lines(sections, group, name)?;
    Some(Drawing::new(&lines, unit).text(&lines, title))
}

fn lines(sections: &[Section], group: &str, name: &str) -> Option<(Vec<Line>, Unit)> {
    let mut lines: Vec<Line> = Vec::new();
    let mut unit = None;
    for section in sections {
        let is_it = |c: &&Column| c.group == group && c.name == name;
        let Some(column) = section.columns.iter().find(is_it) else { continue };
        let at = section.columns.iter().position(|c| c == column)?;
        unit = Some(column.unit);
        for row in &section.rows {
            let Some(figure) = row.cells[at].filter(|figure| figure.median > 0.0) else { continue };
            let point = (section.routes as f64, figure.median);
            match lines.iter_mut().find(|line| line.name == row.name) {
                Some(line) => line.points.push(point),
                None => lines.push(Line { name: row.name, ours: row.ours, points: vec![point] }),
            }
        }
    }
    Some((lines, unit?)).filter(|(lines, _)| !lines.is_empty())
}

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 480.0;
/// Left, right, top and bottom of the field.
const FIELD: [f64; 4] = [80.0, 620.0, 40.0, 430.0];
const COLOURS: [&str; 10] = [
    "#1f77b4", "#ff7f0e", "#2ca02c", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22",
    "#17becf", "#3f51b5",
];

/// Axes between powers of ten, or of 32 for bytes: every other one has a name.
struct Drawing {
    x: (f64, f64),
    y: (f64, f64),
    unit: Unit,
}

/// The power that the vertical axis counts in.
const fn base(unit: Unit) -> f64 {
    match unit {
        Unit::Bytes => 32.0,
        _ => 10.0,
    }
}

impl Drawing {
    fn new(lines: &[Line], unit: Unit) -> Drawing {
        let span = |base: f64, values: &mut dyn Iterator<Item = f64>| {
            let (low, high) = values.fold((f64::MAX, f64::MIN), |(low, high), value| {
                (low.min(value.log(base)), high.max(value.log(base)))
            });
            (low.floor(), high.ceil().max(low.floor() + 1.0))
        };
        let points = || lines.iter().flat_map(|line| &line.points);
        let x = span(10.0, &mut points().map(|point| point.0));
        let y = span(base(unit), &mut points().map(|point| point.1));
        Drawing { x, y, unit }
    }

    fn at(&self, point: (f64, f64)) -> (f64, f64) {
        let part = |power: f64, (low, high): (f64, f64)| (power - low) / (high - low);
        let [left, right, top, bottom] = FIELD;
        let (x, y) = (point.0.log10(), point.1.log(base(self.unit)));
        (left + part(x, self.x) * (right - left), bottom - part(y, self.y) * (bottom - top))
    }

    fn tick(&self, figure: f64) -> String {
        match self.unit {
            Unit::Bytes => match figure {
                0.0..1024.0 => format!("{figure} B"),
                1024.0..1048576.0 => format!("{} KiB", figure / 1024.0),
                _ => format!("{} MiB", figure / 1048576.0),
            },
            _ => figure.to_string(),
        }
    }

    fn text(&self, lines: &[Line], title: &str) -> String {
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n"
        );
        let [left, right, top, bottom] = FIELD;
        text(&mut svg, (left, 22.0), "start", title);
        text(&mut svg, ((left + right) / 2.0, HEIGHT - 12.0), "middle", "routes");
        for power in powers(10.0, self.x) {
            let (x, _) = self.at((power, 1.0));
            rule(&mut svg, (x, top), (x, bottom));
            text(&mut svg, (x, bottom + 18.0), "middle", &power.to_string());
        }
        for power in powers(base(self.unit), self.y) {
            let (_, y) = self.at((1.0, power));
            rule(&mut svg, (left, y), (right, y));
            text(&mut svg, (left - 8.0, y + 4.0), "end", &self.tick(power));
        }
        for (at, line) in lines.iter().enumerate() {
            let colour = if line.ours { "#d62728" } else { COLOURS[at % COLOURS.len()] };
            let width = if line.ours { 3.5 } else { 1.5 };
            let points: Vec<String> = line
                .points
                .iter()
                .map(|point| self.at(*point))
                .map(|(x, y)| format!("{x:.1},{y:.1}"))
                .collect();
            let _ = writeln!(
                svg,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"/>",
                points.join(" ")
            );
            for point in &line.points {
                let (x, y) = self.at(*point);
                let _ = writeln!(
                    svg,
                    "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>"
                );
            }
            let y = top + 10.0 + 20.0 * at as f64;
            let _ = writeln!(
                svg,
                "<line x1=\"{}\" y1=\"{y}\" x2=\"{}\" y2=\"{y}\" stroke=\"{colour}\" \
                 stroke-width=\"{width}\"/>",
                right + 16.0,
                right + 40.0
            );
            text(&mut svg, (right + 48.0, y + 4.0), "start", line.name);
        }
        svg + "</svg>\n"
    }
}

fn powers(base: f64, (low, high): (f64, f64)) -> impl Iterator<Item = f64> {
    (low as i32..=high as i32).map(move |power| base.powi(power))
}

fn rule(svg: &mut String, from: (f64, f64), to: (f64, f64)) {
    let ((x1, y1), (x2, y2)) = (from, to);
    let _ = writeln!(
        svg,
        "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"#dddddd\"/>"
    );
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    let _ =
        writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>");
}

#[cfg(test)]
mod tests {
    use super::super::figures::{Figure, Row};
    use super::*;

    #[test]
    fn lines_stay_in_the_field() {
        let section = |routes, figure| Section {
            kind: "growth",
            title: String::new(),
            source: String::new(),
            routes,
            checked: 0,
            columns: vec![Column::new("memory", "total", Unit::Bytes)],
            rows: vec![Row {
                name: "a<b",
                ours: true,
                cells: vec![Some(Figure::exact(figure))],
                note: None,
            }],
        };
        let sections = [section(10, 1024.0), section(1000, 1048576.0)];
        let svg = draw(&sections, "Title", "memory", "total").unwrap();
        // From corner to corner.
        assert!(svg.contains("points=\"80.0,430.0 620.0,40.0\""), "{svg}");
        for text in [">a&lt;b<", ">1 KiB<", ">32 KiB<", ">1 MiB<", ">100<", ">Title<"] {
            assert!(svg.contains(text), "{text} in {svg}");
        }
        assert_eq!(draw(&sections, "Title", "memory", "lookup"), None);
    }
}
