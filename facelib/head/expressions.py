"""Face units, and expressions as combinations of them.

The 52 face units are ARKit's. Those that end in Left or Right move one half of the person's face; the others
are split at the midline, so that each half can be weakened alone. Those that move the jaw or the tongue as a
whole, or shift the mouth sideways, stay common to both halves and take the mean of the two factors.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from facelib.errors import UnknownNameError
from facelib.utilities.checks import checked

PAIRED = (
    "browDown",
    "browOuterUp",
    "cheekSquint",
    "eyeBlink",
    "eyeLookDown",
    "eyeLookIn",
    "eyeLookOut",
    "eyeLookUp",
    "eyeSquint",
    "eyeWide",
    "mouthDimple",
    "mouthFrown",
    "mouthLowerDown",
    "mouthPress",
    "mouthSmile",
    "mouthStretch",
    "mouthUpperUp",
    "noseSneer",
)
SPLIT = (
    "browInnerUp",
    "cheekPuff",
    "mouthClose",
    "mouthFunnel",
    "mouthPucker",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
    "mouthShrugUpper",
)
COMMON = ("jawForward", "jawLeft", "jawOpen", "jawRight", "mouthLeft", "mouthRight", "tongueOut")

FACE_UNITS: tuple[str, ...] = tuple(
    sorted([f"{name}{side}" for name in PAIRED for side in ("Left", "Right")] + [*SPLIT, *COMMON])
)

Recipe = Mapping[str, float]

_FACS: dict[str, dict[str, float]] = {
    "neutral": {},
    "happy": {
        "cheekSquint": 1.0,
        "mouthSmile": 1.0,
        "mouthUpperUp": 0.3,
        "mouthLowerDown": 0.3,
        "jawOpen": 0.1,
    },  # 6 + 12 + 25, lips part
    "sad": {
        "browInnerUp": 1.0,
        "browDown": 0.5,
        "mouthFrown": 1.0,
        "mouthShrugLower": 0.5,
    },  # 1 + 4 + 15 + 17
    "surprise": {"browInnerUp": 1.0, "browOuterUp": 1.0, "eyeWide": 1.0, "jawOpen": 0.6},  # 1 + 2 + 5 + 26
    "fear": {
        "browInnerUp": 1.0,
        "browOuterUp": 0.6,
        "browDown": 0.5,
        "eyeWide": 1.0,
        "mouthStretch": 1.0,
        "jawOpen": 0.25,
    },  # 1 + 2 + 4 + 5 + 20 + 25
    "disgust": {
        "noseSneer": 1.0,
        "mouthUpperUp": 0.6,
        "mouthFrown": 0.5,
        "mouthLowerDown": 0.4,
    },  # 9 + 10 + 15 + 16
    "angry": {"browDown": 1.0, "eyeWide": 0.5, "eyeSquint": 0.7, "mouthPress": 1.0},  # 4 + 5 + 7 + 23
}

_TUNED: dict[str, dict[str, float]] = {
    "neutral": {"eyeSquint": 0.2, "mouthSmile": 0.12, "browDown": 0.1},
    "happy": {
        "mouthSmile": 1.0,
        "eyeSquint": 0.6,
        "cheekSquint": 0.2,
        "mouthUpperUp": 0.56,
        "mouthDimple": 0.83,
        "mouthLowerDown": 0.6,
        "jawOpen": 0.3,
        "mouthPress": 0.5,
    },
    "sad": {
        "browInnerUp": 1.0,
        "mouthFrown": 1.0,
        "mouthShrugLower": 0.26,
        "eyeLookDown": 0.7,
        "browDown": 1.0,
        "eyeSquint": 0.29,
        "mouthStretch": 1.0,
        "cheekSquint": 0.35,
    },
    "surprise": {"browInnerUp": 1.0, "eyeWide": 1.0, "jawOpen": 0.76, "mouthFunnel": 1.0},
    "fear": {
        "browInnerUp": 1.0,
        "browDown": 1.0,
        "eyeWide": 0.92,
        "mouthStretch": 1.0,
        "jawOpen": 0.38,
        "mouthLowerDown": 0.08,
        "mouthFrown": 0.74,
        "mouthPress": 0.35,
        "eyeLookDown": 0.4,
        "noseSneer": 0.35,
        "mouthShrugUpper": 0.55,
    },
    "disgust": {
        "noseSneer": 1.0,
        "browDown": 1.0,
        "mouthUpperUp": 1.0,
        "cheekSquint": 0.68,
        "eyeSquint": 0.97,
        "mouthShrugUpper": 0.35,
        "mouthRollLower": 0.35,
        "mouthFrown": 0.35,
    },
    "angry": {
        "browDown": 1.0,
        "eyeSquint": 0.3,
        "eyeWide": 0.2,
        "noseSneer": 1.0,
        "mouthFrown": 1.0,
        "mouthShrugLower": 1.0,
        "mouthUpperUp": 0.35,
        "mouthStretch": 0.54,
        "browOuterUp": 0.5,
        "mouthRollLower": 0.7,
    },
}


def expand(recipe: Recipe) -> dict[str, float]:
    """Return a recipe with every name one of the 52 units.

    A name without its side stands for both; where a side has a value of its own too, that one counts.

    Examples
    --------
    >>> expand({"mouthSmile": 0.5, "jawOpen": 0.1})
    {'mouthSmileLeft': 0.5, 'mouthSmileRight': 0.5, 'jawOpen': 0.1}
    """
    units: dict[str, float] = {}
    for name, value in sorted(recipe.items(), key=lambda item: item[0] in FACE_UNITS):
        if name in FACE_UNITS:
            names: tuple[str, ...] = (name,)
        elif name in PAIRED:
            names = (f"{name}Left", f"{name}Right")
        else:
            msg = f"There is no face unit {name!r}."
            raise UnknownNameError(msg, hint="facelib.faces.FACE_UNITS lists them.")
        units.update(dict.fromkeys(names, checked(f"the activation of {name}", value, 0.0, 1.0)))
    return units


def _frozen(recipes: dict[str, dict[str, float]]) -> Mapping[str, Recipe]:
    return MappingProxyType({name: MappingProxyType(expand(recipe)) for name, recipe in recipes.items()})


EXPRESSIONS: Mapping[str, Mapping[str, Recipe]] = MappingProxyType(
    {"facs": _frozen(_FACS), "tuned": _frozen(_TUNED)}
)
"""Two sets of the seven expressions, each a mapping of face units to activations.

"facs" follows the prototypes of FACS/EMFACS (the action units stand in the source) and is the one for
confirmatory runs. "tuned" was tuned on `TUNED_ON`, on heads that no test and no default draw uses: it is read
well by construction, and a study that uses it says so.
"""

TUNED_ON = ("fer", "facex", "pyemotion", "facemood", "faceapi", "human")
"""Classifiers on which the set "tuned" was tuned: on five with the prototype, then on all six."""


def activations(
    recipe: Recipe, intensity: float = 1.0, left: float = 1.0, right: float = 1.0
) -> dict[str, tuple[float, float]]:
    """Return the activation of each of the 52 units on the person's left and right half.

    Parameters
    ----------
    recipe
        Face units (both sides where the side is omitted) and their activations in [0, 1].
    intensity
        Factor on all of them.
    left, right
        Factors on the person's left and right half. Units of the jaw, the tongue and the sideways shift of
        the mouth are common to both halves and take the mean of the two.

    Returns
    -------
    dict
        Unit to (left, right). A unit of one side has 0 on the other; a common unit has the same on both.
    """
    given = expand(recipe)
    resolved: dict[str, tuple[float, float]] = {}
    for name in FACE_UNITS:
        value = given.get(name, 0.0) * intensity
        if name in COMMON:
            both = value * (left + right) / 2
            resolved[name] = (both, both)
        elif name in SPLIT:
            resolved[name] = (value * left, value * right)
        elif name.endswith("Left"):
            resolved[name] = (value * left, 0.0)
        else:
            resolved[name] = (0.0, value * right)
    return resolved
