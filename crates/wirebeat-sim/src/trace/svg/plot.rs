use svg::Document;
use svg::node::element::{Group, Polyline};

use super::pen::{axis_label, axis_step, colour, line, page, px, rect, text};

const WIDTH: f64 = 1080.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 80.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 72.0;
const BOTTOM: f64 = 40.0;

/// Curves over time: how often something happened in each second.
#[derive(Clone, Debug, Default)]
pub struct Plot<'p> {
    /// What stands on top.
    pub title: String,
    /// What stands below it.
    pub subtitle: String,
    /// The curves: their name, and a number for each second.
    pub curves: Vec<(&'p str, &'p [u32])>,
    /// A level to compare with, such as what a server can do, and its name.
    pub level: Option<(u32, &'p str)>,
}

impl Plot<'_> {
    fn seconds(&self) -> usize {
        self.curves.iter().map(|(_, counts)| counts.len()).max().unwrap_or(0).max(1)
    }

    fn most(&self) -> u32 {
        let counts = self.curves.iter().flat_map(|(_, counts)| counts.iter().copied());
        counts.chain(self.level.map(|(level, _)| level)).max().unwrap_or(0).max(1)
    }
}

/// Curves as a picture.
#[must_use]
pub fn plot_svg(plot: &Plot<'_>) -> String {
    let (seconds, most) = (count(plot.seconds()), f64::from(plot.most()) * 1.05);
    let x = |second: f64| LEFT + second / seconds * (WIDTH - LEFT - RIGHT);
    let y = |count: f64| HEIGHT - BOTTOM - count / most * (HEIGHT - TOP - BOTTOM);

    let title = text(LEFT, 24.0, 16, colour::INK, plot.title.clone()).set("font-weight", "bold");
    let mut picture = page()
        .add(title)
        .add(text(LEFT, 42.0, 12, colour::FAINT, plot.subtitle.clone()))
        .add(axes(seconds, most, &x, &y));
    let colours = [colour::SENT, colour::OPEN, colour::BEAT, colour::CONNECTING];
    let mut legend = LEFT;
    for ((name, counts), colour) in plot.curves.iter().zip(colours.into_iter().cycle()) {
        // Steps, as each number stands for a whole second.
        let steps = counts.iter().enumerate().flat_map(|(second, number)| {
            let (begin, high) = (count(second), y(f64::from(*number)));
            [(x(begin), high), (x(begin + 1.0), high)]
        });
        let points: Vec<String> = steps.map(|(x, y)| format!("{},{}", px(x), px(y))).collect();
        let curve = Polyline::new()
            .set("points", points.join(" "))
            .set("fill", "none")
            .set("stroke", colour)
            .set("stroke-width", 1.8);
        picture = picture
            .add(curve)
            .add(line((legend, 56.0), (legend + 18.0, 56.0), colour, 2.5))
            .add(text(legend + 24.0, 60.0, 12, colour::INK, *name));
        legend += 60.0 + 7.0 * count(name.chars().count());
    }
    picture = picture.add(text(legend, 60.0, 12, colour::FAINT, "per second"));
    if let Some((level, name)) = plot.level {
        let high = y(f64::from(level));
        let rule = line((LEFT, high), (WIDTH - RIGHT, high), colour::FAULT, 1.2);
        let name = text(WIDTH - RIGHT, high - 5.0, 11, colour::FAULT, name);
        picture =
            picture.add(rule.set("stroke-dasharray", "6 4")).add(name.set("text-anchor", "end"));
    }
    Document::new()
        .set("viewBox", (0, 0, WIDTH, HEIGHT))
        .set("width", WIDTH)
        .set("height", HEIGHT)
        .add(rect(0.0, 0.0, WIDTH, HEIGHT, "white"))
        .add(picture)
        .to_string()
}

fn axes(seconds: f64, most: f64, x: &impl Fn(f64) -> f64, y: &impl Fn(f64) -> f64) -> Group {
    let mut axes = Group::new();
    let step = axis_step(seconds, 12.0).max(1.0);
    let mut at = 0.0;
    while at <= seconds {
        let label = text(x(at), HEIGHT - BOTTOM + 16.0, 11, colour::FAINT, axis_label(at));
        axes = axes
            .add(line((x(at), y(0.0)), (x(at), y(most)), colour::RULE, 1.0))
            .add(label.set("text-anchor", "middle"));
        at += step;
    }
    let step = round_step(most / 6.0);
    let mut at = 0.0;
    while at <= most {
        let label = text(LEFT - 8.0, y(at) + 4.0, 11, colour::FAINT, format!("{at}"));
        axes = axes
            .add(line((LEFT, y(at)), (WIDTH - RIGHT, y(at)), colour::RULE, 1.0))
            .add(label.set("text-anchor", "end"));
        at += step;
    }
    axes
}

/// The next of 1, 2, 5, 10, 20, …
fn round_step(least: f64) -> f64 {
    let mut power = 1.0;
    loop {
        for step in [1.0, 2.0, 5.0] {
            if step * power >= least {
                return step * power;
            }
        }
        power *= 10.0;
    }
}

#[allow(clippy::cast_precision_loss, reason = "a picture has few pixels")]
fn count(number: usize) -> f64 {
    number as f64
}

/// The first curve as lines of text, `width` characters wide: a bar for each span of time.
#[must_use]
pub fn plot_text(plot: &Plot<'_>, width: usize, lines: usize) -> String {
    let Some((name, counts)) = plot.curves.first() else { return String::new() };
    let mut text = String::new();
    let span = counts.len().div_ceil(lines.max(1)).max(1);
    let highest: Vec<u32> =
        counts.chunks(span).map(|chunk| chunk.iter().copied().max().unwrap_or(0)).collect();
    let most = highest.iter().copied().max().unwrap_or(0).max(1);
    let (level, level_name) = plot.level.unwrap_or((u32::MAX, ""));
    text.push_str(&match span {
        1 => format!("{name} in each second\n"),
        _ => format!("{name} in a second, the most of each {span} s\n"),
    });
    for (index, high) in highest.iter().enumerate() {
        let cells = usize::try_from(u64::from(*high) * width as u64 / u64::from(most));
        let mut bar = "█".repeat(cells.unwrap_or(width));
        if bar.is_empty() && *high > 0 {
            bar.push('▏');
        }
        let note = if *high > level { format!("  more than {level_name}") } else { String::new() };
        text.push_str(&format!("{:>6} s {high:>8} {bar}{note}\n", index * span));
    }
    text
}
