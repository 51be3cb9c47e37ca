"""The slider of moments with its play button: what follows it does so in the browser."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets

from facelib.app.widgets.controls import labelled


class Moments(widgets.HBox):
    """One slider over the moments of a film.

    Parameters
    ----------
    moved
        Called with the number of the moment that is chosen.

    Attributes
    ----------
    play
        Plays the film; its ``value`` is the number of the moment.
    slider
        Shows the same number as seconds. Every film gets a new one: the keys Home and End of a slider whose
        ends were changed go to the old ends (noUiSlider keeps them).

    Examples
    --------
    >>> moments = Moments(lambda step: None)
    >>> moments.show([0.0, 0.1, 0.2], rate=10.0, step=1)
    >>> moments.slider.label, moments.play.max
    ('0.1 s', 2)
    """

    def __init__(self, moved: Callable[[int], object]) -> None:
        self.play = widgets.Play(min=0, max=1, interval=100, show_repeat=True)
        self.play.observe(lambda event: moved(int(event["new"])), "value")
        self.slider, self._link = self._made(["0.0 s"], 0)
        super().__init__([self.slider, self.play])
        for name in ("facelib-choice", "facelib-moments"):
            self.add_class(name)

    def follow(self, *followers: Any) -> None:
        """Let widgets show the moment: their ``index`` follows."""
        for follower in followers:
            widgets.jslink((self.play, "value"), (follower, "index"))

    def let_play(self, unless: str = "") -> None:
        """Let the film be played; `unless` says why it can't be now."""
        if unless:
            self.play.playing = False
        self.play.disabled, self.play.tooltip = bool(unless), unless

    def show(self, times: Sequence[float], rate: float, step: int) -> None:
        """Show the moments of another film, `times` in s and `rate` a second, and stand at one of them."""
        self.play.playing = False
        self.play.interval = round(1000 / rate)
        self.play.max = max(len(times) - 1, 1)
        old, link = self.slider, self._link
        self.play.value = step
        self.slider, self._link = self._made([f"{time:.1f} s" for time in times], step)
        self.children = (self.slider, self.play)
        link.unlink()
        link.close()
        old.close()

    def _made(self, titles: Sequence[str], step: int) -> tuple[widgets.SelectionSlider, Any]:
        options = [(title, place) for place, title in enumerate(titles)]
        slider = labelled(
            "Moment",
            "Seconds since the recording began",
            widgets.SelectionSlider(options=options, index=step),
        )
        slider.add_class("facelib-moment")
        return slider, widgets.jslink((self.play, "value"), (slider, "index"))
