"""What the menu of properties shows: every change under its heading, and why one can't be made now."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from facelib import interventions
from facelib.app.explorer.thumbnails import sheet
from facelib.faces import Face, Head
from facelib.interventions import Intervention

ALONG: Final = " Measured properties that go along"
"""Where a description begins to list what else is moved: names that would be found for everything."""
UNFIT: Final = "This face hasn't what it takes."
PLACEBOS: Final = "Placebos: harmless changes"
PLACEBOS_NOTE: Final = (
    "Changes of the whole picture that no reading of a face should depend on. The others are compared with "
    "them."
)
SYNONYMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "age": "old elderly years wrinkles young ageing aging",
        "ancestry": "ethnicity race origin",
        "asymmetric_expression": "unilateral hemiface lopsided weakness asymmetry half Botox",
        "asymmetrise": "asymmetry asymmetric crooked",
        "background": "backdrop wall room",
        "crop": "cut frame",
        "electrode_removal": "EMG restoration inpainting CycleGAN",
        "electrode_size": "EMG",
        "electrode_tape": "EMG plaster",
        "electrode_wires": "EMG cables wires",
        "electrodes": "EMG electromyography surface sensors Fridlund Kuramoto",
        "expression": "morph blend",
        "facial_hair": "beard stubble moustache shaven",
        "gaze": "look sideways",
        "gaze_pitch": "look",
        "gender": "sex male female masculine feminine",
        "glasses": "spectacles eyewear",
        "grey_hair": "gray white",
        "intensity": "fade weak subtle neutral Botox botulinum hypomimia Parkinson",
        "jpeg": "artefacts artifacts quality",
        "light_direction": "shadow illumination lighting azimuth",
        "light_elevation": "shadow illumination lighting",
        "light_softness": "shadow illumination lighting diffuse contrast",
        "light_strength": "dark bright illumination lighting exposure",
        "light_colour": "color warm cool temperature lighting",
        "mask": "FFP covered Covid",
        "moles": "naevi nevi spots marks",
        "noise": "grain sensor",
        "palsy": "Bell's paralysis paralysed paresis facial nerve droop hemifacial unilateral",
        "pitch": "nod pose up down",
        "pose": "yaw profile turned rotation",
        "roll": "tilt pose",
        "rotate": "tilt",
        "scale": "zoom size",
        "shift": "move translate",
        "skin_tone": "colour color dark light Fitzpatrick ITA complexion pigment",
        "stronger_expression": "intense exaggerated",
        "sunglasses": "shades tinted eyewear",
        "symmetrise": "symmetry mirror average",
        "synkinesis": "Bell's aberrant regeneration nerve co-contraction",
        "thinning": "bald baldness alopecia loss",
        "weaker_by_displacement": "control bilateral symmetric",
        "weaker_expression": "control bilateral symmetric Botox botulinum",
    }
)
"""Further words that find a change, by its id: our choice. They are no claim about what it is."""


def groups() -> list[dict[str, Any]]:
    """Return all changes under their headings, placebos last and apart: see `Chooser.groups`."""
    found: dict[str, dict[str, Any]] = {}
    for item in interventions.ordered():
        title = PLACEBOS if item.placebo else item.group
        new: dict[str, Any] = {
            "title": title,
            "note": PLACEBOS_NOTE if item.placebo else "",
            "apart": item.placebo,
            "items": [],
        }
        found.setdefault(title, new)["items"].append(_entry(item))
    return list(found.values())


def refused(face: Face | Head) -> dict[str, str]:
    """Return why changes can't be made on a face, by their ids.

    >>> refused(Head())["electrode_tape"]
    '“tape over the electrodes” changes the electrodes of a head, and this one wears none. ...'
    >>> refused(Head(electrodes="fridlund")).get("electrode_tape", "")
    ''
    """
    lost = (item for item in interventions.ordered() if item.fitted(face) is None)
    return {item.id: _named(item, item.meant_for(face).why_not(face)) for item in lost}


def _named(item: Intervention, why: str) -> str:
    """Return a reason with the change's title in place of its id; what it is, if no reason is given."""
    return why.replace(repr(item.id), f"“{item.title}”") or f"{UNFIT} {about(item)}"


def about(item: Intervention) -> str:
    """Return a change's description without the list of what else is moved.

    >>> about(interventions.get("grey_hair")).endswith("A bald head shows it in its brows.")
    True
    """
    return item.description.partition(ALONG)[0].strip()


def _entry(item: Intervention) -> dict[str, Any]:
    line = re.split(r"[.;:] ", about(item), maxsplit=1)[0]
    return {
        "id": item.id,
        "title": item.title,
        "line": f"{line.removesuffix('.')}.",
        "about": about(item),
        "words": SYNONYMS.get(item.id, ""),
        "place": sheet("changes").place(item.id),
    }
