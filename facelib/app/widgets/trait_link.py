"""A control and a trait of a state that always say the same."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import traitlets


def bind(source: traitlets.HasTraits, name: str, control: Any, lock: AbstractContextManager[Any]) -> None:
    """Let a control show a trait and change it.

    Parameters
    ----------
    source, name
        The state and its trait.
    control
        Has a ``value``.
    lock
        Held while the trait is changed: a worker may be telling what it found at that moment.

    Examples
    --------
    >>> import threading
    >>> from ipywidgets import IntSlider
    >>> class State(traitlets.HasTraits):
    ...     people = traitlets.Int(4)
    >>> state, slider = State(), IntSlider()
    >>> bind(state, "people", slider, threading.RLock())
    >>> before, slider.value = slider.value, 7
    >>> before, state.people
    (4, 7)
    """

    def to_source(event: Any) -> None:
        with lock:
            setattr(source, name, event["new"])

    def to_control(event: Any) -> None:
        control.value = event["new"]

    control.value = getattr(source, name)
    control.observe(to_source, "value")
    source.observe(to_control, name)
