"""The Recording card of the Muscles tab: where signals come from, what was found, how they are processed."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any, Final

import ipywidgets as widgets

from facelib.app.muscles.channel_map import SUFFIX as MAP_SUFFIX
from facelib.app.muscles.channel_map import ChannelMap, read_map
from facelib.app.muscles.source import MOST_BYTES, SIDES, Loaded, movements, recorded_clips
from facelib.app.muscles.state import MAINS, Muscles
from facelib.app.widgets.controls import Card, Fold, labelled, menu, paragraphs
from facelib.app.widgets.dropzone import DropZone
from facelib.app.widgets.trait_link import bind
from facelib.semg.muscles import CHANNELS
from facelib.semg.recordings.reading import SUFFIXES

if TYPE_CHECKING:
    from facelib.semg.recordings.findings import Finding

TITLES: Final = {
    "recording": "This recording",
    "simulated": "Simulated example",
    "mine": "Your recording",
    "dataset": "Data set",
}
HELPS: Final = {
    "recording": "The one that this panel was started with",
    "simulated": "A made-up recording of a movement, with 44 noisy inputs: nobody's data is needed",
    "mine": "A table or an EDF file, kept in memory only",
    "dataset": "A clip of the folder that this page was started with",
}
PRIVACY: Final = (
    "Your recording stays in the memory of this session and is gone when you close or reload the page. "
    "Tables are never written to disk; an EDF or BDF file is while it is read, to a temporary folder that is "
    "removed at once. Nothing leaves the computer that facelib runs on."
)
FORMAT: Final = (
    "A table (CSV, TSV, Parquet) with one column for each channel, named like “Zygomaticus_l”, “Zyg li” or "
    "“F20”, and a column of times if there is one; or an EDF or BDF file. Other names, such as “EXG1”, are "
    "asked for."
)
MAPPED: Final = "{name} says which channel is which muscle: now drop the recording."
MOST_EVENTS: Final = 12  # that are listed
NO_FILE: Final = "No file has been given yet."
KINDS: Final = {
    "monopolar": "monopolar inputs",
    "bipolar": "bipolar channels",
    "envelope": "channels of envelopes",
}
ONE: Final = {
    "monopolar": "monopolar input",
    "bipolar": "bipolar channel",
    "envelope": "channel of envelopes",
}
MOST_FINDINGS: Final = 10  # that are listed
MARKS: Final = {"error": "Error", "warning": "Warning", "note": "Note"}


class RecordingPanel(Card):
    """Chooses a recording, and says what was found in it."""

    def __init__(self, state: Muscles) -> None:
        super().__init__("Recording")
        self.state = state
        self.source = widgets.ToggleButtons(
            options=[(TITLES[name], name) for name in state.sources],
            tooltips=[HELPS[name] for name in state.sources],
            style={"button_width": "auto"},
        )
        options = [(title, name) for name, title in movements().items()]
        self.task = menu("Movement", "What the simulated person does, again and again", options)
        self.weak = menu("Weak side", "The person's side that moves less, as with a palsy", SIDES)
        self.weakness = labelled(
            "How weak",
            "Share of the movement that this side lacks",
            widgets.FloatSlider(min=0, max=1, step=0.05, continuous_update=False),
        )
        self.seed = labelled(
            "Seed", "Another number draws another recording", widgets.BoundedIntText(min=0, max=10**6)
        )
        self.zone = DropZone(
            self.guarded(self.take),
            types=[],
            suffixes=[*SUFFIXES, MAP_SUFFIX],
            most=MOST_BYTES,
            one="recording",
            kinds="CSV, TSV, Parquet, EDF, BDF, saved channels",
            refusal="isn't a recording in CSV, TSV, Parquet, EDF or BDF, nor a file of channels.",
            camera=False,
        )
        self.rate = labelled(
            "Samples / s",
            "How many there are each second; 0: as the file says. Tables without times need it: 30 for "
            "“Mimics, Muscles, and Me”",
            widgets.BoundedFloatText(min=0, max=100_000),
        )
        clips = [] if state.dataset is None else recorded_clips(state.dataset)
        self.clip = menu("Clip", "Of the data set; those with signals", clips)
        hints = widgets.HTML(paragraphs(FORMAT, PRIVACY))
        hints.add_class("facelib-hint")
        self.map = ChannelMap(state)
        self.parts = {
            "simulated": _box(self.task, self.weak, self.weakness, self.seed),
            "mine": _box(self.zone, self.rate, self.map, hints),
            "dataset": _box(self.clip),
            "recording": _box(),
        }
        self.facts, self.chain = widgets.HTML(), ChainBox(state)
        self.facts.add_class("facelib-sentence")
        bound = ("source", "task", "weak", "weakness", "seed", "rate", *(("clip",) if clips else ()))
        for name in bound:
            bind(state, name, getattr(self, name), state.lock)
        state.observe(self.guarded(self.follow), ["source", "weak", "loaded", "given", "recording_problem"])
        self.follow()
        folded = Fold("Processing", self.chain)
        self.fill(self.source, *self.parts.values(), self.facts, folded)
        *others, messages = self.children
        self.children = (*others[:-2], messages, *others[-2:])  # next to what they are about

    def take(self, name: str, content: bytes) -> None:
        """Read a file of the visitor's."""
        self.messages.clear()
        if not name.lower().endswith(MAP_SUFFIX):
            self.state.take(name, content)
            return
        with self.state.lock:
            self.state.columns = read_map(content)
        if self.state.given is None:
            self.facts.value = paragraphs(MAPPED.format(name=name))

    def follow(self, _change: object = None) -> None:
        """Show the controls of the chosen source, and what was found."""
        state = self.state
        for name, part in self.parts.items():
            part.layout.display = "" if name == state.source else "none"
        self.weakness.layout.display = "none" if state.weak == SIDES[0] else ""
        if state.loaded is not None:
            self.facts.value = facts(state.loaded)
        else:
            waits = state.source == "mine" and state.given is None
            self.facts.value = paragraphs(NO_FILE) if waits else ""
        if state.recording_problem:
            self.messages.show(state.recording_problem, source=state)
        else:
            self.messages.settle(state)


class ChainBox(widgets.VBox):
    """The constants of the processing chain."""

    def __init__(self, state: Muscles) -> None:
        self.filters = menu(
            "Filters",
            "For a lab's own recordings: a steep band from 20 Hz, and a narrow notch where hum is found; or "
            "those of the data set",
            [("facial", "facial"), ("as in the data set", "data set")],
        )
        self.mains = menu("Mains, Hz", "Hum of the power line, which a filter takes out", MAINS)
        self.low = _number("From, Hz", "Lower edge of the band", 1, 200)
        self.high = _number("To, Hz", "Upper edge of the band: below half the samples a second", 20, 2000)
        self.window = _number(
            "Window, ms",
            "Over how long the signal's strength is averaged (sliding root mean square)",
            10,
            2000,
        )
        for name in ("filters", "mains", "low", "high", "window"):
            bind(state, name, getattr(self, name), state.lock)
        words = widgets.HTML(
            paragraphs(
                "Mean removed, neighbouring inputs subtracted, notch at the mains, band, root mean "
                "square, 30 rows a second. “Facial”: a steep band, and a narrow notch (Q = 30) on "
                "channels that hum. “As in the data set” (“Mimics, Muscles, and Me”): a wide notch (Q = "
                "2) always, and 129 taps, whose lower edge lets two thirds of slow movements through. "
                "Envelopes are taken as they are. Activity 0 … 1: rest is a channel's 5th percentile; "
                "both sides of a muscle share what is full, the 98th percentile of the stronger one."
            )
        )
        words.add_class("facelib-hint")
        super().__init__([self.filters, self.mains, self.low, self.high, self.window, words])
        self.add_class("facelib-fields")


def facts(loaded: Loaded) -> str:
    """Return what is known of a recording and its quality, as HTML."""
    one, made = loaded.recording, loaded.envelope
    what = KINDS[one.kind] if len(one.channels) > 1 else ONE[one.kind]
    count = f"{len(one.channels)} {what}"
    found = [f"{loaded.title}: {count}, {one.rate:g} samples a second, {one.seconds:.1f} s."]
    if made is not one:
        found.append(f"Processed to envelopes of {len(made.channels)} channels, {made.rate:g} a second.")
    if one.events:
        listed = ", ".join(f"{event.name} at {event.seconds:.1f} s" for event in one.events[:MOST_EVENTS])
        others = f" and {len(one.events) - MOST_EVENTS} more" if len(one.events) > MOST_EVENTS else ""
        found.append(f"Events: {listed}{others}.")
    missing = [name for name in CHANNELS if name not in made.channels]
    if missing:
        names = ", ".join(name.replace("_", " ") for name in missing)
        found.append(f"Not recorded, so at rest in the face: {names}.")
    if not loaded.findings:
        found.append("The quality check found nothing to complain of.")
        return paragraphs(*found)
    items = "".join(
        f"<li><b>{MARKS[one.severity]}:</b> {html.escape(words_of(one))}</li>"
        for one in loaded.findings[:MOST_FINDINGS]
    )
    if (more := len(loaded.findings) - MOST_FINDINGS) > 0:
        items += f"<li>and {more} more</li>"
    worst = sum(one.severity != "note" for one in loaded.findings)
    title = f"Quality check: {worst} to look at, {len(loaded.findings) - worst} to know"
    open_ = " open" if worst else ""
    return f"{paragraphs(*found)}<details{open_}><summary>{title}</summary><ul>{items}</ul></details>"


def words_of(finding: Finding) -> str:
    """Return a finding as the page says it.

    Examples
    --------
    >>> from facelib.semg.recordings.findings import Finding
    >>> words_of(Finding("warning", "noise", "It hums.", "Wash the skin.", "mentalis_left"))
    'mentalis left: It hums. Wash the skin.'
    """
    about = f"{finding.channel.replace('_', ' ')}: " if finding.channel else ""
    return about + " ".join(filter(None, [finding.words, finding.remedy]))


def _number(title: str, help_text: str, low: float, high: float) -> Any:
    return labelled(title, help_text, widgets.BoundedFloatText(min=low, max=high))


def _box(*children: Any) -> widgets.VBox:
    box = widgets.VBox(list(children))
    box.add_class("facelib-fields")
    return box
