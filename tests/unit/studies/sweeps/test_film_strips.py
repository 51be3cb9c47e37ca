"""Film strips hold what was rendered, measured and read, picture by picture."""

from __future__ import annotations

import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import facelib
from facelib import properties
from facelib.errors import BadValueError, UnavailableError, UnknownNameError
from facelib.faces import Head
from facelib.interventions.placebos.distance import pixel_distance
from facelib.interventions.placebos.kinds import placebos_of
from facelib.studies import demonstrate, demonstration_head, reference_strips, strip_tables
from facelib.studies.sweeps.film_strips import FRAME_COLUMNS, GAIN, OUTPUT_COLUMNS, Strip, axes

pytestmark = pytest.mark.packages

HEAD = Head(age=34, gender=0.0, skin_tone=0.2, expression="happy")
SIZE = 96


@pytest.fixture(scope="module")
def palsy() -> Strip:
    return demonstrate("palsy", HEAD, ["fer", "pyemotion"], steps=3, size=SIZE)


@pytest.fixture(scope="module")
def shift() -> Strip:
    return demonstrate("shift", HEAD, "fer", steps=3, size=SIZE)


def test_pictures_values_and_outputs_are_those_of_every_strength(palsy: Strip) -> None:
    chosen = facelib.interventions.get("palsy")
    faces = [chosen.edit(HEAD, strength).render(SIZE) for strength in palsy.strengths]
    assert palsy.strengths.tolist() == [0.0, 0.5, 1.0]
    assert (palsy.title, palsy.note, palsy.label) == (chosen.title, chosen.clause, "happy")
    assert palsy.measure == "Facial symmetry"
    for step, face in enumerate(faces):
        assert np.array_equal(palsy.images[step], face.image)
        assert palsy.values[step] == properties.measure(face, "symmetry")["symmetry"][0]
        for name in ("fer", "pyemotion"):
            clf = facelib.classifiers.load(name)
            read = clf.probabilities(face.image[None], faces[0].box[None])[0, clf.index_of("happy")]
            assert palsy.probabilities[name][step] == pytest.approx(read, abs=1e-5)


def test_without_a_property_the_grey_levels_are_measured(shift: Strip) -> None:
    face = HEAD.render(SIZE)
    expected = [pixel_distance(face.image, image, face.box) for image in shift.images]
    assert shift.values.tolist() == expected
    assert expected[0] == 0
    other = demonstrate("palsy", HEAD, "fer", measure="grey levels", steps=3, size=SIZE)
    assert other.measure == shift.measure
    assert demonstrate("shift", HEAD, "fer", measure="yaw", steps=2, size=SIZE).measure == "Yaw, °"


def test_a_property_whose_network_is_missing_gives_way_to_grey_levels(
    shift: Strip, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise UnavailableError(name)

    assert demonstrate("intensity", HEAD, "fer", steps=2, size=SIZE).measure == "Expression: activation"
    monkeypatch.setattr("facelib.properties.property.package_path", missing)
    assert demonstrate("intensity", HEAD, "fer", steps=2, size=SIZE).measure == shift.measure


def test_the_head_gets_what_it_needs() -> None:
    strip = demonstrate("electrode_size", HEAD, "fer", title="larger", steps=2, size=SIZE)
    worn = demonstration_head("electrode_size", HEAD)
    assert np.array_equal(strip.images[0], worn.render(SIZE).image)
    assert strip.title == "larger"


def test_tables_hold_every_picture(palsy: Strip, shift: Strip) -> None:
    frames, outputs = strip_tables([palsy, shift])
    assert list(frames.columns) == list(FRAME_COLUMNS)
    assert list(outputs.columns) == list(OUTPUT_COLUMNS)
    assert frames["strip"].tolist() == [0, 0, 0, 1, 1, 1]
    assert outputs.groupby("strip")["classifier"].unique().map(list).tolist() == [
        ["fer", "pyemotion"],
        ["fer"],
    ]
    assert outputs["probability"].tolist() == [
        *palsy.probabilities["fer"],
        *palsy.probabilities["pyemotion"],
        *shift.probabilities["fer"],
    ]
    kind, _, content = frames["picture"][1].partition(",")
    assert kind == "data:image/jpeg;base64"
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(content))), np.int16)
    assert np.abs(shown - palsy.images[1]).mean() < 3


def test_a_class_that_a_network_has_not_is_left_out(palsy: Strip) -> None:
    lacking = replace(palsy, probabilities={**palsy.probabilities, "other": np.full(3, np.nan)})
    _, outputs = strip_tables([lacking])
    assert set(outputs["classifier"]) == {"fer", "pyemotion"}


def test_axes_are_shared_and_never_too_narrow(palsy: Strip, shift: Strip) -> None:
    still = demonstrate("shift", HEAD, "fer", measure="symmetry", steps=2, size=SIZE)
    alone = axes([still])["Facial symmetry"]
    assert alone[1] - alone[0] == pytest.approx(0.1)
    assert alone[0] <= still.values.min() <= still.values.max() <= alone[1]
    both = axes([still, palsy, shift])
    assert both["Facial symmetry"] == (palsy.values.min(), max(palsy.values.max(), still.values.max()))
    assert set(both) == {"Facial symmetry", shift.measure}


def test_differences_are_grey_where_nothing_changes(palsy: Strip) -> None:
    shown = palsy.differences()
    assert (shown.images[0] == 128).all()
    slow = 128 + GAIN * (palsy.images[2].astype(int) - palsy.images[0].astype(int))
    assert np.array_equal(shown.images[2], np.clip(slow, 0, 255))
    assert shown.values is palsy.values


@pytest.mark.one_case
@pytest.mark.parametrize("by_region", [False, True])
def test_placebos_are_as_large(palsy: Strip, by_region: bool) -> None:
    found = reference_strips("palsy", HEAD, "fer", n=3, by_region=by_region, steps=3, size=SIZE)
    start = HEAD.render(SIZE)
    wanted = np.array([pixel_distance(start.image, image, start.box) for image in palsy.images])
    assert len({strip.title for strip in found}) == 3
    for strip in found:
        assert strip.intervention.placebo
        assert np.array_equal(strip.images[0], start.image)
        assert strip.values.tolist() == [
            pixel_distance(start.image, image, start.box) for image in strip.images
        ]
        if "as far as it goes" not in strip.note:
            np.testing.assert_allclose(strip.values, wanted, rtol=0.15 if by_region else 0.1)


def test_the_own_kind_is_no_company() -> None:
    found = reference_strips("shift", HEAD, "fer", n=15, steps=2, size=SIZE)
    assert "shift" not in {strip.intervention.id for strip in found}
    assert len({strip.intervention.id for strip in found}) >= 10


def test_what_changes_the_property_itself_is_no_company_either() -> None:
    """Whatever moves pixels blurs the picture a little."""
    found = {strip.intervention.id for strip in reference_strips("blur", HEAD, "fer", steps=2, size=SIZE)}
    assert found <= set(placebos_of("blur", "sharpness"))
    assert not found & {"blur", "sharpen", "noise", "rotate"}


def test_bad_names_are_named() -> None:
    with pytest.raises(UnknownNameError):
        demonstrate("blur", HEAD, "fer", measure="beauty", steps=2, size=SIZE)
    with pytest.raises(BadValueError, match="happy"):
        demonstrate("blur", HEAD, "fer", label="joy", steps=2, size=SIZE)
