"""Menus that say which column of a visitor's file is which muscle; the answers as a file for the next one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import ipywidgets as widgets

from facelib.app.muscles.state import Muscles
from facelib.app.widgets.controls import Fold, Quiet, button, menu, paragraphs
from facelib.app.widgets.download import Download, DownloadButton
from facelib.errors import BadTableError, FacelibError
from facelib.semg.muscles import CHANNELS
from facelib.semg.recordings.channels import channel_of, like_a_channel
from facelib.semg.recordings.file_columns import unit_of
from facelib.semg.recordings.reading import signal_names

SUFFIX: Final = ".json"
KIND: Final = "facelib channels"
MOST: Final = 64  # menus: of the largest amplifiers for faces
MOST_BYTES: Final = 100_000
OUT: Final = "leave out"
OFFERED: Final = [(OUT, ""), *((name.replace("_", " "), name) for name in CHANNELS)]
ASK: Final = (
    "Which column of your file is which muscle? What is filled in is a guess by its name; left and right are "
    "the person's own. Saved as a file, it can be dropped above before the next recording of this amplifier."
)
TOO_MANY: Final = f"Only the first {MOST} columns are listed."


class ChannelMap(Fold):
    """One menu for each column; nothing is read anew before the button is pressed."""

    def __init__(self, state: Muscles) -> None:
        self.state = state
        self._quiet = Quiet()
        self._of: object = None  # the file whose columns are listed
        self.menus: dict[str, Any] = {}
        self.words, self.list = widgets.HTML(), widgets.VBox()
        self.words.add_class("facelib-hint")
        self.list.add_class("facelib-fields")
        self.read = button("Read it so", "Read the file anew, with these muscles")
        self.save = DownloadButton(
            self.file, label="Save as a file", help="Which column is which muscle, for the next recording"
        )
        self.read.on_click(lambda _button: self.take())
        super().__init__("Which channel is which muscle", self.words, self.list, self.read, self.save)
        state.observe(self.follow, ["given", "source", "columns", "recording_problem"])
        self.follow()

    @property
    def chosen(self) -> dict[str, str]:
        """What the menus say: column to channel; "" of one that is left out."""
        return {name: one.value for name, one in self.menus.items()}

    def take(self) -> None:
        """Read the file with what the menus say."""
        with self.state.lock:
            self.state.columns = self.chosen

    def file(self) -> Download:
        """Return what the menus say as a file."""
        content = {"kind": KIND, "columns": {name: meant or None for name, meant in self.chosen.items()}}
        data = json.dumps(content, indent=2, ensure_ascii=False).encode()
        return Download("channels.json", data, "application/json")

    def follow(self, _change: object = None) -> None:
        """List the columns of the visitor's file; unfold where it couldn't be read by their names."""
        state = self.state
        given = state.given if state.source == "mine" else None
        if given is not self._of:
            self._of = given
            self._list(given)
        elif state.columns:
            self._show(state.columns)
        self.layout.display = "" if self.menus else "none"
        if self.menus and state.recording_problem:
            self.button.value = True

    def _list(self, given: tuple[str, bytes] | None) -> None:
        names: list[str] = []
        if given is not None:
            try:
                names = signal_names(given[1], name=given[0])
            except FacelibError:
                names = []  # the card says what is wrong with the file
        self.menus = {name: _menu(name) for name in dict.fromkeys(names[:MOST])}
        self.list.children = tuple(self.menus.values())
        self.words.value = paragraphs(ASK, *([TOO_MANY] if len(names) > MOST else []))
        guessed = {name: guess(name) for name in self.menus}
        self._show(
            {**guessed, **{name: told for name, told in self.state.columns.items() if name in guessed}}
        )

    def _show(self, columns: Mapping[str, str]) -> None:
        for name, one in self.menus.items():
            if name in columns:
                one.value = columns[name]


def guess(name: str) -> str:
    """Return the channel that a column's name means, or seems to mean; "" if none.

    Examples
    --------
    >>> guess("M. zygomaticus major li [mV]"), guess("Zygomatcus_r"), guess("EXG1")
    ('zygomaticus_left', 'zygomaticus_right', '')
    """
    plain = unit_of(name)[0]
    try:
        return channel_of(plain)
    except FacelibError:
        return like_a_channel(plain)


def read_map(content: bytes) -> dict[str, str]:
    """Return what a file says that `ChannelMap.file` made: column to channel, "" of what is left out.

    Raises
    ------
    BadTableError
        It is no such file, or names a channel that isn't one.

    Examples
    --------
    >>> read_map(b'{"kind": "facelib channels", "columns": {"EXG1": "zygomaticus_left", "Force": null}}')
    {'EXG1': 'zygomaticus_left', 'Force': ''}
    """
    try:
        found: Any = json.loads(content) if len(content) <= MOST_BYTES else None
    except (ValueError, RecursionError):
        found = None
    columns = found.get("columns") if isinstance(found, dict) and found.get("kind") == KIND else None
    if not isinstance(columns, dict) or not columns:
        msg = "This is no file of channels: “Save as a file” below a recording makes one."
        raise BadTableError(msg)
    wrong = [meant for meant in columns.values() if meant is not None and meant not in CHANNELS]
    if wrong:
        msg = f"{wrong[0]!r:.60} is no channel; the channels are {', '.join(CHANNELS)}."
        raise BadTableError(msg)
    return {str(name): meant or "" for name, meant in columns.items()}


def _menu(name: str) -> Any:
    return menu(name, f"The muscle that the column {name} records", OFFERED)
