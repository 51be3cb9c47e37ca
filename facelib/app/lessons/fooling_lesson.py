"""An exercise: guess which change takes most of an emotion away from a classifier, then see all of them."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping, Sequence
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

import ipywidgets as widgets
import pandas as pd

from facelib import classifiers as zoo
from facelib import interventions
from facelib.app.lessons.lesson import NUMBERS, Answer, side_by_side
from facelib.app.widgets.chartview import ChartView
from facelib.app.widgets.controls import Card, Quiet, labelled, paragraphs
from facelib.app.widgets.style import PageStyle
from facelib.charts import specs
from facelib.charts.export import with_data
from facelib.charts.tables import rows
from facelib.classifiers import EMOTIONS
from facelib.experiments import leaderboard
from facelib.experiments.ranking import not_expression
from facelib.faces import Head, contact_sheet
from facelib.studies import demonstration_head

if TYPE_CHECKING:
    from facelib.faces import Face

SIZE: Final = 160  # px
OPEN: Final = ("choose a change …", "")
LIMITS: Final = (
    "This describes one face and one classifier. Nothing follows from it for other faces: that is the "
    "question of a study over many."
)


def answer(table: pd.DataFrame, guess: str = "") -> Answer:
    """Return what the exercise shows once a change was guessed: the exercise without a screen.

    Parameters
    ----------
    table
        `facelib.experiments.leaderboard` of one classifier.
    guess
        Id of an intervention; empty: none yet.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "intervention": ["palsy", "blur"], "title": ["palsy", "blur"], "placebo": [False, True],
    ...     "classifier": "fer", "label": "happy", "start": 0.9, "end": [0.1, 0.8], "change": [-0.8, -0.1],
    ...     "before": "happy", "after": ["sad", "happy"], "rank": [1, 2],
    ... })
    >>> answer(table, "blur").sentences[0]
    'Your guess, blur, is number 2 of 2: fer goes from .90 to .80 for happy.'
    """
    from facelib.charts.sweeps.ranking import ranked  # altair is slow to import

    numbers = pd.DataFrame(columns=list(NUMBERS))
    records = {row["intervention"]: row for row in table.to_dict("records")}
    first = next(iter(records.values()))
    who, label = first["classifier"], first["label"]
    heading = f"Probability of {label} for {who}, from strength 0 to strength 1"
    said = []
    if guess:
        mine = records[guess]
        said.append(
            f"Your guess, {mine['title']}, is number {mine['rank']} of {len(table)}: {who} goes from "
            f"{_p(mine['start'])} to {_p(mine['end'])} for {label}{_now(mine)}."
        )
        if mine["rank"] == 1:
            said.append("Nothing takes more away: you have found it.")
    if not guess or records[guess]["rank"] > 1:
        said.append(
            f"Most is taken away by {first['title']}: from {_p(first['start'])} to {_p(first['end'])}"
            f"{_now(first)}."
        )
    turned, placebos = table[table["before"] != table["after"]], table[table["placebo"]]
    said.append(
        f"{len(turned)} of {len(table)} changes turn its answer into another emotion; "
        f"{int(turned['placebo'].sum())} of these are among the {len(placebos)} placebos (harmless changes)."
    )
    return Answer({"ranking": ranked(table, guess)}, {"ranking_heading": heading}, numbers, (*said, LIMITS))


class FoolingExercise(widgets.VBox):
    """Guess the change that lowers a classifier's output for an emotion most; then all are shown.

    Parameters
    ----------
    head
        Who is shown; None: a young adult. Its expression is chosen in the exercise.
    classifiers
        Ids in the menu; None: all that are available.

    Examples
    --------
    >>> exercise = FoolingExercise(classifiers=["fer"])  # doctest: +SKIP
    >>> exercise.guess.value = "palsy"  # doctest: +SKIP
    """

    def __init__(self, head: Head | None = None, classifiers: Sequence[str] | None = None) -> None:
        self.head = head or Head(age=30, seed=2)
        self._tables: dict[tuple[str, str], pd.DataFrame] = {}
        self._quiet, self._lock = Quiet(), RLock()
        names = list(classifiers or zoo.available())
        emotions = [emotion for emotion in EMOTIONS if emotion != "neutral"]
        changes = [(f"{item.title} · {item.group}", item.id) for item in not_expression()]
        self.classifier = labelled("Classifier", "Who is to be fooled", widgets.Dropdown(options=names))
        self.emotion = labelled(
            "Emotion", "What the face is meant to show", widgets.Dropdown(options=emotions, value="happy")
        )
        self.guess = labelled(
            "Your guess",
            "The change that takes most of the emotion away at full strength",
            widgets.Dropdown(options=[OPEN, *changes], value=""),
        )
        self.faces, self.sentences, self.chart = widgets.HTML(), widgets.HTML(), ChartView()
        self.sentences.add_class("facelib-sentence")
        self.card = Card("Which change fools it most?")
        restart, guessed = self.card.guarded(self._restart), self.card.guarded(self._guessed)
        self.classifier.observe(restart, "value")
        self.emotion.observe(restart, "value")
        self.guess.observe(guessed, "value")
        self.card.fill(
            side_by_side(self.classifier, self.emotion, self.guess, least=230),
            self.faces,
            self.sentences,
            self.chart,
        )
        super().__init__([PageStyle(), self.card])
        self.add_class("facelib-app")
        self._ask()

    @property
    def person(self) -> Head:
        """The head with the chosen expression."""
        return self.head.replace(expression=self.emotion.value, intensity=1.0)

    def _restart(self, _event: object) -> None:
        with self._lock:  # JupyterLab calls from a thread of its own
            with self._quiet:
                self.guess.value = ""
            self._ask()

    def _guessed(self, event: Any) -> None:
        with self._lock:
            if self._quiet:
                return
            if event["new"]:
                self._reveal(event["new"])
            else:
                self._ask()

    def _ask(self) -> None:
        clf, label = zoo.load(self.classifier.value, "cpu"), self.emotion.value
        face = self.person.render(SIZE)
        self._show_faces([face], [label])
        self.chart.layout.display = "none"
        column = clf.index_of(label)
        if column is None:
            self.sentences.value = paragraphs(f"{clf.id} has no class {label}: choose another emotion.")
            return
        read = clf.probabilities(face.image[None], face.box, zoo.five_points(face))[0]
        said = clf.emotions[clf.labels[int(read.argmax())]] or clf.labels[int(read.argmax())]
        says = "" if said == label else f", and takes it for {said} already"
        self.sentences.value = paragraphs(
            f"{clf.id} gives this face {_p(float(read[column]))} for {label}{says}. Which change takes most "
            "of that away at full strength? Guess first, then all of them are shown."
        )

    def _reveal(self, guess: str) -> None:
        clf, label = self.classifier.value, self.emotion.value
        if zoo.load(clf, "cpu").index_of(label) is None:
            return
        if (clf, label) not in self._tables:
            self.sentences.value = paragraphs(
                f"Rendering all changes of this face, and reading them with {clf} …"
            )
            self._tables[clf, label] = leaderboard(self.person, clf, label=label, size=SIZE)
        table = self._tables[clf, label]
        shown = answer(table, guess)
        best = table.iloc[0]
        chosen = [guess] if best["intervention"] == guess else [guess, best["intervention"]]
        titles = table.set_index("intervention")["title"]
        captions = [label, *(f"{titles[name]}" for name in chosen)]
        self._show_faces([self.person.render(SIZE), *(self._changed(name) for name in chosen)], captions)
        from facelib.charts.sweeps.ranking import CELLS

        spec = specs.of("sweeps.ranking.ranking")
        data = {"ranking": rows(shown.tables["ranking"], CELLS)}
        signals = dict(shown.signals)
        # Embedded with its first data: Vega warns of scales without any.
        self.chart.show(
            None if self.chart.spec else with_data(spec, data, signals), data=data, signals=signals
        )
        self.chart.layout.display = None
        self.sentences.value = paragraphs(*shown.sentences)

    def _changed(self, name: str) -> Face:
        chosen = interventions.get(name)
        start = demonstration_head(chosen, self.person)
        if isinstance(chosen, interventions.HeadIntervention):
            return chosen.edit(start, 1.0).render(SIZE)
        return chosen.apply(start.render(SIZE), 1.0)

    def _show_faces(self, faces: Sequence[Face], captions: Sequence[str]) -> None:
        buffer = io.BytesIO()
        contact_sheet(faces, len(faces), captions, size=SIZE).save(buffer, "PNG")
        content = base64.b64encode(buffer.getvalue()).decode()
        words = html.escape("Faces: " + ", ".join(captions))
        self.faces.value = (
            f'<img src="data:image/png;base64,{content}" alt="{words}" style="max-width: 100%">'
        )


def _p(probability: float) -> str:
    """Return a probability as statisticians write it.

    >>> _p(0.9649), _p(0.9996), _p(0.001)
    ('.96', '> .99', '< .01')
    """
    if probability > 0.99:
        return "> .99"
    return "< .01" if probability < 0.01 else f"{probability:.2f}".removeprefix("0")


def _now(row: Mapping[Any, Any]) -> str:
    return f", and it says {row['after']} now" if row["after"] != row["before"] else ""
