use svg::node::element::{Group, Line, Rectangle, Text};

/// Colours that people tell apart, also those who see few of them.
pub(super) mod colour {
    pub(crate) const INK: &str = "#1f2937";
    pub(crate) const FAINT: &str = "#6b7280";
    pub(crate) const RULE: &str = "#e5e7eb";
    pub(crate) const LANE: &str = "#f9fafb";
    pub(crate) const CONNECTING: &str = "#f5b942";
    pub(crate) const WAITING: &str = "#fde9b8";
    pub(crate) const OPEN: &str = "#3fa34d";
    pub(crate) const CLOSING: &str = "#c084fc";
    pub(crate) const CLOSED: &str = "#9ca3af";
    pub(crate) const SENT: &str = "#1d4ed8";
    pub(crate) const RECEIVED: &str = "#0891b2";
    pub(crate) const BEAT: &str = "#db2777";
    pub(crate) const FAULT: &str = "#dc2626";
}

/// A place in the picture, in pixels with one digit behind the point.
pub(super) fn px(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

pub(super) fn text(x: f64, y: f64, size: u32, colour: &str, what: impl Into<String>) -> Text {
    Text::new(what.into())
        .set("x", px(x))
        .set("y", px(y))
        .set("font-size", size)
        .set("fill", colour)
}

pub(super) fn line(from: (f64, f64), to: (f64, f64), colour: &str, width: f64) -> Line {
    Line::new()
        .set("x1", px(from.0))
        .set("y1", px(from.1))
        .set("x2", px(to.0))
        .set("y2", px(to.1))
        .set("stroke", colour)
        .set("stroke-width", width)
}

pub(super) fn rect(x: f64, y: f64, width: f64, height: f64, colour: &str) -> Rectangle {
    Rectangle::new()
        .set("x", px(x))
        .set("y", px(y))
        .set("width", px(width))
        .set("height", px(height))
        .set("fill", colour)
}

/// A group that is written in the program's fonts.
pub(super) fn page() -> Group {
    Group::new().set("font-family", "system-ui, 'DejaVu Sans', sans-serif")
}

/// Seconds as an axis names them.
pub(super) fn axis_label(seconds: f64) -> String {
    let millis = (seconds * 1_000.0).round();
    let (minutes, rest) = ((millis / 60_000.0).floor(), millis % 60_000.0);
    match (minutes >= 1.0, rest) {
        (true, 0.0) => format!("{minutes} min"),
        (true, rest) => format!("{minutes}:{:02} min", rest / 1_000.0),
        (false, rest) => format!("{} s", rest / 1_000.0),
    }
}

/// Round steps of an axis: at most `count` of them.
pub(super) fn axis_step(span: f64, count: f64) -> f64 {
    const STEPS: [f64; 18] = [
        0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0,
        1_800.0, 3_600.0, 14_400.0,
    ];
    let least = span / count;
    STEPS.into_iter().find(|step| *step >= least).unwrap_or((least / 86_400.0).ceil() * 86_400.0)
}
