"""From monopolar inputs to bipolar channels: neighbouring electrodes of one side are subtracted.

A muscle is recorded by two electrodes over it, each against a common reference: 44 inputs make 22 channels.
A *position* of the Fridlund scheme (F1 … F22) names the place of such a pair, so that pictures show 22
positions. The 19 positions of the Kuramoto scheme lie between muscles; no pair belongs to them, and none of
their inputs becomes a channel.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from facelib.errors import BadTableError, BadValueError, UnknownNameError, check_kind
from facelib.semg.muscles import CHANNELS
from facelib.semg.recordings.channels import channel_of
from facelib.semg.recordings.recording import Recording

_PLUS: Final = ("a", "1", "+", "plus")
_MINUS: Final = ("b", "2", "-", "minus")
_MARK: Final = re.compile(r"^(?P<channel>.*?)[\s._:#]*\(?(?P<mark>plus|minus|[ab12+\-])\)?$", re.IGNORECASE)

Pairs = Mapping[str, tuple[str, str]]


def bipolar(recording: Recording, pairs: Pairs | None = None) -> Recording:
    """Subtract the second input of every pair from the first.

    What both inputs pick up alike, above all the mains, goes; NaN where either of them is NaN.

    Parameters
    ----------
    recording
        Monopolar signals; 44 inputs for the 22 channels, or some pairs of them.
    pairs
        Channel -> (plus, minus), names of the recording's inputs; None: by their names, see `inputs_of`.

    Returns
    -------
    Recording
        Of kind "bipolar", its channels in the order of `CHANNELS`.

    Raises
    ------
    BadValueError
        If the recording isn't monopolar.
    BadTableError
        If an input lacks its partner (``missing``), or stands for two (``duplicates``).
    UnknownNameError
        If a name means no channel, or the recording lacks an input of `pairs`.

    Examples
    --------
    >>> signals = np.array([[3, 1], [5, 2]], np.float32)
    >>> both = Recording(signals, 4096, ("Zygomaticus_l 1", "Zygomaticus_l 2"), "monopolar")
    >>> bipolar(both).channels, bipolar(both).signals.ravel().tolist()
    (('zygomaticus_left',), [2.0, 3.0])
    """
    check_kind(recording, Recording, "A recording, as facelib.semg.read_signals returns it,")
    if recording.kind != "monopolar":
        msg = f"Pairs are made of monopolar inputs; this recording is {recording.kind}."
        raise BadValueError(msg)
    columns = pair_columns(recording, pairs)
    signals = np.empty((len(recording), len(columns)), np.float32)
    for channel, (plus, minus) in enumerate(columns.values()):
        np.subtract(recording.signals[:, plus], recording.signals[:, minus], out=signals[:, channel])
    return recording.replace(signals=signals, channels=tuple(columns), kind="bipolar")


def pair_columns(recording: Recording, pairs: Pairs | None = None) -> dict[str, tuple[int, int]]:
    """Return each channel's columns (plus, minus) in a monopolar recording; see `bipolar`."""
    chosen = inputs_of(recording.channels) if pairs is None else _stated_pairs(recording.channels, pairs)
    where = {name: column for column, name in enumerate(recording.channels)}
    return {channel: (where[plus], where[minus]) for channel, (plus, minus) in chosen.items()}


def inputs_of(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return channel -> (plus, minus), from the names of the inputs.

    Our choice of names: any name of a channel, see `channel_of`, and then which of the two electrodes it is:
    a / b, 1 / 2, + / −, or plus / minus ("Zygomaticus_l 1", "F20a", "Zyg li (b)"). The first of each is plus.

    Raises
    ------
    BadTableError
        If an input lacks its partner (``missing``: what was expected), or two inputs have the same name
        (``duplicates``).
    UnknownNameError
        If a name isn't one of an input.

    Examples
    --------
    >>> inputs_of(["F20a", "F20b"])
    {'zygomaticus_left': ('F20a', 'F20b')}
    """
    inputs: dict[str, dict[int, list[str]]] = {}
    for name in names:
        channel, which = _input(name)
        inputs.setdefault(channel, {}).setdefault(which, []).append(name)
    twice = [name for sides in inputs.values() for same in sides.values() if len(same) > 1 for name in same]
    if twice:
        msg = f"Each input of a pair is needed once; these stand for the same one: {', '.join(twice)}."
        raise BadTableError(msg, duplicates=twice)
    alone = {channel: sides for channel, sides in inputs.items() if len(sides) == 1}
    if alone:
        present = [same[0] for sides in alone.values() for same in sides.values()]
        lacking = [f"{channel} {'b' if 0 in sides else 'a'}" for channel, sides in alone.items()]
        msg = (
            f"A channel is the difference of two inputs, but these have no partner: {', '.join(present)}. "
            "Add the partner, name the inputs after each other, as 'F20a' and 'F20b', or leave them out."
        )
        raise BadTableError(msg, missing=lacking, hint="In Python: say what belongs together by pairs=.")
    return {
        channel: (inputs[channel][0][0], inputs[channel][1][0]) for channel in CHANNELS if channel in inputs
    }


def _input(name: str) -> tuple[str, int]:
    """Return the channel of an input, and 0 for its plus, 1 for its minus."""
    parts = _MARK.match(str(name).strip().replace("−", "-"))
    if parts:
        mark = parts["mark"].lower()
        try:
            return channel_of(parts["channel"]), 0 if mark in _PLUS else 1
        except UnknownNameError:
            pass
    msg = (
        f"{name!r} names no monopolar input. Expected a channel and which of its two electrodes it is, as in "
        "'Zygomaticus_l 1' and 'Zygomaticus_l 2', or 'F20a' and 'F20b'."
    )
    raise UnknownNameError(msg, hint="In Python: or say what belongs together by pairs=.")


def _stated_pairs(names: Sequence[str], pairs: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, str]]:
    """Return pairs that were given, checked, in the order of `CHANNELS`."""
    pairs_by_channel: dict[str, tuple[str, str]] = {}
    for key, pair in pairs.items():
        channel = channel_of(key)
        if isinstance(pair, str) or len(pair) != 2:
            msg = f"A pair is two names of inputs, (plus, minus); {key!r} has {pair!r}."
            raise BadValueError(msg)
        if channel in pairs_by_channel:
            msg = f"Two of the pairs mean the channel {channel}."
            raise BadTableError(msg, duplicates=[channel])
        pairs_by_channel[channel] = (pair[0], pair[1])
    used = [name for pair in pairs_by_channel.values() for name in pair]
    if missing := sorted(set(used) - set(names)):
        msg = f"The recording has no input {', '.join(missing)}; it has {', '.join(names)}."
        raise UnknownNameError(msg)
    if twice := sorted({name for name in used if used.count(name) > 1}):
        msg = f"An input belongs to one pair; these stand in two places: {', '.join(twice)}."
        raise BadTableError(msg, duplicates=twice)
    return {channel: pairs_by_channel[channel] for channel in CHANNELS if channel in pairs_by_channel}
