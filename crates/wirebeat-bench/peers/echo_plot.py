"""Draws the ratios of echo servers' CPU time to the raw echo's, as an SVG that needs nothing else."""

import math
import statistics
from xml.sax.saxutils import escape

from echo_bars import OURS, RATIO_TO_RAW_MAX, RAW, interval, ratios_to_raw

WIDTH, COLUMNS, MARGIN = 1060, 2, 24
LABEL, VALUE = 150, 56  # left and right of what is drawn
ROW, HEAD, FOOT, TOP = 19, 34, 38, 94
PANEL = (WIDTH - MARGIN * (COLUMNS + 1)) / COLUMNS
TICKS = [.3, .5, .7, .8, .9, 1, 1.1, 1.2, 1.3, 1.5, 1.7, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 100]
TICK_GAP = 30

STYLE = """
svg { --paper: #ffffff; --ink: #1f2328; --soft: #59636e; --line: #d1d9e0; --ours: #0550ae; --bar: #bc4c00 }
@media (prefers-color-scheme: dark) {
  svg { --paper: #0d1117; --ink: #e6edf3; --soft: #9da7b1; --line: #30363d; --ours: #6cb6ff; --bar: #f0883e }
}
text { font: 12px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: var(--ink) }
.title { font-size: 17px; font-weight: 600 } .work { font-size: 14px; font-weight: 600 }
.soft { fill: var(--soft) } .ours { fill: var(--ours); font-weight: 600 }
.paper { fill: var(--paper) } line { stroke: var(--line) } .raw { stroke: var(--soft) }
.bar { stroke: var(--bar); stroke-dasharray: 4 3; stroke-width: 1.5 } text.bar { fill: var(--bar); stroke: none }
.whisker { stroke: var(--soft); stroke-width: 1.5 } .whisker.ours { stroke: var(--ours) }
circle { fill: var(--paper); stroke: var(--soft); stroke-width: 1.75 }
circle.ours { fill: var(--ours); stroke: var(--ours) }
"""


class Scale:
    """A logarithmic scale."""

    def __init__(self, low, high, left, right):
        self.low, self.left = math.log(low), left
        self.by = (right - left) / (math.log(high) - self.low)

    def __call__(self, value):
        return self.left + (math.log(value) - self.low) * self.by

    def ticks(self, low, high):
        """Round numbers that don't come too close to each other; 1 is always among them."""
        chosen = [1]
        for tick in TICKS:
            if low <= tick <= high and all(abs(self(tick) - self(other)) >= TICK_GAP
                                           for other in chosen):
                chosen.append(tick)
        return chosen


def text(x, y, words, kind="", anchor="start"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">'
            f"{escape(words)}</text>")


def line(x1, y1, x2, y2, kind=""):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def row(scale, x, y, server, middle, low, high):
    kind = "ours" if server in OURS else ""
    ends = [line(scale(end), y - 3.5, scale(end), y + 3.5, f"whisker {kind}") for end in (low, high)]
    return [
        text(x + LABEL - 12, y + 4, server, kind, "end"),
        line(scale(low), y, scale(high), y, f"whisker {kind}"),
        *ends,
        f'<circle cx="{scale(middle):.1f}" cy="{y:.1f}" r="3.5" class="{kind}"/>',
        text(x + PANEL, y + 4, f"{middle:.2f}", kind, "end"),
    ]


def panel(x, y, work, found):
    """`found` lists servers, each with the median and the interval of its ratio."""
    least = min([1, *(low for *_, low, _ in found)]) / 1.06
    most = max([RATIO_TO_RAW_MAX.get(work, 1), *(high for *_, high in found)]) * 1.06
    scale = Scale(least, most, x + LABEL, x + PANEL - VALUE)
    top, bottom = y + HEAD - 8, y + HEAD + ROW * len(found)
    drawn = [text(x, y + 14, work, "work")]
    for tick in scale.ticks(least, most):
        drawn.append(line(scale(tick), top, scale(tick), bottom, "raw" if tick == 1 else ""))
        drawn.append(text(scale(tick), bottom + 15, f"{tick:g}", "soft", "middle"))
    if work in RATIO_TO_RAW_MAX:
        bar = RATIO_TO_RAW_MAX[work]
        drawn.append(line(scale(bar), top, scale(bar), bottom, "bar"))
        drawn.append(text(scale(bar) + 4, top - 3, f"bar {bar:.2f}", "bar"))
    for at, (server, *numbers) in enumerate(found):
        drawn += row(scale, x, y + HEAD + ROW * (at + 0.5), server, *numbers)
    return drawn


def plot(results):
    panels = []
    for work in results["cpu"]:
        found = []
        for server in results["cpu"][work]:
            ratios = ratios_to_raw(results, work, server)
            if ratios and server != RAW:
                found.append((server, statistics.median(ratios), *interval(ratios)))
        panels.append((work, sorted(found, key=lambda entry: entry[1])))
    deepest = max(len(found) for _, found in panels)
    height_of_panel = HEAD + ROW * deepest + FOOT
    height = TOP + height_of_panel * math.ceil(len(panels) / COLUMNS)
    drawn = [
        text(MARGIN, 32, "CPU time of a server for each message, as a ratio to a plain TCP echo", "title"),
        text(MARGIN, 53, "Connections x messages at once x bytes of a message. Median of rounds, and its "
             "95 % bootstrap interval.", "soft"),
        text(MARGIN, 70, "Less is better. Scales are logarithmic, and each panel has its own.", "soft"),
    ]
    for at, (work, found) in enumerate(panels):
        across, down = at % COLUMNS, at // COLUMNS
        x = MARGIN + across * (PANEL + MARGIN)
        drawn += panel(x, TOP + down * height_of_panel, work, found)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
            f'width="{WIDTH}" height="{height:.0f}" role="img">\n<style>{STYLE}</style>\n'
            f'<rect class="paper" width="100%" height="100%"/>\n' + "\n".join(drawn) + "\n</svg>\n")
