"""What wirebeat's echo servers may cost, and whether they keep to it.

Results are what `echo.json` holds: `cpu[work][server]` lists microseconds a message, a round each, in
the same order for all servers; `syscalls[work][server]` and `instructions[work][server]` are counts a
message; `memory[state][server]` is in bytes a connection.
"""

import random
import statistics

OURS = ["wirebeat", "wirebeat-serve"]
RAW = "raw"


def interval(values):
    """The 95 % bootstrap interval of the median."""
    draw = random.Random(1)
    medians = sorted(statistics.median(draw.choices(values, k=len(values))) for _ in range(2000))
    return medians[49], medians[1949]


def quotients(values, others):
    return [value / other for value, other in zip(values, others)]


def ratios_to_raw(results, work, server):
    """One for each round, or nothing if it wasn't measured."""
    costs = results["cpu"].get(work, {})
    return quotients(costs[server], costs[RAW]) if {server, RAW} <= costs.keys() else []


def peers(measured):
    return [server for server in measured if server not in [*OURS, RAW]]


class Bar:
    """What may be reached at most. A ratio reaches it with its interval's low end."""

    def __init__(self, text, found, reached):
        self.text, self.found, self.is_met = text, found, reached

    @staticmethod
    def of_ratios(text, ratios, most):
        low, high = interval(ratios)
        return Bar(text, f"{statistics.median(ratios):.3f} ({low:.3f}–{high:.3f})", low <= most)

    def __str__(self):
        return f"{self.text}: {self.found}, {'met' if self.is_met else '**missed**'}"


def cpu_of_raw(results, work, server):
    ratios = ratios_to_raw(results, work, server)
    if ratios:
        most = RATIO_TO_RAW_MAX[work]
        yield Bar.of_ratios(f"CPU ≤ {most:.2f} of raw", ratios, most)


def cpu_of(peer, most, said):
    def bars(results, work, server):
        costs = results["cpu"].get(work, {})
        if {server, peer} <= costs.keys():
            yield Bar.of_ratios(f"CPU ≤ {said} of {peer}", quotients(costs[server], costs[peer]),
                                most)
    return bars


def cpu_of_best_peer(most):
    def bars(results, work, server):
        costs = results["cpu"].get(work, {})
        others = peers(costs)
        if others and server in costs:
            best = min(others, key=lambda peer: statistics.median(costs[peer]))
            yield from cpu_of(best, most, f"{most:.2f}")(results, work, server)
    return bars


def syscalls_of_raw(most):
    def bars(results, work, server):
        calls = results["syscalls"].get(work, {})
        if {server, RAW} <= calls.keys():
            limit = calls[RAW] * most
            yield Bar(f"system calls ≤ {most:.2f} of raw, {limit:.3f}", f"{calls[server]:.3f}",
                      calls[server] <= limit)
    return bars


def syscalls_at_most(limit):
    def bars(results, work, server):
        calls = results["syscalls"].get(work, {})
        if server in calls:
            yield Bar(f"system calls ≤ {limit}", f"{calls[server]:.3f}", calls[server] <= limit)
    return bars


def instructions(above_raw):
    def bars(results, work, server):
        counts = results["instructions"].get(work, {})
        if {server, RAW} <= counts.keys():
            above = counts[server] - counts[RAW]
            yield Bar(f"instructions ≤ raw + {above_raw:,}", f"+ {above:,.0f}", above <= above_raw)
        if server in counts and peers(counts):
            best = min(peers(counts), key=counts.get)
            yield Bar(f"instructions < {best}'s {counts[best]:,.0f}", f"{counts[server]:,.0f}",
                      counts[server] < counts[best])
    return bars


def cpu_as_with_few(most, few):
    """The ratio to raw, by what it is with fewer connections."""
    def bars(results, work, server):
        of_many = ratios_to_raw(results, work, server)
        of_few = ratios_to_raw(results, few, server)
        if of_many and of_few:
            yield Bar.of_ratios(f"ratio to raw ≤ {most} of that at {few}",
                                quotients(of_many, of_few), most)
    return bars


def resident(most):
    def bars(results, state, server):
        if server in results["memory"].get(state, {}):
            found = results["memory"][state][server]
            yield Bar(f"≤ {most:,} bytes", f"{found:,.0f}", found <= most)
    return bars


RATIO_TO_RAW_MAX = {"100 x 16 B": 1.1, "100 x 1 KiB": 1.1, "1 x 64 x 16 B": 1.1, "10 x 16 KiB": 1.1}
PING_PONG = [cpu_of_raw, cpu_of_best_peer(1.00), syscalls_of_raw(1.02), instructions(1500)]
BARS = {
    "100 x 16 B": PING_PONG,
    "100 x 1 KiB": PING_PONG,
    "1 x 64 x 16 B": [cpu_of_raw, cpu_of("fastwebsockets", 1 / 8, "1/8"),
                      syscalls_at_most(0.06)],
    "10 x 16 KiB": [cpu_of_raw],
    "10 x 1 MiB": [cpu_of_best_peer(1.05)],
    "10000 x 16 B": [cpu_as_with_few(1.2, "100 x 16 B")],
    "idle after the handshake": [resident(1536)],
    "idle after an echo of 16 B": [resident(1536)],
    "idle after an echo of 16 KiB": [resident(1536)],
}


def bars(results, work, server):
    if server not in OURS:
        return []
    return [bar for rule in BARS.get(work, []) for bar in rule(results, work, server)]


def table(results):
    """All that was measured, in Markdown."""
    lines = [
        "| work | server | CPU, µs a message | its ratio to raw | system calls | instructions "
        "| resident bytes | bars |",
        "|---|---|---:|---:|---:|---:|---:|---|",
    ]
    for work, servers in {**results["cpu"], **results["memory"]}.items():
        for server in servers:
            costs = results["cpu"].get(work, {}).get(server)
            ratios = ratios_to_raw(results, work, server)
            low, high = interval(ratios) if ratios else (0, 0)
            cells = [
                work,
                server,
                f"{statistics.median(costs):.2f}" if costs else "",
                f"{statistics.median(ratios):.3f} ({low:.3f}–{high:.3f})" if ratios else "",
                *(form.format(results[kind][work][server])
                  if server in results[kind].get(work, {}) else ""
                  for kind, form in [("syscalls", "{:.3f}"), ("instructions", "{:,.0f}"),
                                     ("memory", "{:,.0f}")]),
                "<br>".join(map(str, bars(results, work, server))),
            ]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
