"""Train the networks of `facelib.experiments.hard_cases`, and let every method say what they use.

Run ``python benchmarks/hard_cases.py FOLDER development`` and, when the script is right, ``… frozen``: what
is whole is kept in the folder and skipped the next time, so it can be interrupted, and run twice side by side
with ``--half 0`` and ``--half 1``. At the end the table that `load_hard_cases` returns is written. Networks
and pictures stay in the folder. A network takes about a minute on one core, the pictures ten minutes once.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import known_truth as easy
import numpy as np
import pandas as pd
import scipy.stats
import statsmodels.api as sm
import torch
from captum.attr import Occlusion
from safetensors.torch import load_file, save_file
from skimage.segmentation import slic
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import cross_val_predict
from sklearn.preprocessing import StandardScaler

from facelib import interventions, stats
from facelib.attribution import grad_cam_from
from facelib.classifiers import Classifier
from facelib.classifiers.classifier import single_threaded
from facelib.classifiers.known_bias import BIASES, PREPARATION, classifier
from facelib.classifiers.networks.small import SmallConvolutions
from facelib.experiments import hard_cases as hard
from facelib.experiments.hard_cases import ASKED, HARD_CASES, HardCase
from facelib.experiments.known_truth import Probe, output_rows
from facelib.experiments.training import known_bias as training
from facelib.faces import Head, render_heads, sample_heads
from facelib.interventions.placebos.kinds import placebos_of
from facelib.interventions.placebos.matching import pixel_distance, placebo_sweeps
from facelib.stats.effects.equivalence import DIFFERS, DOES_NOT, MATTERS
from facelib.studies.sweeps.frames import even_strengths

POOL, OBSERVED, PEOPLE, FEW, SEED = 8000, 1500, 200, 60, 20261129
GROUPS = (60, 300)
LEVEL = 0.01
BALANCED, DENSE, TCAV_LEVEL = 0.75, 1.5, 0.05
CONCEPTS, EXAMPLES = 12, 60  # CAVs of each kind, and pictures on each side of one
Answers = Iterator[tuple[str, float, str]]
"""Method, score, decision."""


def probe(name: str, watched: str) -> Probe:
    """Return the move of a property from its low end to its high end, all else as it was."""
    starts = {"age": {"age": 20.0}, "skin_tone": {"skin_tone": 0.0}, "electrodes": {"electrodes": None}}
    options = {"age": {"to": "older"}, "skin_tone": {"to": "darker"}, "electrodes": {"scheme": "fridlund"}}
    change = interventions.get({"grey": "grey_hair"}.get(name, name), **options.get(name, {"to": "grey"}))
    return Probe(name, watched, starts.get(name, {"grey": 0.0}), change)  # type: ignore[arg-type]


def people(n: int, seed: int, **more: Any) -> list[Head]:
    """Draw people with seven expressions of any intensity, half with electrodes, any share of grey hair."""
    also = {"intensity": (0.0, 1.0), "grey": (0.0, 1.0)}
    return sample_heads(n, seed=seed, electrodes=0.5, also=also, **more)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("split", choices=list(hard.SEEDS))
    parser.add_argument("--half", type=int, choices=(0, 1), help="every second network only")
    options = parser.parse_args()
    single_threaded()
    for name in ("networks", "cases"):
        (options.folder / name).mkdir(parents=True, exist_ok=True)
    kept = options.folder
    pictures = {name: easy.part(kept / f"{name}.npz", probe_pictures, probe(name, "happy")) for name in ASKED}
    watched = easy.part(kept / "observed.npz", observed, None)
    heads = people(POOL, SEED, stratify=("expression", "electrodes", "age", "skin_tone", "intensity"))
    data = training.training_set(heads, cache=kept / "training.npz")
    todo = [
        (case, seed) for case in HARD_CASES for seed in hard.SEEDS[case.split] if case.split == options.split
    ]
    for number, (case, seed) in enumerate(todo):
        name = f"{case.id}_{seed}"
        answers, weights = kept / f"cases/{name}.csv", kept / f"networks/{name}.safetensors"
        if answers.exists() or (options.half is not None and number % 2 != options.half):
            continue
        start = time.process_time()
        if not weights.exists():
            places = hard.chosen(heads[: -training.HELD_OUT], case, np.random.default_rng(seed))
            trained = training.train(data, BIASES[0], seed, places=places)
            easy.whole(weights, lambda path, net=trained.network: save_file(net.state_dict(), path))
        middle = time.process_time()
        network = SmallConvolutions().loaded(load_file(weights))
        clf = classifier(network, BIASES[0], None)  # type: ignore[arg-type]
        accuracy = right_answers(clf, data, training.HELD_OUT)
        table = looked_at(clf, case, pictures, watched, seed).assign(accuracy=round(accuracy, 4), seed=seed)
        easy.whole(answers, lambda path, found=table: found.to_csv(path, index=False))
        end = time.process_time()
        print(
            f"{name}: {accuracy:.2f}, trained in {middle - start:.0f} s, looked at in {end - middle:.0f} s",
            flush=True,
        )
    summarise(kept)


def summarise(folder: Path) -> None:
    """Write the table of all that is there."""
    table = pd.concat(
        [pd.read_csv(path) for path in sorted((folder / "cases").glob("*.csv"))], ignore_index=True
    )
    table["state"] = [hard.state_of(*row) for row in zip(table["effect"], table["beyond"], strict=True)]
    table = table[list(hard.HARD_COLUMNS)].round({"score": 4, "effect": 4, "beyond": 4})
    easy.whole(hard.TABLE, lambda path: table.to_csv(path, index=False, lineterminator="\n"))
    for split in hard.SEEDS:
        if (table["split"] == split).any():
            scores = hard.case_scores(table, split=split)
            print(split, scores[scores["kind"] == "all"].round(3).to_string(), sep="\n")


def right_answers(clf: Classifier, data: training.TrainingSet, n: int) -> float:
    named = easy.read(clf, data.pictures[-n:]).argmax(axis=1)
    return float((named == data.emotions[-n:]).mean())


def looked_at(
    clf: Classifier, case: HardCase, pictures: Mapping[str, Any], watched: Mapping[str, Any], seed: int
) -> pd.DataFrame:
    """Return what is true of one network, and what all methods say, one row a method and property."""
    rows = []
    groups = {n: group(watched, case, n, seed) for n in GROUPS}
    tests = {n: grid(clf, one, case.watched) for n, one in groups.items()}
    for name in ASKED:
        one, what = pictures[name], probe(name, case.watched)
        effects = truth(clf, one, case.watched)
        effect, beyond = float(effects.mean()), float((np.abs(effects) >= hard.DELTA).mean())
        told = {
            "case": case.id, "kind": case.kind, "split": case.split, "property": name,
            "effect": effect, "beyond": beyond, "state": hard.state_of(effect, beyond),
        }  # fmt: skip
        methods = itertools.chain(
            moved(clf, what, one), placebos(clf, what, one), observers(clf, name, case.watched, groups[300]),
            maps(clf, what, one),
            [("vote", *tests[300][name]), ("vote_60", *tests[60][name])],
        )  # fmt: skip
        rows += [told | dict(zip(("method", "score", "decision"), answer, strict=True)) for answer in methods]
    found = pd.DataFrame(rows)
    assert set(found["method"]) == set(hard.METHODS)
    return found


def said(flagged: bool) -> str:
    return "used" if flagged else "not used"


def truth(clf: Classifier, pictures: Mapping[str, Any], watched: str) -> np.ndarray:
    """Return the effect on each of 2,000 other people."""
    column = clf.index_of(watched)
    ends = [
        clf.probabilities_from(easy.read(clf, pictures[end]))[:, column]
        for end in ("truth_low", "truth_high")
    ]
    return np.asarray(ends[1] - ends[0], np.float64)


def moved(clf: Classifier, what: Probe, pictures: Mapping[str, Any]) -> Answers:
    """Verdict over people, paired t test, published shuffle test."""
    column = clf.index_of(what.emotion)
    logits = [easy.read(clf, pictures[end]) for end in ("low", "high")]
    for method, n in (("verdict", FEW), ("verdict_200", PEOPLE)):
        parts = [output_rows(clf, one[:n], what, float(k), what.emotion) for k, one in enumerate(logits)]
        row = stats.effects_over_faces(pd.concat(parts, ignore_index=True), delta=hard.DELTA).iloc[0]
        word = {MATTERS: "used", DIFFERS: "used", DOES_NOT: "not used"}.get(row["verdict"], "open")
        score = max(row["verdict_low"], -row["verdict_high"], 0.0)
        yield method, float(score), word
    low, high = (clf.probabilities_from(one[:FEW])[:, column].astype(np.float64) for one in logits)
    p = float(scipy.stats.ttest_rel(high, low).pvalue) if np.ptp(high - low) else 1.0
    yield "t_test", 1 - p, said(p < LEVEL)
    frames = pictures["frames"]
    n, steps = frames.shape[:2]
    series = clf.probabilities_from(easy.read(clf, frames.reshape(-1, *frames.shape[2:])))[:, column]
    test = stats.shuffle_test(series.reshape(n, steps).T.astype(np.float64), convention="published")
    share = float((test.p_value < 0.05).mean())
    yield "shuffle", share, said(share > 0.5)


def placebos(clf: Classifier, what: Probe, pictures: Mapping[str, Any]) -> Answers:
    """Rank among placebos of the same size, where there are enough of them."""
    column, start, others = clf.index_of(what.emotion), pictures["frames"][:, 0], pictures["placebos"]
    ends = clf.probabilities_from(easy.read(clf, pictures["frames"][:, -1]))[:, column]
    starts = clf.probabilities_from(easy.read(clf, start))[:, column]
    outputs = clf.probabilities_from(easy.read(clf, others.reshape(-1, *others.shape[2:])))[:, column]
    changes = np.abs(outputs.reshape(len(start), -1) - starts[:, None])
    usual = []
    for change, other, kinds, reached in zip(
        np.abs(ends - starts), changes, pictures["kinds"], pictures["reached"], strict=True
    ):
        if reached.mean() < 0.5 or len(set(kinds[reached])) < 10:
            continue  # nothing is compared: RULES of the page
        p = (1 + (other[reached] >= change).sum()) / (1 + reached.sum())
        usual.append(p <= 0.05)
    if len(usual) < len(start) / 2:
        yield "placebos", 0.0, "open"
        return
    share = float(np.mean(usual))
    yield "placebos", share, said(share > 0.5)


def observers(clf: Classifier, name: str, watched: str, people_: Mapping[str, Any]) -> Answers:
    """Those who observe people as they are: gap, regression, probe of features, TCAV."""
    logits = easy.read(clf, people_["pictures"])
    output = clf.probabilities_from(logits)[:, clf.index_of(watched)].astype(np.float64)
    value = people_[name]
    high = value > hard.HIGH[name]
    p = float(scipy.stats.ttest_ind(output[high], output[~high], equal_var=False).pvalue)
    yield "subgroup_gap", 1 - p, said(p < LEVEL)
    shown = pd.get_dummies(people_["expression"], drop_first=True).to_numpy(float)
    table = np.column_stack([*(scipy.stats.zscore(people_[one]) for one in ASKED), shown])
    p = float(sm.OLS(output, sm.add_constant(table)).fit(cov_type="HC3").pvalues[1 + ASKED.index(name)])
    yield "regression", 1 - p, said(p < LEVEL)
    with torch.no_grad():
        features = clf.body(easy.scaled(people_["pictures"])).flatten(2).mean(2).numpy()
    guess = cross_val_predict(
        LogisticRegression(max_iter=1000, class_weight="balanced"),
        StandardScaler().fit_transform(features),
        high,
        cv=5,
    )
    balanced = float(np.mean([(guess[high]).mean(), (~guess[~high]).mean()]))
    yield "linear_probe", balanced, said(balanced >= BALANCED)
    p = tcav(clf, people_["pictures"], high, people_["expression"] == watched, watched)
    yield "tcav", 1 - p, said(p < TCAV_LEVEL)


def tcav(clf: Classifier, pictures: np.ndarray, high: np.ndarray, shown: np.ndarray, watched: str) -> float:
    """Return the p of TCAV (Kim et al. 2018): our own short version, at the third convolution.

    Concept: the property is high, against low; random concepts: pictures at random on both sides. The score
    of a concept is the share of pictures that show the emotion whose logit rises along it.
    """
    early, late = clf.body[:-2], clf.body[-2:]
    with torch.no_grad():
        acts = early(easy.scaled(pictures)).contiguous()
    asked = acts[torch.from_numpy(shown)].clone().requires_grad_()
    clf.head(late(asked))[:, clf.index_of(watched)].sum().backward()
    slopes, flat = asked.grad.flatten(1).numpy(), acts.flatten(1).numpy()
    rng = np.random.default_rng(SEED)

    def scores(one: np.ndarray, other: np.ndarray) -> list[float]:
        found = []
        for _ in range(CONCEPTS):
            sides = [rng.choice(side, min(EXAMPLES, len(side)), replace=False) for side in (one, other)]
            y = np.repeat([1, 0], [len(side) for side in sides])
            cav = SGDClassifier(alpha=0.01, random_state=0).fit(flat[np.concatenate(sides)], y).coef_[0]
            found.append(float((slopes @ cav > 0).mean()))
        return found

    everyone = np.arange(len(pictures))
    concept, random = scores(np.flatnonzero(high), np.flatnonzero(~high)), scores(everyone, everyone)
    if np.ptp(concept + random) == 0:
        return 1.0
    return float(scipy.stats.ttest_ind(concept, random, equal_var=False).pvalue)


def maps(clf: Classifier, what: Probe, pictures: Mapping[str, Any]) -> Answers:
    """How dense Grad-CAM, LIME and occlusion are where the picture changed, beside all over it."""
    ends, regions = pictures["frames"][:, -1], pictures["region"]
    column = clf.index_of(what.emotion)
    with torch.no_grad():
        features = clf.body(easy.scaled(ends))
    cam = [
        cv2.resize(one, regions.shape[1:], interpolation=cv2.INTER_LINEAR)
        for one in grad_cam_from(clf, features, what.emotion)
    ]
    lime = [easy.lime(clf, *one, what.emotion) for one in zip(ends, pictures["segments"], strict=True)]
    occluded = Occlusion(lambda x: torch.softmax(clf.head(clf.body(x)), 1)[:, column])
    with torch.no_grad():
        held = occluded.attribute(
            easy.scaled(ends),
            sliding_window_shapes=(3, 12, 12),
            strides=(3, 6, 6),
            baselines=0.0,
            perturbations_per_eval=4,
        )
    occlusion = held.mean(1).clamp(min=0).numpy()
    area = regions.mean(axis=(1, 2))
    for method, found in (("grad_cam", cam), ("lime", lime), ("occlusion", occlusion)):
        total = np.array([one.sum() for one in found])
        inside = np.array([one[region].sum() for one, region in zip(found, regions, strict=True)])
        told = (total > 0) & (area > 0)
        density = float((inside[told] / total[told] / area[told]).mean()) if told.any() else 0.0
        yield method, density, said(density > DENSE)


def grid(clf: Classifier, people_: Mapping[str, Any], watched: str) -> dict[str, tuple[float, str]]:
    """Test every property against the watched output, given the expression (the shipped table has a vote)."""
    outputs = {watched: easy.read(clf, people_["pictures"]).astype(np.float64)[:, clf.index_of(watched)]}
    properties = {name: people_[name] for name in ASKED}
    rows = stats.independence_grid(properties, outputs, people_["expression"], workers=1)
    decides = rows.set_index("property")
    return {
        name: (1 - float(decides.loc[name, "p"]), said(float(decides.loc[name, "p"]) < LEVEL))
        for name in ASKED
    }


def group(watched: Mapping[str, Any], case: HardCase, n: int, seed: int) -> dict[str, np.ndarray]:
    """Return n of the observed people: where properties go together, they do among these, too."""
    heads = people(OBSERVED, SEED + 1)
    rng = np.random.default_rng([seed, n])
    chance = hard.pulled(heads, case)
    places = rng.permutation(np.flatnonzero(rng.random(len(heads)) < chance / chance.max()))[:n]
    assert len(places) == n
    found = {name: np.asarray(one)[places] for name, one in watched.items()}
    if case.noise:
        blurred = case.rules[0].property
        found[blurred] = found[blurred] + rng.normal(0, case.noise, n)
    return found


def observed(_: None) -> dict[str, np.ndarray]:
    """Return what networks see of people as they are, with their properties."""
    heads = people(OBSERVED, SEED + 1)
    pictures = training.training_set(heads).pictures
    return {
        "pictures": pictures,
        "expression": np.array([str(head.expression) for head in heads]),
        **{name: hard.values(heads, name) for name in ASKED},
    }


def probe_pictures(what: Probe) -> dict[str, np.ndarray]:
    """Return pictures along one move: 60 people with placebos, the ends of 200, and those of 2,000 others."""

    def ends(heads: list[Head]) -> list[np.ndarray]:
        low = [head.replace(**what.start) for head in heads]
        high = [what.intervention.edit(head, 1.0) for head in low]
        both = [render_heads(one, training.SIZE) for one in (low, high)]
        boxes = np.stack([face.box for face in both[0]])  # those of the low end serve both
        return [PREPARATION.seen(np.stack([face.image for face in one]), boxes) for one in both]

    asked = people(PEOPLE, SEED + 2)
    low, high = ends(asked)
    truth_low, truth_high = ends(people(hard.TRUTH_HEADS, SEED + 3))
    return {"low": low, "high": high, "truth_low": truth_low, "truth_high": truth_high} | frames_and_placebos(
        what, asked
    )


def frames_and_placebos(what: Probe, asked: list[Head]) -> dict[str, np.ndarray]:
    """Return frames, placebos and regions of the first 60 people."""
    frames, others, kinds, reached = [], [], [], []
    allowed = placebos_of(what.intervention.id, what.intervention.moves)
    for head in asked[:FEW]:
        start = head.replace(**what.start)
        faces = render_heads(
            [what.intervention.edit(start, s) for s in even_strengths(easy.STEPS)], easy.SIZE
        )
        frames.append(easy.seen(faces, faces[0]))
        distance = pixel_distance(faces[0].image, faces[-1].image, faces[0].box)
        matches = list(placebo_sweeps(faces[0], [distance], easy.PLACEBOS, seed=head.seed, kinds=allowed))
        others.append(PREPARATION.seen(np.stack([one.images[0] for one in matches]), faces[0].box))
        kinds.append([one.kind for one in matches])
        reached.append([bool(one.reached[0]) for one in matches])
    whole_frames = np.stack(frames)
    change = np.sqrt(((whole_frames[:, -1].astype(float) - whole_frames[:, 0]) ** 2).mean(axis=-1))
    most = np.quantile(change, 0.99, axis=(1, 2), keepdims=True)
    segments = [slic(end, easy.SEGMENTS, compactness=10, start_label=0) for end in whole_frames[:, -1]]
    return {
        "frames": whole_frames,
        "placebos": np.stack(others),
        "kinds": np.array(kinds),
        "reached": np.array(reached),
        "region": (change > most / 2) & (change > 0),
        "segments": np.stack(segments),
    }


if __name__ == "__main__":
    main()
