"""Aligned crops: the transform against two others, crops against those of other programs, bad points."""

from __future__ import annotations

import dataclasses
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.transform import SimilarityTransform
from torch import nn

from facelib.classifiers import Classifier, Preparation, five_points, own, provenance
from facelib.classifiers.alignment import TEMPLATES, Floats, level, nearest_similarity, similarity
from facelib.errors import BadValueError
from facelib.faces import Face, Head
from facelib.interventions.symmetry import flipped
from facelib.studies.engine.fingerprints import fingerprint
from facelib.studies.engine.upgrades import _classifier_key

pytestmark = [pytest.mark.packages, pytest.mark.usefixtures("single_threaded")]

ARCFACE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)
PLAIN = Preparation(112, "rgb", 0.0, 1.0)
ALIGNED = Preparation(112, "rgb", 0.0, 1.0, align="five points", template="arcface")
EYES = Preparation(48, "rgb", 0.0, 1.0, align="eyes")


@pytest.fixture(scope="module")
def tilted() -> Face:
    return Head(seed=3, expression="happy", pose=(5, 0, 20)).render(224)


def umeyama(points: Floats, template: Floats) -> Floats:
    """Equations 34 to 43 of Umeyama 1991, line by line."""
    n, m = points.shape
    mu_x, mu_y = points.mean(axis=0), template.mean(axis=0)
    sigma_x = sum(((x - mu_x) ** 2).sum() for x in points) / n
    covariance = sum(np.outer(y - mu_y, x - mu_x) for x, y in zip(points, template, strict=True)) / n
    u, d, vt = np.linalg.svd(covariance)
    s = np.eye(m)
    if np.linalg.det(u) * np.linalg.det(vt) < 0:
        s[-1, -1] = -1
    rotation = u @ s @ vt
    scale = (d * np.diag(s)).sum() / sigma_x
    return np.column_stack([scale * rotation, mu_y - scale * rotation @ mu_x])


def test_the_transform_is_that_of_umeyama_and_of_scikit_image(rng: np.random.Generator) -> None:
    for number in range(200):
        points = rng.normal(100, 30, (2 + number % 5, 2))
        goal = points @ rng.normal(0, 1, (2, 2)) + rng.normal(0, 50, 2) + rng.normal(0, 3, points.shape)
        found = similarity(points, goal)
        np.testing.assert_allclose(found, umeyama(points, goal), atol=1e-6)
        other = SimilarityTransform.from_estimate(points, goal).params[:2]
        np.testing.assert_allclose(found, other, atol=1e-6)
        assert np.linalg.det(found[:, :2]) > 0, "never mirrored"


def test_of_several_templates_the_nearest_is_taken() -> None:
    """As face_align_v2.0.py of DDAMFN++ does it."""
    templates = [np.array(one) * 112 for one in TEMPLATES["ddamfn"]]
    assert len(templates) == 5
    turn = np.array([[0.9, -0.4], [0.4, 0.9]])
    for template in templates:
        points = template @ turn.T + [30, 40]
        found = nearest_similarity(points, templates)
        np.testing.assert_allclose(points @ found[:, :2].T + found[:, 2], template, atol=1e-6)


def test_the_points_of_a_head_lie_on_its_face_as_a_person_has_them(tilted: Face) -> None:
    right, left, nose, right_mouth, left_mouth = five_points(tilted)
    assert right[0] < left[0], "the person's right eye is on the picture's left"
    assert right_mouth[0] < left_mouth[0]
    np.testing.assert_allclose([left, right], tilted.eyes, atol=4)
    assert nose[1] < (right_mouth[1] + left_mouth[1]) / 2
    mirrored = five_points(flipped(tilted))
    np.testing.assert_allclose(mirrored[0], (224 - left[0], left[1]), atol=1e-3)


def test_a_crop_is_what_uniface_cuts_out(tilted: Face) -> None:
    points = five_points(tilted)
    matrix = SimilarityTransform.from_estimate(points, ARCFACE).params[:2]
    expected = cv2.warpAffine(tilted.image, matrix, (112, 112), borderMode=cv2.BORDER_REPLICATE)
    seen = ALIGNED.seen(tilted.image[None], tilted.box, points)[0]
    np.testing.assert_array_equal(seen, expected)


def test_the_eyes_of_a_tilted_face_stand_where_the_template_has_them() -> None:
    for roll in (-30.0, 0.0, 30.0):
        face = Head(seed=5, pose=(0, 0, roll)).render(224)
        image = np.zeros_like(face.image)
        for number, (x, y) in enumerate(five_points(face)[:2]):
            cv2.circle(image, (round(x), round(y)), 6, [(255, 0, 0), (0, 255, 0)][number], -1)
        seen = ALIGNED.seen(image[None], face.box, five_points(face))[0].astype(float)
        for channel in (0, 1):
            weight = seen[..., channel]
            middle = [(np.indices(weight.shape)[axis] * weight).sum() / weight.sum() for axis in (1, 0)]
            np.testing.assert_allclose(middle, ARCFACE[channel], atol=5)


def test_level_eyes_leave_the_crop_as_it_is_bit_for_bit(tilted: Face) -> None:
    box, points = (40.3, 30.1, 190.2, 185.9), five_points(tilted)
    points[:2, 1] = points[:2, 1].mean()
    upright = dataclasses.replace(EYES, align="none")
    for preparation in (
        EYES,
        dataclasses.replace(EYES, margin=0.3),
        dataclasses.replace(EYES, fit="stretch"),
    ):
        upright = dataclasses.replace(preparation, align="none")
        found = preparation.seen(tilted.image[None], box, points)
        np.testing.assert_array_equal(found, upright.seen(tilted.image[None], box))
        assert preparation.crop_boxes(box, 1, 224, 224, points=points).tolist() == (
            upright.crop_boxes(box, 1, 224, 224).tolist()
        )


@pytest.mark.parametrize("preparation", [ALIGNED, EYES, dataclasses.replace(EYES, template="arcface")])
def test_a_picture_that_is_turned_by_a_quarter_is_seen_as_before(
    preparation: Preparation, tilted: Face
) -> None:
    points = five_points(tilted)
    box = np.array([50.0, 40, 180, 170])  # a square: it stays one
    quarter = np.ascontiguousarray(np.rot90(tilted.image))  # counter-clockwise
    last = (
        224 if preparation.template is None else 223
    )  # a template's points count from the first pixel's middle
    turned = np.stack([points[:, 1], last - points[:, 0]], axis=1)
    moved = np.array([box[1], 224 - box[2], box[3], 224 - box[0]])
    before = preparation.seen(tilted.image[None], box, points).astype(float)
    after = preparation.seen(quarter[None], moved, turned).astype(float)
    assert np.abs(before - after).mean() < 0.5
    unaligned = dataclasses.replace(preparation, align="none", template=None)
    assert np.abs(unaligned.seen(quarter[None], moved).astype(float) - before).mean() > 10


def test_a_large_picture_is_shrunk_by_means_not_by_skipping_pixels(rng: np.random.Generator) -> None:
    noise = rng.integers(0, 256, (1200, 1200, 3), dtype=np.uint8)[None]
    points = ARCFACE / 112 * 1000 + 100  # an input pixel is nine of the picture
    skipped = cv2.warpAffine(noise[0], similarity(points, ARCFACE), (112, 112))
    assert ALIGNED.seen(noise, None, points).std() < skipped.std() / 3


def test_one_set_of_points_serves_all_pictures_and_many_serve_each(tilted: Face) -> None:
    images = np.stack([tilted.image, tilted.image[::-1]])
    one, other = five_points(tilted), five_points(tilted) + np.array([4, -3])
    both = ALIGNED(images, tilted.box, np.stack([one, other]))
    torch.testing.assert_close(both[0], ALIGNED(images[:1], tilted.box, one)[0])
    torch.testing.assert_close(both[1], ALIGNED(images[1:], tilted.box, other)[0])
    torch.testing.assert_close(ALIGNED(images, tilted.box, one)[1], ALIGNED(images[1:], tilted.box, one)[0])


def test_the_upright_box_around_a_turned_part_holds_its_corners(tilted: Face) -> None:
    parts = ALIGNED.parts(tilted.box, 1, tilted.size, five_points(tilted))
    corners = parts.corners()[0]  # type: ignore[union-attr]
    x1, _, _, y2 = ALIGNED.crop_boxes(tilted.box, 1, 224, 224, points=five_points(tilted))[0]
    assert x1 <= corners[:, 0].min() < x1 + 1
    assert y2 - 1 < corners[:, 1].max() <= y2
    sides = np.hypot(*(corners - np.roll(corners, 1, axis=0)).T)
    np.testing.assert_allclose(sides, sides[0])
    shares = parts.shares(corners, 0)  # type: ignore[union-attr]
    np.testing.assert_allclose(shares, [[0, 0], [1, 0], [1, 1], [0, 1]], atol=1e-9)


def toy(preparation: Preparation) -> Classifier:
    torch.manual_seed(2)
    net = nn.Sequential(
        nn.Conv2d(3, 6, 7, 4), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(96, 2)
    )
    return own(net, labels=["happy", "sad"], preparation=preparation, id="toy")


@pytest.mark.thorough
def test_a_classifier_reads_faces_heads_and_arrays_alike(tilted: Face) -> None:
    clf = toy(ALIGNED)
    by_array = clf.logits(tilted.image[None], tilted.box, five_points(tilted))[0]
    np.testing.assert_allclose(clf.read(tilted)["logit"], by_array, atol=1e-5)
    head = Head(seed=3, expression="happy", pose=(5, 0, 20))
    np.testing.assert_allclose(clf.read(head)["logit"], by_array, atol=1e-5)
    assert not np.allclose(toy(PLAIN).logits(tilted.image[None], tilted.box)[0], by_array, atol=1e-3)
    cut = ALIGNED.seen(tilted.image[None], tilted.box, five_points(tilted))
    np.testing.assert_allclose(
        clf.logits(cut)[0], by_array, atol=1e-5
    )  # without box and points: aligned already


@pytest.mark.thorough
def test_a_face_without_landmarks_says_so_in_its_row_and_the_others_are_read(tilted: Face) -> None:
    clf = toy(ALIGNED)
    blind = tilted.replace(landmarks=np.full((478, 2), np.nan, np.float32))
    table = clf.read([tilted, blind, tilted.replace(source="edited")])
    assert table["logit"].isna().tolist() == [False, False, True, True, False, False]
    assert "aligned by its eyes, nose and corners of the mouth" in table["remark"].iloc[2]
    with pytest.raises(BadValueError, match="aren't known"):
        clf.read([tilted, blind], skip_broken=False)
    eyes = toy(dataclasses.replace(ALIGNED, align="eyes", template=None))
    assert eyes.read([blind])["logit"].notna().all()  # the detector's eyes are enough
    nowhere = blind.replace(eyes=np.full((2, 2), np.nan))
    assert "by its eyes, and" in eyes.read([nowhere])["remark"].iloc[0]


def test_points_are_asked_for_where_they_are_needed_and_only_there(tilted: Face) -> None:
    with pytest.raises(BadValueError, match=r"needs the points of each face; got only its box"):
        ALIGNED(tilted.image[None], tilted.box)
    plain = PLAIN(tilted.image[None], tilted.box)
    assert torch.equal(PLAIN(tilted.image[None], tilted.box, five_points(tilted)), plain)
    assert torch.equal(PLAIN(tilted.image[None], tilted.box, np.full((5, 2), np.nan)), plain)


GOOD = ARCFACE + 20


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (np.full((5, 2), 60.0), "lie apart"),
        (np.full((5, 2), np.nan), "aren't known"),
        (np.where(np.arange(5)[:, None] == 4, np.inf, GOOD), "aren't known"),
        (GOOD[:4], r"shape \(5, 2\) or \(1, 5, 2\).*got \(4, 2\)"),
        (np.stack([GOOD] * 3), r"got \(3, 5, 2\)"),
        (GOOD * 1e6, "in or near the picture"),
        ("eyes", r"shape \(5, 2\)"),
        ([[1, 2], [3]], r"shape \(5, 2\)"),
    ],
)
def test_points_that_no_face_has_are_refused_in_words(points: Any, words: str, tilted: Face) -> None:
    with pytest.raises(BadValueError, match=words):
        ALIGNED(tilted.image[None], tilted.box, points)


def test_both_eyes_in_one_place_are_refused(tilted: Face) -> None:
    points = five_points(tilted)
    points[1] = points[0]
    for preparation in (EYES, dataclasses.replace(EYES, template="arcface")):
        with pytest.raises(BadValueError, match="lie apart"):
            preparation(tilted.image[None], tilted.box, points)
    with pytest.raises(BadValueError, match="lie apart"):
        level(np.array([[0, 0, 9, 9]]), np.zeros((1, 5, 2)))


@pytest.mark.thorough
@given(arrays(np.float64, (5, 2), elements=st.floats(allow_nan=True, allow_infinity=True, width=64)))
@settings(max_examples=60, deadline=None)
def test_whatever_points_come_there_is_a_picture_or_a_plain_answer(points: Floats) -> None:
    image = np.zeros((1, 64, 64, 3), np.uint8)
    for preparation in (ALIGNED, EYES):
        try:
            found = preparation(image, (10, 10, 50, 50), points)
        except BadValueError:
            continue
        assert found.shape == (1, 3, preparation.size, preparation.size)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"align": "nose"}, "`align` is one of 'none', 'eyes', 'five points'; got 'nose'"),
        ({"align": "five points"}, "taken to a template: one of the names 'arcface', 'ddamfn'"),
        ({"template": "arcface"}, 'got .arcface. with align="none"'),
        ({"align": "five points", "template": "arcfase"}, "no template 'arcfase'; known: arcface, ddamfn"),
        ({"align": "five points", "template": ARCFACE}, r"shares of the input's side.*divided by the side"),
        ({"align": "five points", "template": ARCFACE[:4] / 112}, r"shape \(5, 2\).*got \(1, 4, 2\)"),
        ({"align": "eyes", "template": ARCFACE / 112}, r"shape \(2, 2\).*got \(1, 5, 2\)"),
        ({"align": "eyes", "template": "ddamfn"}, "Two eyes fit every template"),
        ({"align": "five points", "template": np.full((5, 2), 0.5)}, "lie apart"),
        ({"align": "five points", "template": np.full((5, 2), np.nan)}, "shares of the input's side"),
        ({"align": "five points", "template": "arcface" * 900}, "no template"),
        ({"align": "five points", "template": [[1, 2], [3]]}, r"got \(0,\)"),
        ({"align": ["eyes"]}, "`align` is one of"),
    ],
)
def test_a_wrong_declaration_is_answered_in_words(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(BadValueError, match=words):
        dataclasses.replace(PLAIN, **changes)


@pytest.mark.thorough
def test_the_card_and_provenance_say_it_and_a_template_of_ones_own_is_that_of_its_name() -> None:
    assert ALIGNED.describe().endswith("112 × 112 px, scaled to [0, 255], aligned by five points (arcface)")
    mine = dataclasses.replace(ALIGNED, template=ARCFACE / 112)
    assert mine == ALIGNED
    assert hash(mine) == hash(ALIGNED)
    shifted = dataclasses.replace(ALIGNED, template=ARCFACE / 112 + 0.01)
    assert "(own template)" in shifted.describe()
    assert "turned until the eyes stand level" in EYES.describe()
    (row,) = provenance([toy(ALIGNED)]).to_dict("records")
    assert row["align"] == "five points"
    again = [[float(n) for n in place.split()] for place in row["template"].split("; ")]
    np.testing.assert_allclose(again, ARCFACE / 112, atol=1e-6)


def test_keys_of_what_is_not_aligned_are_those_of_before_and_others_differ() -> None:
    """Computed by the code of edf10a8b, before faces could be aligned."""
    assert fingerprint(Preparation(32, "rgb", 0.0, 255.0)) == "2dd48f40539f6e34cc3dcd0750301cf2"
    before = fingerprint(Preparation.imagenet(margin=0.1, fit="crop"))
    assert before == "d4555598ef69280515f541c3aa7bd6ed"
    keys = {fingerprint(one) for one in (PLAIN, ALIGNED, dataclasses.replace(PLAIN, align="eyes"))}
    assert len(keys) == 3
    row = {"labels": "a; b", "size": 32, "fit": "square", "sha256": "1f"}
    assert _classifier_key(row | {"align": "none", "template": ""}, "x") == _classifier_key(row, "x")
    assert _classifier_key(row | {"align": "eyes", "template": ""}, "x") != _classifier_key(row, "x")
