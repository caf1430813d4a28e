"""What a lab has to show: the bill as a table and a picture, and the timeline. Both have a text alternative."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from typing import TYPE_CHECKING

from twoclouds.palette import ALL, PHASES
from twoclouds.tables import Table, dollars, duration
from twoclouds.world.world import World

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CLOUD_NAMES = {"azure": "Azure ML", "aws": "SageMaker AI"}
PHASE_WORDS = {
    "working": "working",
    "idle": "idle: kept, with nothing to do",
    "provisioning": "provisioning: starting up, fetching the image",
    "waiting": "waiting for a machine",
}
ASSUMED = ("provisioning", "waiting")
"""Phases whose length no vendor publishes: hatched."""

UNBILLED = 0.4
"""How strong the colour of time is that costs nothing."""

MINUTE = 60_000
NOTHING_BILLED = "Nothing has been billed yet: $0.0000"


@dataclass(frozen=True)
class BillRow:
    """What one resource cost in one phase."""

    account: str
    resource: str
    item: str
    phase: str
    milliseconds: int
    hourly: Fraction
    cost: Fraction


def bill_rows(world: World) -> list[BillRow]:
    """The bill up to now by resource and phase, in order of appearance; the costs add up to the total.

    Who waits holds nothing and pays nothing: that is on the timeline, not on the bill.
    """
    now = world.clock.now
    rows: dict[tuple[str, ...], BillRow] = {}
    for line in world.bill:
        if line.phase == "waiting":
            continue
        key = (line.account, line.resource, line.item, line.phase, str(line.hourly))
        before = rows.get(key)
        rows[key] = BillRow(
            line.account,
            line.resource,
            line.item,
            line.phase,
            line.lasted(now) * line.count + (before.milliseconds if before else 0),
            Fraction(line.hourly),
            line.cost(now) + (before.cost if before else 0),
        )
    return sorted(rows.values(), key=lambda row: _rank(row.account))


class BillView:
    """The bill up to the moment it was asked for: a table; `plot()` draws it, `frame()` gives it to pandas."""

    def __init__(self, world: World) -> None:
        self.rows = bill_rows(world)
        self.total = world.bill.total()
        sums = world.bill.by("account")
        self.by_cloud = {account: sums[account] for account in sorted(sums, key=_rank)}

    def frame(self) -> pandas.DataFrame:
        """The rows as a DataFrame: minutes and dollars as floats."""
        import pandas

        return pandas.DataFrame(
            {
                "cloud": [_cloud(r.account) for r in self.rows],
                "resource": [r.resource for r in self.rows],
                "type": [r.item for r in self.rows],
                "phase": [r.phase for r in self.rows],
                "minutes": [round(r.milliseconds / MINUTE, 2) for r in self.rows],
                "usd_per_hour": [float(r.hourly) for r in self.rows],
                "usd": [round(float(r.cost), 6) for r in self.rows],
            }
        )

    def plot(self) -> Picture:
        """Dollars of each cloud, by what its machines were doing."""
        return _draw_bill(self)

    def table(self) -> Table:
        """The rows, and what each cloud and both together come to."""
        head = ("cloud", "resource", "type", "phase", "h:mm:ss", "$/hour", "cost")
        rows = [
            (_cloud(r.account), r.resource, r.item, r.phase, duration(r.milliseconds), _hourly(r), dollars(r.cost))
            for r in self.rows
        ]
        return Table("The bill, by resource and by what it was doing", head, rows, self.sums())

    def sums(self) -> list[tuple[str, str]]:
        """(cloud, dollars) for each cloud, and for both together."""
        sums = [(_cloud(account), dollars(amount)) for account, amount in self.by_cloud.items()]
        return [*sums, ("together", dollars(self.total))]

    def __repr__(self) -> str:
        return repr(self.table()) if self.rows else NOTHING_BILLED

    def _repr_html_(self) -> str:
        return self.table()._repr_html_() if self.rows else f"<p>{NOTHING_BILLED}</p>"


@dataclass(frozen=True)
class Bar:
    """A stretch of time in one phase, in ms since the lab opened."""

    start: int
    end: int
    phase: str
    billed: bool
    owner: str


@dataclass(frozen=True)
class Track:
    """What one machine (or waiting job) did."""

    account: str
    resource: str
    item: str
    bars: tuple[Bar, ...]
    cost: Fraction


class Timeline:
    """What every machine did, and who waited, up to the moment it was asked for; `machines`: nothing but machines, no
    disks, no load balancers and no waiting jobs."""

    def __init__(self, world: World, *, machines: bool = False) -> None:
        self._clock = world.clock
        self.now = world.clock.now
        self.tracks = _tracks(world)
        if machines:
            requested = {event.subject for event in world.events.of("machine.requested")}
            self.tracks = [each for each in self.tracks if f"{each.account}/{each.resource}" in requested]

    def table(self) -> Table:
        """Every stretch of time of every machine, and of every job that waited."""
        head = ("cloud", "resource", "from", "to", "phase", "for", "billed")
        rows = [
            (
                _cloud(track.account),
                track.resource,
                self._time(bar.start),
                self._time(bar.end),
                bar.phase,
                bar.owner,
                "yes" if bar.billed else "no",
            )
            for track in self.tracks
            for bar in track.bars
        ]
        return Table("The timeline, stretch by stretch", head, rows)

    def _time(self, time: int) -> str:
        return f"{self._clock.at(time):%a %H:%M:%S}"

    def __repr__(self) -> str:
        return repr(self.table()) if self.tracks else "Nothing has happened yet."

    def _repr_html_(self) -> str:
        return self.plot()._repr_html_() if self.tracks else "<p>Nothing has happened yet.</p>"

    def plot(self) -> Picture:
        """A row for each machine, a colour for each phase; hatched where the length is assumed."""
        return _draw_timeline(self)


def _tracks(world: World) -> list[Track]:
    bars: dict[tuple[str, str, str], list[Bar]] = {}
    costs: dict[tuple[str, str, str], Fraction] = {}
    now = world.clock.now
    for line in world.bill:
        key = (line.account, line.resource, line.item)
        end = now if line.end is None else line.end
        costs[key] = costs.get(key, Fraction(0)) + line.cost(now)
        if end > line.start:
            bars.setdefault(key, []).append(Bar(line.start, end, line.phase, line.hourly > 0, line.owner))
    tracks = [Track(*key, tuple(found), costs[key]) for key, found in bars.items()]
    return sorted(tracks, key=lambda track: _rank(track.account))


# Drawing


@dataclass(frozen=True)
class Picture:
    """An SVG drawing with a text alternative: `alt` in a sentence, and the same content as a table."""

    svg: str
    alt: str
    table: str

    def __repr__(self) -> str:
        return self.alt

    def _repr_html_(self) -> str:
        return (
            f'<figure class="tc-figure">{self.svg}'
            f"<details><summary>The same as a table</summary>{self.table}</details></figure>"
        )


def _figure(height: float) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.6, height), layout="constrained", facecolor=ALL["paper"].light)
    axes = figure.add_subplot(facecolor=ALL["paper"].light)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(ALL["line"].light)
    axes.tick_params(colors=ALL["ink"].light, length=0)
    axes.grid(axis="x", color=ALL["line"].light, linewidth=0.8)
    axes.set_axisbelow(True)
    return figure, axes


def _bar(axes: Axes, row: float, left: float, width: float, phase: str, *, billed: bool = True) -> None:
    axes.barh(
        row,
        width,
        left=left,
        height=0.5,
        color=PHASES[phase].light,
        hatch="////" if phase in ASSUMED else None,
        edgecolor=ALL["paper"].light,
        linewidth=0.8,
        alpha=1 if billed else UNBILLED,
    )


def _note(axes: Axes, row: float, x: float, text: str) -> None:
    axes.annotate(text, (x, row), (5, 0), textcoords="offset points", va="center", fontsize=9, color=ALL["ink"].light)


def _legend(figure: Figure, phases: Iterable[str], *, unbilled: bool = False) -> None:
    from matplotlib.patches import Patch

    present = set(phases)
    seen = [phase for phase in PHASES if phase in present]
    handles = [
        Patch(
            facecolor=PHASES[phase].light,
            hatch="////" if phase in ASSUMED else None,
            edgecolor=ALL["paper"].light,
            label=PHASE_WORDS[phase] + (" (length assumed)" if phase in ASSUMED else ""),
        )
        for phase in seen
    ]
    if unbilled:
        handles.append(Patch(facecolor=ALL["quiet"].light, alpha=UNBILLED, label="pale: not billed"))
    figure.legend(
        handles=handles, loc="outside lower left", ncols=2, frameon=False, labelcolor=ALL["ink"].light, fontsize=9
    )


def _draw_timeline(timeline: Timeline) -> Picture:
    figure, axes = _figure(1.2 + 0.42 * len(timeline.tracks))
    end = max(bar.end for track in timeline.tracks for bar in track.bars)
    begin = min(bar.start for track in timeline.tracks for bar in track.bars)
    for row, track in enumerate(timeline.tracks):
        for bar in track.bars:
            _bar(axes, row, bar.start / MINUTE, (bar.end - bar.start) / MINUTE, bar.phase, billed=bar.billed)
        if track.cost:
            _note(axes, row, track.bars[-1].end / MINUTE, dollars(track.cost))
    axes.set_yticks(range(len(timeline.tracks)), [f"{_cloud(t.account)}\n{t.resource}" for t in timeline.tracks])
    for label, track in zip(axes.get_yticklabels(), timeline.tracks, strict=True):
        label.set_color(ALL[track.account].light if track.account in ALL else ALL["ink"].light)
        label.set_fontsize(9)
    axes.invert_yaxis()
    span = (end - begin) / MINUTE
    axes.set_xlim(begin / MINUTE - span * 0.01, end / MINUTE + span * 0.14)
    ticks = _ticks(begin / MINUTE, end / MINUTE)
    form = "%H:%M" if span < 24 * 60 else "%a %H:%M"
    axes.set_xticks(ticks, [f"{timeline._clock.at(round(t * MINUTE)):{form}}" for t in ticks], fontsize=9)
    bars = [bar for track in timeline.tracks for bar in track.bars]
    _legend(figure, (bar.phase for bar in bars), unbilled=not all(bar.billed for bar in bars))
    alt = "Timeline. " + " ".join(_sentence(track) for track in timeline.tracks)
    return Picture(_svg(figure, alt), alt, timeline.table()._repr_html_())


def _draw_bill(view: BillView) -> Picture:
    accounts = list(view.by_cloud)
    figure, axes = _figure(1.2 + 0.42 * max(1, len(accounts)))
    for row, account in enumerate(accounts):
        left = 0.0
        for phase in PHASES:
            cost = float(sum((r.cost for r in view.rows if r.account == account and r.phase == phase), Fraction(0)))
            if cost:
                _bar(axes, row, left, cost, phase)
                left += cost
        _note(axes, row, left, dollars(view.by_cloud[account]))
    axes.set_yticks(range(len(accounts)), [_cloud(account) for account in accounts], fontsize=10)
    axes.invert_yaxis()
    axes.set_xlim(0, max((float(c) for c in view.by_cloud.values()), default=0) * 1.18 or 1)
    axes.xaxis.set_major_formatter(lambda value, position: f"${value:g}")
    _legend(figure, (r.phase for r in view.rows if r.cost))
    alt = "The bill. " + " ".join(f"{name}: {amount}." for name, amount in view.sums())
    return Picture(_svg(figure, alt), alt, view._repr_html_())


def _ticks(begin: float, end: float) -> list[float]:
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1440, 2880)
    step = next((s for s in steps if (end - begin) / s <= 8), 7 * 1440)
    first = -int(-begin // step) * step
    return [float(t) for t in range(int(first), int(end) + 1, step)]


def _svg(figure: Figure, alt: str) -> str:
    """The figure as inline SVG whose colours follow the page's scheme, the same bytes every time."""
    import matplotlib

    buffer = io.StringIO()
    fonts = ["system-ui", "Segoe UI", "Helvetica", "Arial", "sans-serif", "DejaVu Sans"]
    with matplotlib.rc_context({"svg.hashsalt": alt, "svg.fonttype": "none", "hatch.linewidth": 0.7}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :].strip()
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = svg.replace("'DejaVu Sans'", ", ".join(f"'{f}'" if " " in f else f for f in fonts))
    for name, colour in ALL.items():
        svg = svg.replace(colour.light, f"var(--tc-{name}, {colour.light})")
    svg = re.sub(r'<svg ([^>]*?)width="[^"]*"', r"<svg \1", svg, count=1)
    svg = re.sub(r'(<svg [^>]*?)height="[^"]*"', r"\1", svg, count=1)
    label = escape(alt, quote=True)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{label}" style="width: 100%; max-width: 46rem" ', 1)


# Words and tables


def _hourly(row: BillRow) -> str:
    return f"{float(row.hourly):.4g}" if row.hourly else "not billed"


def _rank(account: str) -> int:
    order = list(CLOUD_NAMES)
    return order.index(account) if account in order else len(order)


def _cloud(account: str) -> str:
    return CLOUD_NAMES.get(account, account)


def _sentence(track: Track) -> str:
    parts = ", ".join(f"{bar.phase} {duration(bar.end - bar.start)}" for bar in track.bars)
    return f"{_cloud(track.account)}, {track.resource}: {parts}; {dollars(track.cost)}."
