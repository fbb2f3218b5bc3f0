//! Drawings of figures by table size, both axes logarithmic.

use std::fmt::Write as _;

use super::figures::{Section, Unit, three_digits};

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
        let is_it = |c: &&super::figures::Column| c.group == group && c.name == name;
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

/// Axes whose ends are powers of ten (of two and ten for bytes).
struct Drawing {
    x: (f64, f64),
    y: (f64, f64),
    unit: Unit,
}

impl Drawing {
    fn new(lines: &[Line], unit: Unit) -> Drawing {
        let span = |values: &mut dyn Iterator<Item = f64>| {
            let (low, high) = values.fold((f64::MAX, f64::MIN), |(low, high), value| {
                (low.min(value.log10()), high.max(value.log10()))
            });
            (low.floor(), high.ceil().max(low.floor() + 1.0))
        };
        let points = || lines.iter().flat_map(|line| &line.points);
        let x = span(&mut points().map(|point| point.0));
        let y = span(&mut points().map(|point| point.1));
        Drawing { x, y, unit }
    }

    fn at(&self, point: (f64, f64)) -> (f64, f64) {
        let part = |value: f64, (low, high): (f64, f64)| (value.log10() - low) / (high - low);
        let [left, right, top, bottom] = FIELD;
        (
            left + part(point.0, self.x) * (right - left),
            bottom - part(point.1, self.y) * (bottom - top),
        )
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
        for power in powers(self.x) {
            let (x, _) = self.at((power, 1.0));
            rule(&mut svg, (x, top), (x, bottom));
            text(&mut svg, (x, bottom + 18.0), "middle", &three_digits(power));
        }
        for power in powers(self.y) {
            let (_, y) = self.at((1.0, power));
            rule(&mut svg, (left, y), (right, y));
            text(&mut svg, (left - 8.0, y + 4.0), "end", &self.unit.text(power));
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

fn powers((low, high): (f64, f64)) -> impl Iterator<Item = f64> {
    (low as i32..=high as i32).map(|power| 10f64.powi(power))
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
