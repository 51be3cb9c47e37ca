"""The panel of a network of the visitor's: its file, three questions with pictures, and its use."""

from __future__ import annotations

import html
import io
from collections.abc import Sequence
from typing import Any, Final

import ipywidgets as widgets
import numpy as np
import numpy.typing as npt

from facelib.app.explorer.network_view import picture
from facelib.app.explorer.own_state import (
    FURTHER,
    LONGEST_NAME,
    MARGINS,
    NOTHING,
    RELOADED,
    SIZES,
    OwnNetwork,
    scale_of,
)
from facelib.app.explorer.state import Explorer
from facelib.app.widgets.controls import Card, Fold, Quiet, button, grid, labelled, menu, paragraphs
from facelib.app.widgets.dropzone import DropZone
from facelib.app.widgets.pictured.strip import Strip
from facelib.classifiers.emotions import EMOTIONS
from facelib.classifiers.guesses import HEADS, SAME, Guess, pictures_of, shown, twelve
from facelib.classifiers.preparation import Preparation
from facelib.models.architectures import ARCHITECTURES
from facelib.models.sandbox import KINDS, LARGEST

TITLE: Final = "Your classifier"
OPEN: Final = "Try a network of your own"
GATE: Final = (
    "One file, of a graph or of weights. It is checked, then read and run for the first time in a process "
    "with limits of time and memory. Pickled files and TorchScript can be programs and aren’t taken. "
)
WEIGHTS: Final = "Weights alone (.safetensors) need their architecture, one of torchvision’s:"
FIND_OUT: Final = "Find out by the names"
SEE: Final = (
    "What the network would be given of a head, seen as by one that was trained in the way that was guessed: "
    "if that is right, a wrong one is blue or gray, too dark, too bright or too pale. Its maker's word goes "
    "before all of it."
)
SAID: Final = {
    "rgb": "RGB", "bgr": "BGR", "gray": "Gray", "gray three times": "Gray three times",
}  # fmt: skip
ASKED: Final = "Which emotion each output stands for, in the network’s order."
WRITE: Final = "Or write their names in order, divided by commas: other words for emotions are understood."
RETURNS: Final = (
    ("Logits: a softmax makes probabilities", "logits"),
    ("Logarithms of probabilities", "log"),
    ("Probabilities that sum to 1", "probabilities"),
    ("Sigmoids: one for each output", "sigmoids"),
)
TWELVE: Final = (
    "Twelve heads show what is plainly wrong, and not how good it is: with {right} of {n} its share in other "
    "such heads could lie anywhere from {low:.0f} to {high:.0f} % (95 %)."
)
UNSURE: Final = (
    "As many, or one head fewer, are read right with {others}. These heads don’t show which it is: see how "
    "the pictures were prepared in training."
)
NONE_FITS: Final = (
    "No usual way reads half of them as intended: either the outputs are others, or it doesn’t read rendered "
    "faces well."
)
REGION: Final = '<div class="facelib-own-table" tabindex="0" role="region" aria-label="Heads">'
SHEET: Final = 112  # px of a picture


class OwnPanel(Card):
    """Takes a network of the visitor's, asks what has to be known of it, and takes it into use.

    Parameters
    ----------
    explorer
        Where it is used.
    state
        Its state; None: a fresh one.
    """

    def __init__(self, explorer: Explorer, state: OwnNetwork | None = None) -> None:
        super().__init__(TITLE)
        self.add_class("facelib-own")
        self.state = state or OwnNetwork(explorer)
        self._quiet = Quiet()
        self._pictured: object = None  # what the row of pictures was drawn for
        self.fold = Fold(OPEN)
        self.fold.button.observe(self.guarded(self._on_open), "value")
        self.fill(self.fold)
        self._made = False

    def _on_open(self, _change: object) -> None:
        """Make what is inside when it is first opened: the page needs none of it before."""
        if self._made or not self.fold.button.value:
            return
        self._made = True
        self.make()

    def make(self) -> None:
        """Make what is inside."""
        self.zone = _zone(self.guarded(self.take))
        closed = self.state.closed
        self.zone.closed = closed or self.zone.closed
        self.architecture = menu(
            "Architecture",
            "Of weights alone: whose they are",
            [(FIND_OUT, None), *((name, name) for name in ARCHITECTURES)],
        )
        self.status = widgets.HTML()
        self.status.add_class("facelib-own-status")
        self.away = button("Put it away", "Forget this file")
        self.away.on_click(self.guarded(lambda _button: self.state.remove()))
        self.asked = widgets.VBox()
        self.asked.add_class("facelib-own-asked")
        self.used = widgets.VBox()
        self._make_questions()
        self._make_used()
        weights = [] if closed else [_hint(WEIGHTS), self.architecture]
        self.given = widgets.VBox([_hint(f"{GATE}{RELOADED}"), *weights, self.zone])
        inside = self.fold.children[1]
        inside.children = [self.given, self.status, self.asked, self.used]
        self.state.observe(self.guarded(self.follow), ["stage", "status", "problem", "version"])
        self.follow()

    def take(self, name: str, content: bytes) -> None:
        """Read a file."""
        self.state.take(name, content, self.architecture.value)

    # how it is made

    def _make_questions(self) -> None:
        state = self.state
        self.strip_place = widgets.VBox()
        self.best = _text()
        self.margin = menu("Margin", "How far the cut-out reaches beyond the face on every side", _margins())
        self.size = menu("Size", "Side of the pictures that it was trained on, px", SIZES)
        self.outputs = menu("Outputs", "What the numbers are that it returns", RETURNS)
        self.columns = widgets.VBox()
        self.names = labelled("Names", WRITE, widgets.Text(placeholder="anger, disgust, fear, …"))
        self.understood = button("Take these names", "Choose the emotions that these words stand for")
        self.table = _text()
        self.table.add_class("facelib-own-heads")
        self.verdict = _text()
        self.title_text = labelled(
            "Its name", f"Up to {LONGEST_NAME} letters, digits, - or _", widgets.Text(continuous_update=True)
        )
        self.use = button("Use it in all tabs", "It reads faces beside the others from now on")
        self.use.button_style = "primary"
        for name in ("margin", "size", "outputs"):
            getattr(self, name).observe(self.guarded(self._on_menu(name)), "value")
        self.title_text.observe(lambda event: state.set_trait("title", event["new"]), "value")
        self.understood.on_click(self.guarded(lambda _button: state.name_outputs(self.names.value)))
        self.use.on_click(self.guarded(lambda _button: state.accept()))
        self.asked.children = (
            _heading("1. What does it see?"),
            _hint(SEE),
            self.strip_place,
            grid(self.margin, self.size, columns=2),
            self.best,
            _heading("2. What are its outputs?"),
            _hint(ASKED),
            self.columns,
            self.outputs,
            _hint(WRITE),
            grid(self.names, self.understood),
            _heading("3. How does it read twelve known heads?"),
            self.table,
            self.verdict,
            self.title_text,
            grid(self.use, self.away, columns=2),
        )

    def _make_used(self) -> None:
        self.card = _text()
        self.remove = button("Remove it", "Take it out of all tabs and forget it")
        self.remove.on_click(self.guarded(lambda _button: self.state.remove()))
        self.used.children = (self.card, self.remove)

    def _on_menu(self, name: str) -> Any:
        def change(event: Any) -> None:
            if not self._quiet:
                with self.state.lock:
                    setattr(self.state, name, event["new"])

        return change

    def _on_column(self, place: int, value: str) -> None:
        if self._quiet:
            return
        with self.state.lock:
            labels = list(self.state.labels)
            labels[place] = value
            self.state.own_labels, self.state.labels = [], labels

    def _on_way(self, way: str, _only: str) -> None:
        choices = self.state.choices
        place = int(way) if way.isdigit() else len(choices)
        if place >= len(choices):
            return
        chosen = choices[place]
        with self.state.lock, self.state.hold_trait_notifications():
            self.state.colour, self.state.scale = chosen.colour, scale_of(chosen)

    # what it shows

    def follow(self, _change: object = None) -> None:
        """Show how far it is."""
        state = self.state
        with self._quiet:
            stage = state.stage
            self.given.layout.display = "" if stage == "empty" else "none"
            self.asked.layout.display = "" if stage == "asked" else "none"
            self.used.layout.display = "" if stage == "used" else "none"
            self.status.value = f'<p role="status">{html.escape(state.status)}</p>' if state.status else ""
            self.status.layout.display = "" if state.status else "none"
            self.fold.button.value = self.fold.button.value or stage != "empty"
            if state.problem:
                self.messages.show(state.problem, source=state)
            else:
                self.messages.settle(state)
            if stage == "asked":
                self._show_questions()
            if stage == "used":
                self._show_used()

    def _show_questions(self) -> None:
        state, about = self.state, self.state.about
        self.margin.value, self.outputs.value = state.margin, state.outputs
        self.size.options = sorted({*SIZES, about.size})
        self.size.value = about.size
        self.size.disabled = not about.any_size
        if self.title_text.value != state.title:
            self.title_text.value = state.title
        self._show_ways()
        self._show_columns()
        self._show_heads()

    def _show_ways(self) -> None:
        """Show the row of pictures; it stays while only what is chosen changes."""
        state = self.state
        choices = state.choices
        drawn = (id(state.about), state.margin, state.about.size)
        judged = {one.preparation: one for one in state.ranking}
        cases = [
            {
                "id": str(place),
                "title": way_words(one),
                "sentence": _judged(judged.get(one)),
                "place": place,
                "ways": [{"id": "", "title": ""}],
            }
            for place, one in enumerate(choices)
        ]
        current = f"{choices.index(state.preparation)}:" if state.preparation in choices else ""
        if self._pictured != drawn:
            self._pictured = drawn
            reference = state.guess.preparation
            strip = Strip(
                self.guarded(self._on_way),
                label="What the network sees",
                cases=cases,
                current=current,
                sheet=sheet_of([as_seen(one, reference) for one in choices]),
                grid=[len(choices), 1],
            )
            self.strip_place.children = [strip]
        (strip,) = self.strip_place.children
        if strip.cases != cases:
            strip.cases = cases
        strip.current = current
        self.best.value = paragraphs(*which_way(state))

    def _show_columns(self) -> None:
        labels = self.state.labels
        if not self.columns.children or len(self.columns.children[0].children) != len(labels):
            options = [("none of these", NOTHING), *((one, one) for one in (*EMOTIONS, *FURTHER))]
            menus = [
                menu(f"Output {n}", f"What output {n} stands for", options) for n in range(1, len(labels) + 1)
            ]
            for place, one in enumerate(menus):
                one.observe(self.guarded(lambda event, at=place: self._on_column(at, event["new"])), "value")
            self.columns.children = [grid(*menus, columns=2)]
        for one, label in zip(self.columns.children[0].children, labels, strict=True):
            one.value = label

    def _show_heads(self) -> None:
        state = self.state
        chances, judged = state.probabilities, state.judged
        if chances is None or judged is None:
            self.table.value, self.verdict.value = paragraphs("…"), ""
            return
        self.table.value = table_of(state.labels, chances)
        self.verdict.value = paragraphs(*verdict(state, judged))

    def _show_used(self) -> None:
        state = self.state
        model = next((one for one in state.explorer.models if one.id == state.used), None)
        if model is None:
            return
        lines = [
            ("Name", model.id),
            ("File", model.card.source),
            ("sha256", model.card.sha256),
            ("What you said of it", model.card.limits.partition("page: ")[2]),
        ]
        rows = "".join(f"<dt>{html.escape(a)}</dt><dd>{html.escape(b)}</dd>" for a, b in lines)
        notes = paragraphs(state.notes) if state.notes else ""
        said = paragraphs(f"{model.id} reads faces in all tabs. {RELOADED}")
        self.card.value = f"{said}<dl>{rows}</dl>{notes}"


def way_words(preparation: Preparation) -> str:
    """Name a way to prepare pictures.

    >>> way_words(Preparation(48, "gray", 0.0, 255.0))
    'Gray, 0 … 1'
    """
    return f"{SAID[preparation.colour]}, {scale_of(preparation)}"


def whole_way(preparation: Preparation) -> str:
    """Name it with its margin.

    >>> whole_way(Preparation(48, "gray", 0.0, 255.0, 0.1))
    'Gray, 0 … 1, margin 10 %'
    """
    return f"{way_words(preparation)}, margin {100 * preparation.margin:.0f} %"


def which_way(state: OwnNetwork) -> list[str]:
    """Say which of the ways read the heads about as well as the best."""
    found = [one for one in state.ranking if one.n]
    if not found:
        return []
    top = found[0].right
    if 2 * top < found[0].n:
        return [NONE_FITS]
    best = {whole_way(one.preparation): one for one in found if one.right >= top - SAME}
    chosen = whole_way(state.preparation)
    if chosen in best:
        others = [words for words in best if words != chosen]
        return [UNSURE.format(others="; or ".join(others[:4]))] if others else []
    first = next(iter(best))
    judged = state.judged
    here = f"As answered, {judged.right} of {judged.n} heads are read as intended; w" if judged else "W"
    return [f"{here}ith {first} it is {best[first].right}."]


def verdict(state: OwnNetwork, judged: Guess) -> list[str]:
    """Say how the heads are read, and what twelve can show."""
    from scipy.stats import binomtest

    if not judged.n:
        return ["Say what its outputs are: until then nothing can be compared."]
    interval = binomtest(judged.right, judged.n).proportion_ci(method="exact")
    told = [f"It names {judged.right} of {judged.n} heads as intended."]
    told.append(
        TWELVE.format(right=judged.right, n=judged.n, low=100 * interval.low, high=100 * interval.high)
    )
    if judged.winners == 1:
        told.append("It says the same of all of them: something of the answers is wrong.")
    better = which_way(state)
    return told + [one for one in better if one.startswith(("As answered", NONE_FITS))]


def table_of(labels: Sequence[str], chances: npt.NDArray[np.floating]) -> str:
    """Return the heads and how they are read as an HTML table; probabilities are (12, K)."""
    names = [label or f"output {n}" for n, label in enumerate(labels, start=1)]
    titles = ("head", "shows", "is read as", *names)
    heads = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in titles)
    rows = []
    for face, meant, row in zip(twelve(), shown(), chances, strict=True):
        best = int(row.argmax())
        right = labels[best] == meant
        cells = "".join(
            f"<td><strong>{value:.2f}</strong></td>" if place == best else f"<td>{value:.2f}</td>"
            for place, value in enumerate(row)
        )
        named = f"{'✓' if right else '✗'} " if any(labels) else ""  # before any has a name, none is wrong
        said = f"{named}{names[best]}"
        image = picture(face.image[::2, ::2], f"a rendered head, {meant}")
        row_head = f'<td>{image}</td><th scope="row">{meant}</th><td>{html.escape(said)}</td>'
        rows.append(f"<tr>{row_head}{cells}</tr>")
    body = f"<tbody>{''.join(rows)}</tbody>"
    return f"{REGION}<table><thead><tr>{heads}</tr></thead>{body}</table></div>"


def as_seen(given: Preparation, trained: Preparation) -> npt.NDArray[np.uint8]:
    """Return a head as a network of one preparation sees it that is given pictures of another.

    Returns
    -------
    uint8 (112, 112, 3), RGB; values outside what it knows are clipped.
    """
    import cv2

    images, boxes = pictures_of(twelve()[1:2])
    seen = given(images, boxes)[0].expand(3, -1, -1).numpy()
    if trained.colour == "bgr":
        seen = seen[::-1]
    mean, std = (np.broadcast_to(one, 3).reshape(3, 1, 1) for one in (trained.mean, trained.std))
    values = np.clip(np.rint(seen * std + mean), 0, 255).astype(np.uint8).transpose(1, 2, 0)
    larger = cv2.resize(np.ascontiguousarray(values), (SHEET, SHEET), interpolation=cv2.INTER_AREA)
    return np.asarray(larger, np.uint8)


def sheet_of(pictures: Sequence[npt.NDArray[np.uint8]]) -> bytes:
    """Return pictures beside each other as WebP."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.hstack(pictures)).save(buffer, "WEBP", quality=90)
    return buffer.getvalue()


def _judged(found: Guess | None) -> str:
    if found is None:
        return "being read …"
    if found.n:
        return f"{found.right} of {found.n} heads as intended"
    return f"{found.winners} different answers for {HEADS} heads"


def _zone(take: Any) -> DropZone:
    kinds = list(KINDS.values())
    words = f"{', '.join(kinds[:-1])} or {kinds[-1]}"
    return DropZone(
        take,
        types=[],
        suffixes=list(KINDS),
        most=LARGEST,
        one="network",
        kinds=words,
        refusal=f"isn’t a network in {words}.",
        camera=False,
    )


def _margins() -> list[tuple[str, float]]:
    return [(f"{100 * one:.0f} %", one) for one in MARGINS]


def _heading(text: str) -> widgets.HTML:
    return widgets.HTML(f"<h3>{html.escape(text)}</h3>")


def _hint(text: str) -> widgets.HTML:
    made = widgets.HTML(paragraphs(text))
    made.add_class("facelib-hint")
    return made


def _text() -> widgets.HTML:
    made = widgets.HTML()
    made.add_class("facelib-sentence")
    return made
