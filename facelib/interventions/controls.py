"""The controls that are run beside one-sided weakening ("Facing Asymmetry", our instantiation)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import ClassVar, Final, NamedTuple

from facelib.errors import BadValueError
from facelib.faces import Face, Head
from facelib.head.head import Side
from facelib.interventions.displacement import displacement
from facelib.interventions.expression import AsymmetricExpression, WeakerExpression
from facelib.interventions.intervention import Expected, Intervention, OneSided, along, register

PRECISION: Final = 1e-6  # of the factor on both sides

CONTROLS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "one_sided": "the change itself: one side shows 1 − strength of the expression",
        "equal_total": "both sides weaken, with the same total activation",
        "equal_displacement": "both sides weaken, with the same mean displacement of the landmarks",
        "other_side": "the other side weakens",
        "neutral": "the same side of the same face without an expression: nothing is there to weaken, but "
        "for what the neutral recipe itself holds",
    }
)
"""The runs of `control_set` by name, each with its meaning."""


class Arm(NamedTuple):
    """One run of a controlled study: ``facelib.sweep(*arm)``."""

    head: Head
    intervention: Intervention


@register
@dataclass(frozen=True)
class WeakerByDisplacement(OneSided):
    """Both sides weaken so that the landmarks move, on average, as far as when one side weakens.

    Half of the activation isn't half of the visible change: the second control of `AsymmetricExpression`. At
    every strength the factor on both sides is the one for which the mean displacement of the 478 landmarks
    in the picture equals that of weakening `side` alone; it is found numerically, to 1e-6, and grows with the
    strength.
    """

    id: ClassVar[str] = "weaker_by_displacement"
    title: ClassVar[str] = "both sides weaker, as visible (control)"
    group: ClassVar[str] = "Symmetry"
    moves: ClassVar[str | None] = "activation"
    expected: ClassVar[Expected] = "falls"
    holds_fixed: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"asymmetric_expression": "the same visible displacement on both sides", "palsy": ""}
    )
    description: ClassVar[str] = (
        "Both halves weaken equally, so that the landmarks move as far as when one side weakens: what "
        "remains of its effect when symmetry is kept."
        + along(
            "activation_left",
            "activation_right",
            "activation_asymmetry",
            "appearance_symmetry",
            "light_elevation",
            "sharpness",
        )
    )
    sentence: ClassVar[str] = "both sides weaken as visibly as the {side} side alone"

    def _edit(self, head: Head, strength: float) -> Head:
        return _weaker(head, weakening(head, self.side, strength))


def control_set(head: Face | Head, side: Side = "left") -> Mapping[str, Arm]:
    """Return the controls of one-sided weakening of a head, by the names of `CONTROLS`.

    Parameters
    ----------
    head
        A head with an expression; confirmatory runs use ``expression_set="facs"``.
    side
        The person's own side that weakens.

    Returns
    -------
    Mapping
        Name to ``(head, intervention)``. "equal_total" and "equal_displacement" keep the symmetry, "neutral"
        has no expression, "other_side" swaps the sides. What a change of one side does beyond
        a control, with what the control holds fixed, is the difference between "one_sided" and it.

    Raises
    ------
    BadValueError
        If something else than a head is given, or `side` is no side.

    Examples
    --------
    >>> arms = control_set(Head(expression="happy"))
    >>> list(arms)
    ['one_sided', 'equal_total', 'equal_displacement', 'other_side', 'neutral']
    >>> arms["other_side"].intervention.clause
    'the right side weakens'
    """
    one_sided = AsymmetricExpression(side)
    if not isinstance(head, Head):
        msg = f"The controls of one-sided weakening need a Head; got {type(head).__name__}."
        raise BadValueError(msg)
    other: Side = "right" if side == "left" else "left"
    return MappingProxyType(
        {
            "one_sided": Arm(head, one_sided),
            "equal_total": Arm(head, WeakerExpression()),
            "equal_displacement": Arm(head, WeakerByDisplacement(side)),
            "other_side": Arm(head, AsymmetricExpression(other)),
            "neutral": Arm(head.replace(expression="neutral"), one_sided),
        }
    )


@lru_cache(maxsize=4096)
def weakening(head: Head, side: Side, strength: float) -> float:
    """Return by how much both sides weaken so that the landmarks move as far as when `side` alone does.

    Parameters
    ----------
    head
        Any head.
    side
        The side that weakens in the one-sided change.
    strength
        Of the one-sided change, in [0, 1].

    Returns
    -------
    float
        Share of the expression that both sides lose, in [0, 1]; 1 also where even that moves less.
    """
    from scipy.optimize import brentq

    wanted = displacement(head, AsymmetricExpression(side).edit(head, strength))

    def excess(loss: float) -> float:
        return displacement(head, _weaker(head, loss)) - wanted

    if not wanted:
        return 0.0
    if excess(1.0) <= 0:
        return 1.0
    return float(brentq(excess, 0.0, 1.0, xtol=PRECISION))


def _weaker(head: Head, loss: float) -> Head:
    return head.replace(left=head.left * (1 - loss), right=head.right * (1 - loss))
