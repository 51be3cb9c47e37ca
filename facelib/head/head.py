"""The parametric head: identity, expression, accessories, view and light."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from facelib.errors import BadValueError, UnknownNameError, answers_misspelt
from facelib.head import electrodes as electrode_scheme
from facelib.head.expressions import EXPRESSIONS, Recipe, activations, expand
from facelib.head.gaze import FARTHEST, REACH, turned
from facelib.head.light import Light
from facelib.utilities.checks import checked, whole
from facelib.utilities.nearest import nearest

if TYPE_CHECKING:
    from facelib.face import Face

Side = Literal["left", "right"]
Hair = Literal["short", "long", "bald", "tied"]
HairColour = Literal["black", "brown", "chestnut", "blond", "red", "grey"]
EyeColour = Literal["brown", "hazel", "green", "blue", "grey"]
ExpressionSet = Literal["tuned", "facs"]
PalsyParts = Literal["both", "resting", "dynamic"]
MolesSide = Literal["both", "left", "right"]
Background = Literal["grey", "white", "black", "blue", "green", "room"]

HAIR: tuple[Hair, ...] = get_args(Hair)
HAIR_COLOURS: tuple[HairColour, ...] = get_args(HairColour)
EYE_COLOURS: tuple[EyeColour, ...] = get_args(EyeColour)
BACKGROUNDS: tuple[Background, ...] = get_args(Background)
ANCESTRY = ("african", "asian", "european")

_RANGES = {
    "age": (5.0, 90.0),
    "gender": (0.0, 1.0),
    "skin_tone": (0.0, 1.0),
    "intensity": (0.0, 1.0),
    "asymmetry": (0.0, 1.0),
    "left": (0.0, 1.0),
    "right": (0.0, 1.0),
    "palsy": (0.0, 1.0),
    "facial_hair": (0.0, 1.0),
    "moles": (0.0, 1.0),
    "synkinesis": (0.0, 1.0),
    "thinning": (0.0, 1.0),
    "grey": (0.0, 1.0),
    "hair_length": (0.0, 1.0),
    "glasses": (0.0, 1.0),
    "lens_tint": (0.0, 1.0),
    "mask": (0.0, 1.0),
    "electrode_size": (0.5, 2.0),
    "wires": (0.0, 1.0),
    "tape": (0.0, 1.0),
}
_AS_AGE_GIVES = ("grey",)  # may be None
_CHOICES: dict[str, tuple[str, ...]] = {
    "hair": HAIR,
    "hair_colour": HAIR_COLOURS,
    "eye_colour": EYE_COLOURS,
    "expression_set": get_args(ExpressionSet),
    "palsy_side": get_args(Side),
    "palsy_parts": get_args(PalsyParts),
    "moles_side": get_args(MolesSide),
}
_ANGLES = {
    "pose": {"yaw": (-90.0, 90.0), "pitch": (-60.0, 60.0), "roll": (-180.0, 180.0)},
    "gaze": {"yaw": (-FARTHEST, FARTHEST), "pitch": (-REACH["Down"], REACH["Up"])},
}


@answers_misspelt("a head")
@dataclass(frozen=True)
class Head:
    """A parametric face before it is rendered: every field changes alone; left and right are the person's.

    Parameters
    ----------
    age
        Years, in [5, 90]: shape, skin relief and grey hair.
    gender
        0 the female … 1 the male shape morph. Hair, beard and all else stay.
    ancestry
        Shares of the shape morphs "african", "asian" and "european" (not a claim about people), normalised
        to 1. Stored as a sorted tuple of (name, share).
    skin_tone
        0 light … 1 dark, linear in the individual typology angle: 0 is +55°, 1 is −50°. Independent of
        ancestry.
    hair
        "short", "long", "bald" or "tied".
    expression
        Name in `EXPRESSIONS[expression_set]`, or a mapping of face units to activations in [0, 1] (Left/Right
        omitted: both). A mapping is stored as a sorted tuple of (unit, activation).
    intensity
        Factor on the expression, in [0, 1].
    pose
        (yaw, pitch, roll) in degrees; positive turns to the person's left, up, and clockwise in the picture.
    light
        Name of a preset in `facelib.faces.LIGHTS`, or a `Light`. "frontal" is symmetric.
    electrodes
        None, "fridlund", "kuramoto", or names of positions in the order in which they are attached.
    seed
        Draws the shape of the individual, the mottling of the skin, and the patterns of `asymmetry` and
        `moles`. Seed 0 is the average person.
    expression_set
        "tuned" (read well by the classifiers it was tuned on) or "facs" (plain prototypes, for confirmation);
        their face units stand in `facelib.faces.expression_table`.
    left, right
        Factor on the expression of the person's left and right half, in [0, 1], joined smoothly over the
        philtrum. What moves as one (jaw, tongue, sideways shift of the mouth) takes the mean of both.
    palsy
        Peripheral palsy of one side, 0 none … 1 complete. Our own scale, no clinical grading, in words in
        `facelib.faces.PALSY_LEVELS`: all units of that side but the jaw's move by 1 − palsy; at rest, brow
        and corner of the mouth sag, the nasolabial fold is flat, the eye stands slightly wide and closes by
        1 − 0.7 palsy; the mouth is drawn to the healthy side.
    palsy_side
        The side that is weak: "left" or "right".
    asymmetry
        Structural asymmetry of the resting face, 0 none (exactly symmetric) … 1 strong but human: the scale
        of a pattern of left/right shapes drawn from the seed.
    facial_hair
        0 none, 0.3 stubble, 1 a full short beard.
    hair_colour, eye_colour
        Names; hair turns grey with age, or as `grey` says.
    moles
        Opacity of moles and freckles, drawn asymmetrically from the seed; 0 none.
    gaze
        (yaw, pitch) of both eyes in the head, degrees, in [-21, 21] and [-15.5, 10.5], as far as the face
        units reach (`facelib.head.gaze.REACH`); positive looks to the person's left and up. The lids follow.
        `intensity`, `left`, `right` and `palsy` leave it alone. Where the expression turns the eyes too, both
        add up, and a unit stops at 1.
    palsy_parts
        What `palsy` does: "dynamic" (what moves, moves less), "resting" (what sags at rest), or "both".
    synkinesis
        Movement that comes along on the side of the palsy, as after a nerve that grew back astray, in [0, 1]:
        the eye narrows as the mouth moves, and the corner of the mouth pulls as the eye closes. Needs a
        palsy, and is whole from a palsy of 0.2 on (see `facelib.head.palsy`).
    thinning
        0 all the hair of the style … 1 none.
    glasses
        Weight of the frame: 0 no glasses, 0.2 a thin wire … 1 a heavy dark frame.
    lens_tint
        0 clear … 1 sunglasses that hide the eyes. Needs glasses.
    mask
        Surgical mask: its upper edge rises from 0, not there, over the chin and the mouth to 1, the bridge of
        the nose.
    background
        Name of what is behind the head, or shares of several that shine through each other, normalised to 1
        and stored as a sorted tuple of (name, share). It doesn't shine on the face.
    electrode_size
        Factor on the diameter of the electrodes, in [0.5, 2].
    wires
        Leads of the electrodes: 0 none … 1 out of the picture.
    tape
        Strips of tape over the electrodes: 0 none … 1 whole.
    grey
        Share of grey in the hair, in [0, 1], the beard's too; brows follow, later. None: as age gives, from
        42 years on.
    moles_side
        Where moles and freckles are: on "both" sides, or the person's "left" or "right" alone.
    hair_length
        Of long hair: 0 cut at the chin … 1 all of it. Other styles keep theirs.

    Examples
    --------
    >>> head = Head(age=70, expression={"mouthSmile": 0.8})
    >>> head.expression
    (('mouthSmileLeft', 0.8), ('mouthSmileRight', 0.8))
    >>> head.replace(left=0.0).units["mouthSmileLeft"]
    (0.0, 0.0)
    >>> head.replace(gaze=(10.5, 0.0)).units["eyeLookOutLeft"]
    (0.5, 0.0)
    """

    age: float = 35.0
    gender: float = 0.3
    ancestry: Mapping[str, float] | tuple[tuple[str, float], ...] = (("european", 1.0),)
    skin_tone: float = 0.3
    hair: Hair = "short"
    expression: str | Recipe | tuple[tuple[str, float], ...] = "happy"
    intensity: float = 1.0
    pose: tuple[float, float, float] = (0.0, 0.0, 0.0)
    light: str | Light = "studio"
    electrodes: str | tuple[str, ...] | None = None
    seed: int = 0
    expression_set: ExpressionSet = "tuned"
    left: float = 1.0
    right: float = 1.0
    palsy: float = 0.0
    palsy_side: Side = "left"
    asymmetry: float = 0.0
    facial_hair: float = 0.0
    hair_colour: HairColour = "brown"
    eye_colour: EyeColour = "brown"
    moles: float = 0.0
    gaze: tuple[float, float] = (0.0, 0.0)
    palsy_parts: PalsyParts = "both"
    synkinesis: float = 0.0
    thinning: float = 0.0
    glasses: float = 0.0
    lens_tint: float = 0.0
    mask: float = 0.0
    background: Background | Mapping[str, float] | tuple[tuple[str, float], ...] = "grey"
    electrode_size: float = 1.0
    wires: float = 0.0
    tape: float = 0.0
    grey: float | None = None
    moles_side: MolesSide = "both"
    hair_length: float = 1.0

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            if name not in _AS_AGE_GIVES or getattr(self, name) is not None:
                self._set(name, checked(f"a head's {name}", getattr(self, name), low, high))
        for name, allowed in _CHOICES.items():
            if not isinstance(getattr(self, name), str) or getattr(self, name) not in allowed:
                msg = f"A head's {name} is one of {', '.join(allowed)}; got {getattr(self, name)!r}."
                raise BadValueError(msg)
        self._set("seed", whole("A head's seed is a whole number from 0 on", self.seed, 0))
        self._set("ancestry", _shares("ancestry", ANCESTRY, self.ancestry))
        alone = isinstance(self.background, str)
        behind = _shares("background", BACKGROUNDS, {self.background: 1.0} if alone else self.background)
        self._set("background", behind[0][0] if len(behind) == 1 else behind)
        self._set("expression", self._checked_expression())
        for name in _ANGLES:
            self._set(name, _checked_angles(name, getattr(self, name)))
        Light.of(self.light)  # raises on an unknown name
        self._set("electrodes", _checked_electrodes(self.electrodes))

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def _checked_expression(self) -> str | tuple[tuple[str, float], ...]:
        if isinstance(self.expression, str):
            recipes = EXPRESSIONS[self.expression_set]
            if self.expression not in recipes:
                near = nearest(self.expression, recipes)
                hint = f" Did you mean {near[0]!r}?" if near else ""
                names = ", ".join(recipes)
                msg = f"No expression {self.expression!r}; known: {names}, or give face units.{hint}"
                raise UnknownNameError(msg)
            return self.expression
        units = _items("expression is the name of one, or a mapping of face units", self.expression)
        return tuple(sorted(expand(units).items()))

    @property
    def recipe(self) -> Recipe:
        """Face units of the expression and their activations, before intensity and sides."""
        if isinstance(self.expression, str):
            return EXPRESSIONS[self.expression_set][self.expression]
        return MappingProxyType(dict(cast("tuple[tuple[str, float], ...]", self.expression)))

    @cached_property
    def units(self) -> Mapping[str, tuple[float, float]]:
        """Activation of the 52 units on the person's (left, right) half, with the gaze but before a palsy."""
        shown = activations(self.recipe, self.intensity, self.left, self.right)
        return MappingProxyType(turned(shown, *self.gaze))

    @property
    def greying(self) -> float:
        """Share of grey in the hair, in [0, 1]: `grey`, or what the age gives."""
        own: float = min(max((self.age - 42) / 34, 0.0), 1.0) ** 1.2 * 0.95
        return own if self.grey is None else self.grey

    @property
    def electrode_names(self) -> tuple[str, ...]:
        """Names of the positions with an electrode, in the order in which they are attached."""
        return electrode_scheme.resolve(self.electrodes) or ()

    @cached_property
    def key(self) -> str:
        """Hash of all fields, the same in every process; equal heads have equal keys."""
        text = "|".join(f"{field.name}={_plain(getattr(self, field.name))}" for field in fields(self))
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def replace(self, **changes: Any) -> Head:
        """Return a head with some fields replaced."""
        return replace(self, **changes)

    def render(self, size: int = 224) -> Face:
        """Return the picture (size × size px, 48 to 1024) with its box, eyes, landmarks and attributes."""
        from facelib.head.rendering.render import render

        return render(self, size)


def _items(rule: str, given: Any) -> dict[Any, Any]:
    """Return a mapping or pairs as a dictionary, or raise `BadValueError`."""
    try:
        return dict(given)
    except (TypeError, ValueError):
        msg = f"A head's {rule}; got {given!r}."
        raise BadValueError(msg) from None


def _checked_electrodes(given: Any) -> str | tuple[str, ...] | None:
    names = given
    if given is not None and not isinstance(given, str):
        names = tuple(given) if isinstance(given, Iterable) else (given,)
        if not all(isinstance(name, str) for name in names):
            msg = f"A head's electrodes are a scheme or names of positions; got {given!r}."
            raise BadValueError(msg, hint="None is none of them.")
        names = tuple(dict.fromkeys(names)) or None  # there is one electrode at a place
    electrode_scheme.resolve(names)
    return cast("str | tuple[str, ...] | None", names)


def _shares(field: str, known: tuple[str, ...], given: Any) -> tuple[tuple[str, float], ...]:
    shares, asked = {}, _items(f"{field} is a mapping of names to shares", given)
    for name, share in asked.items():
        if name not in known:
            msg = f"A head's {field} is made of {', '.join(known)}; got {name!r}."
            raise UnknownNameError(msg)
        shares[name] = checked(f"the share of {name}", share, 0.0, 1e6)
    total = sum(shares.values())
    if not total > 0:
        msg = f"The shares of {field} must not all be 0; got {asked!r}."
        raise BadValueError(msg)
    if abs(total - 1) < 1e-12:
        total = 1.0  # fields given again, as by `replace`, stay the same to the last bit
    return tuple(sorted((name, share / total) for name, share in shares.items() if share > 0))


def _checked_angles(field: str, angles: Any) -> tuple[float, ...]:
    limits = _ANGLES[field]
    values = tuple(angles) if isinstance(angles, Iterable) and not isinstance(angles, str) else ()
    if len(values) != len(limits):
        msg = f"A head's {field} is ({', '.join(limits)}) in degrees; got {angles!r}."
        raise BadValueError(msg)
    return tuple(
        checked(f"a head's {field} {name}", angle, low, high)
        for angle, (name, (low, high)) in zip(values, limits.items(), strict=True)
    )


def _plain(value: Any) -> str:
    """Write a value so that equal values give equal text."""
    if isinstance(value, float):
        return f"{value:.9g}"
    if isinstance(value, tuple):
        return "(" + ",".join(_plain(item) for item in value) + ")"
    if isinstance(value, Light):
        return _plain(tuple(getattr(value, field.name) for field in fields(value)))
    return repr(value)
