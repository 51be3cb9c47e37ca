"""Photographs, looked at as their owner does: what is refused, and what a change leaves to be seen."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from typer.testing import CliRunner

import facelib
from facelib import interventions, studies
from facelib.cli import main as cli
from facelib.errors import BadValueError
from facelib.faces import Face, Head, sample_photograph
from facelib.restoration import restore
from facelib.restoration.pixel_masks import known_mask

STORED = Path(__file__).parent / "stored"
INSTEAD = ("change rendered heads", "a generator of your own")
"""What one reads who asks for another skin tone on a photograph: the ways that there are."""


def as_photograph(head: Head, size: int = 224, **known: Any) -> Face:
    """Return a rendered head whose picture and landmarks alone are known."""
    return head.render(size).replace(source="photograph", attributes=known)


def says_why_and_what_else(message: str) -> bool:
    return "skin" in message and "have rated it" in message and all(way in message for way in INSTEAD)


class TestSkinTone:
    """It was painted over photographs: nobody is shown that again, whichever way it is asked for."""

    @pytest.fixture(scope="class")
    @staticmethod
    def people() -> list[Face]:
        heads = [Head(skin_tone=tone, seed=seed, expression="happy") for seed, tone in enumerate((0.1, 0.5))]
        return [as_photograph(head, id=f"{head.seed}.png", label="happy") for head in heads]

    @pytest.mark.parametrize("to", [None, "lighter", "darker", 0.5])
    @pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
    def test_no_picture_is_made(self, people: list[Face], to: Any, strength: float) -> None:
        change = interventions.get("skin_tone", to=to)
        for face in people:
            assert not change.accepts(face)
            with pytest.raises(BadValueError) as refused:
                change.apply(face, strength)
            assert says_why_and_what_else(str(refused.value))

    def test_a_sweep_says_so_before_it_reads_anything(self, people: list[Face]) -> None:
        with pytest.raises(BadValueError) as refused:
            facelib.sweep(people[0], "skin_tone", ["known_unbiased"])
        assert says_why_and_what_else(str(refused.value))

    def test_a_study_says_so_in_its_plan_and_isnt_run(self, people: list[Face], tmp_path: Path) -> None:
        study = facelib.InterventionalStudy(people, ["skin_tone", "brightness"], ["known_unbiased"], steps=2)
        assert any(says_why_and_what_else(note) for note in study.plan().notes)
        with pytest.raises(BadValueError) as refused:
            study.run(tmp_path / "study", n_jobs=1)
        assert says_why_and_what_else(str(refused.value))
        assert not (tmp_path / "study").exists()

    def test_of_heads_and_photographs_the_heads_are_changed(self, people: list[Face], tmp_path: Path) -> None:
        faces: list[Head | Face] = [Head(seed=1, expression="happy"), people[0]]
        study = facelib.InterventionalStudy(faces, ["skin_tone"], ["known_unbiased"], steps=2, size=64)
        found = study.run(tmp_path, n_jobs=1)
        assert found.failures["face"].unique().tolist() == ["0.png"]
        assert all(says_why_and_what_else(error) for error in found.failures["error"])
        assert found.sound["face"].nunique() == 1

    @pytest.mark.packages
    def test_a_declared_study_of_a_folder_says_so(self, people: list[Face], tmp_path: Path) -> None:
        (tmp_path / "faces").mkdir()
        for face in people:
            Image.fromarray(face.image).save(tmp_path / "faces" / face.attributes["id"])
        plan = tmp_path / "plan.yml"
        plan.write_text(
            "study: interventional\nfaces: {folder: faces}\ninterventions: [skin_tone]\n"
            "classifiers: [known_unbiased]\nlabel: happy\nsteps: 2\n"
        )
        planned = CliRunner().invoke(cli.app, ["study", "plan", str(plan)])
        assert planned.exit_code == 0
        assert says_why_and_what_else(" ".join(planned.output.split()))
        run = CliRunner().invoke(cli.app, ["study", "run", str(plan), "--yes"])
        assert isinstance(run.exception, BadValueError)
        assert says_why_and_what_else(str(run.exception))

    def test_what_is_offered_is_what_works(self, people: list[Face]) -> None:
        head, picture = (set(interventions.available(face)["id"]) for face in (Head(), people[0]))
        assert "skin_tone" in head - picture
        tags = interventions.available().set_index("id")
        assert tags.loc["skin_tone", "on"] == "heads"

    def test_heads_change_as_they_did(self) -> None:
        dark = interventions.person.SkinTone(to="darker").edit(Head(skin_tone=0.2), 0.5)
        assert dark.replace(skin_tone=0.2) == Head(skin_tone=0.2)
        assert dark.skin_tone == pytest.approx(0.6)

    @pytest.mark.packages
    @pytest.mark.filterwarnings("ignore:.*ipykernel.*")
    def test_the_page_doesnt_offer_it_and_says_why_beside_the_menu(self) -> None:
        from facelib.app import Explorer
        from facelib.app.explorer.change_panel import ChangePanel

        explorer = Explorer(("known_unbiased",), background=False)
        panel = ChangePanel(explorer)
        assert "skin_tone" in dict(panel.menu.options).values()
        assert not panel.withheld.value
        explorer.show(sample_photograph())
        assert "skin_tone" not in dict(panel.menu.options).values()
        assert "skin tone" in panel.withheld.value
        assert all(way in panel.withheld.value for way in INSTEAD)
        explorer.show(Head())
        assert not panel.withheld.value

    @pytest.mark.packages
    @pytest.mark.filterwarnings("ignore:.*ipykernel.*")
    def test_so_does_the_page_of_studies(self) -> None:
        from facelib.app import PopulationPanel
        from facelib.app.studies.population_state import offered

        assert "skin_tone" not in {change.id for change in offered("mine")}
        panel = PopulationPanel(models=("known_unbiased",), size=64, background=False)
        try:
            assert not panel.changes.withheld.value
            panel.state.whom.source = "mine"
            assert all(way in panel.changes.withheld.value for way in INSTEAD)
        finally:
            panel.state.close()

    def test_a_study_that_was_run_before_opens_and_reports(self, tmp_path: Path) -> None:
        """One of six rendered photographs, written by the version that still painted."""
        folder = shutil.copytree(STORED / "skin_tone_on_photographs", tmp_path / "study")
        found: Any = studies.open_study(folder)
        assert found.complete
        assert found.failures.empty
        effects = found.effects.set_index("intervention")
        assert effects.loc["skin_tone", "n"] == 6
        assert effects.loc["skin_tone", "mean"] == pytest.approx(-0.000672, abs=1e-6)
        assert "skin tone" in found.report(tmp_path / "report.html").read_text(encoding="utf-8")


def changed_by(name: str, face: Face, **options: Any) -> npt.NDArray[np.bool_]:
    """Return which pixels a change draws on, at full strength."""
    drawn = interventions.get(name, **options).apply(face, 1.0).image
    return np.asarray(np.abs(drawn.astype(int) - face.image).max(axis=2) > 12)


FRONTAL = {
    "symmetrise": 15, "asymmetrise": 15, "asymmetric_expression": 30, "weaker_expression": 30, "palsy": 30,
    "intensity": 30, "electrodes": 30, "glasses": 20, "mask": 30, "light_direction": 30,
    "light_elevation": 30, "light_softness": 30,
}  # fmt: skip
"""Degrees up to which each change of a photograph works."""


TURNED = [
    Head(seed=3, expression="happy", hair="short"),
    Head(seed=7, skin_tone=0.1, age=70, hair="bald"),
    Head(seed=2, skin_tone=0.6, hair="long"),
]


def background_of(head: Head, size: int) -> npt.NDArray[np.bool_]:
    """Return which pixels of a rendered head show what is behind it, at least partly."""
    one, other = (head.replace(background=name).render(size).image.astype(int) for name in ("grey", "white"))
    return np.asarray(np.abs(one - other).max(axis=2) > 3)


def outside_of(face: Face) -> npt.NDArray[np.bool_]:
    """Return which pixels are more than a pixel beyond the landmarks of a face; above them is forehead."""
    hull = cv2.convexHull(np.rint(face.landmarks[:468]).astype(np.int32))
    inside = cv2.fillConvexPoly(np.zeros(face.size, np.uint8), hull, 1)
    outside = cv2.dilate(inside, np.ones((3, 3), np.uint8)) == 0
    outside[: int(face.landmarks[[105, 334], 1].min())] = False  # the brows
    return np.asarray(outside)


class TestElectrodesOfTurnedHeads:
    """One hung pale at the back of the neck, half over the background."""

    @pytest.mark.parametrize("scheme", ["fridlund", "kuramoto"])
    @pytest.mark.parametrize("yaw", [-29.0, 29.0])
    @pytest.mark.parametrize("head", TURNED)
    def test_none_reaches_beyond_the_face(self, head: Head, yaw: float, scheme: str) -> None:
        head = head.replace(pose=(yaw, 0.0, 0.0))
        face = as_photograph(head, 512)
        drawn = changed_by("electrodes", face, scheme=scheme)
        assert drawn.sum() > 1000
        assert not (drawn & (background_of(head, 512) | outside_of(face))).any()

    @pytest.mark.parametrize("yaw", [-29.0, 29.0])
    @pytest.mark.parametrize("head", TURNED)
    def test_those_left_out_are_named(self, head: Head, yaw: float) -> None:
        face = as_photograph(head.replace(pose=(yaw, 0.0, 0.0)), 512)
        worn = interventions.get("electrodes").apply(face, 1.0).attributes
        there, left_out = set(worn["visible_electrodes"]), set(worn["covered_electrodes"])
        assert {"F19" if yaw < 0 else "F20", "F21", "F22"} <= left_out
        assert not there & left_out
        assert there | left_out == set(worn["electrodes"])
        assert {"F5", "F6", "F9", "F10", "F15", "F16", "F17", "F18"} <= there

    @pytest.mark.parametrize("head", TURNED)
    def test_frontal_pictures_keep_theirs(self, head: Head) -> None:
        worn = interventions.get("electrodes").apply(as_photograph(head, 512), 1.0).attributes
        assert worn["visible_electrodes"] == tuple(f"F{number}" for number in range(1, 21))
        assert worn["covered_electrodes"] == ("F21", "F22")  # at the sides of the jaw: they turn away


class TestTurnedHeads:
    """Glasses hung beside profiles: what needs a frontal face says by how much it is turned."""

    @pytest.mark.parametrize("yaw", [-45.0, 40.0])
    @pytest.mark.parametrize("name", FRONTAL)
    def test_what_needs_a_frontal_face_is_refused_with_the_degrees(self, name: str, yaw: float) -> None:
        face = as_photograph(Head(seed=3, expression="happy", pose=(yaw, 0.0, 0.0)), 160)
        with pytest.raises(BadValueError, match=rf"turned by [34]\d°.*up to {FRONTAL[name]}°"):
            interventions.get(name).apply(face, 1.0)
        assert name not in set(interventions.available(face)["id"])

    @pytest.mark.parametrize("yaw", [-17.0, 0.0, 17.0])
    @pytest.mark.parametrize("head", [Head(seed=4, skin_tone=0.9), Head(seed=8, skin_tone=0.1, age=70)])
    def test_glasses_sit_around_the_eyes(self, head: Head, yaw: float) -> None:
        face = as_photograph(head.replace(pose=(yaw, 0.0, 0.0)), 512)
        drawn = interventions.get("glasses").apply(face, 1.0).image.astype(int)
        frame = np.abs(drawn - face.image).max(axis=2) > 25
        rows, columns = np.nonzero(frame)
        apart = float(np.hypot(*(face.eyes[0] - face.eyes[1])))
        for x, y in face.eyes:
            off = np.column_stack([columns - x, rows - y]) / apart
            away = np.hypot(*off.T)
            near = off[away < 0.62]
            upright, level = near[np.abs(near[:, 0]) < 0.1, 1], near[np.abs(near[:, 1]) < 0.1, 0]
            for rims in (upright, level):  # one on each side of the pupil
                assert rims.min() < -0.08
                assert rims.max() > 0.08
            assert abs(upright.min() + upright.max()) / 2 < 0.2

    @pytest.mark.parametrize("yaw", [-29.0, 25.0])
    def test_the_far_lens_doesnt_stand_beside_the_face(self, yaw: float) -> None:
        face = as_photograph(TURNED[0].replace(pose=(yaw, 0.0, 0.0)), 512)
        with pytest.raises(BadValueError, match=r"turned by 2\d°: the far lens .* up to 20°"):
            interventions.get("glasses").apply(face, 1.0)

    def test_hardly_more_than_the_limit_is_told_from_it(self) -> None:
        face = as_photograph(Head(seed=3), 128)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("facelib.interventions.intervention.pose", lambda _: np.array([[20.04, 0, 0]]))
            with pytest.raises(BadValueError, match=r"turned by 20\.1°.*up to 20°"):
                interventions.get("glasses").apply(face, 1.0)

    @pytest.mark.parametrize("yaw", [-18.0, 18.0])
    def test_the_far_temple_is_dark_where_the_lens_shows_it(self, yaw: float) -> None:
        """A washed-out bit of it floated between rim and face."""
        head = TURNED[1].replace(pose=(yaw, 0.0, 0.0))
        face = as_photograph(head, 512)
        drawn = interventions.get("glasses").apply(face, 1.0).image
        beside = background_of(head, 512)
        columns = np.nonzero(beside[int(face.eyes[:, 1].mean())])[0]
        edge = columns[columns < 256].max() if yaw < 0 else columns[columns > 256].min()
        near = np.s_[int(face.eyes[:, 1].min()) - 20 : int(face.eyes[:, 1].max()) + 10]
        for step in (3, 6, 9):  # from the face outward
            strip = drawn[near, edge + (step if yaw > 0 else -step)]
            assert strip.max(axis=1).min() < 90

    def test_half_a_face_is_doubled_of_nearly_frontal_ones_only(self) -> None:
        face = as_photograph(Head(seed=3, pose=(11.0, 0.0, 0.0)))
        assert interventions.get("symmetrise").accepts(face)
        with pytest.raises(BadValueError, match="up to 8°"):
            interventions.get("symmetrise", keep="left").apply(face, 1.0)

    def test_the_message_names_what_was_asked_for_and_what_it_means(self) -> None:
        face = as_photograph(Head(seed=3, pose=(40.0, 0.0, 0.0)), 128)
        for ask in (
            lambda: facelib.sweep(face, "symmetry", ["known_unbiased"]),
            lambda: interventions.get("symmetry").apply(face, 1.0),
        ):
            with pytest.raises(BadValueError, match=r"'symmetry'.*'symmetrise'.*turned by") as refused:
                ask()
            assert "asymmetric_expression" not in str(refused.value)

    def test_age_points_to_what_can_be_done(self) -> None:
        with pytest.raises(BadValueError, match=r"Prototype\.between\(young, old\)"):
            facelib.sweep(as_photograph(Head(), 128), "age", ["known_unbiased"])


def with_fringe(head: Head, size: int, *, side: str = "both") -> tuple[Face, npt.NDArray[np.bool_]]:
    """Return a rendered head whose hair hangs over its forehead, as a photograph, and where it hangs."""
    face = as_photograph(head, size)
    marks = face.landmarks
    (x, top), width = marks[10], float(np.ptp(marks[:468, 0]))
    crown = as_photograph(head.replace(expression="neutral"), size).image[: max(int(top - 0.06 * width), 2)]
    middle = crown[:, int(x - 0.2 * width) : int(x + 0.2 * width)].reshape(-1, 3).astype(float)
    bald = head.replace(hair="bald").render(size).image
    skin = bald[int(marks[151, 1]), int(x)].astype(float)
    colours = middle[np.abs(middle - skin).max(axis=1) > 25]
    rng = np.random.default_rng(0)
    image, hangs = face.image.copy(), np.zeros(face.size, np.uint8)
    low = float(marks[[105, 334], 1].mean())  # the brows
    left, right = float(marks[:468, 0].min()), float(marks[:468, 0].max())
    if side == "left":
        left = float(x)
    for start in rng.permutation(np.linspace(left, right, int(1.6 * width))):
        ends = (int(start), int(top - 0.12 * width)), (int(start + rng.normal(0, 0.03) * width), int(low))
        shade = colours[rng.integers(len(colours))] * rng.uniform(0.75, 1.2)
        thick = max(round(width / 90), 1)
        cv2.line(image, *ends, shade.clip(0, 255).tolist(), thick, cv2.LINE_AA)
        cv2.line(hangs, *ends, 1, thick)
    return face.replace(image=image), hangs.astype(bool)


FRINGES = [
    Head(seed=3, skin_tone=0.1, hair="long", hair_colour="black", light="frontal"),
    Head(seed=5, skin_tone=0.2, hair="long", hair_colour="blond", light="frontal"),
    Head(seed=6, skin_tone=0.5, hair="long", hair_colour="brown", age=60),
    Head(seed=8, skin_tone=0.3, hair="long", hair_colour="red"),
]


class TestHairOverTheForehead:
    """Electrodes were drawn over fringes, and symmetry smeared them."""

    @pytest.mark.parametrize("size", [224, 512])
    @pytest.mark.parametrize("head", FRINGES)
    def test_electrodes_tape_and_leads_are_under_it(self, head: Head, size: int) -> None:
        face, hangs = with_fringe(head, size)
        hair = cv2.erode(hangs.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        for known in ({}, {"tape": 1.0, "wires": 1.0}):
            drawn = changed_by("electrodes", face.replace(attributes=known))
            assert drawn.sum() > 100
            assert drawn[hair].sum() == 0
        worn = interventions.get("electrodes").apply(face, 1.0).attributes
        assert {f"F{number}" for number in range(1, 5)} <= set(worn["covered_electrodes"])
        assert {f"F{number}" for number in range(11, 21)} <= set(worn["visible_electrodes"])

    @pytest.mark.parametrize("hair", ["short", "tied", "bald"])
    @pytest.mark.parametrize("tone", [0.0, 0.5, 1.0])
    @pytest.mark.parametrize("light", ["studio", "side"])
    def test_a_bare_forehead_wears_all_of_them(self, hair: Any, tone: float, light: Any) -> None:
        head = Head(seed=7, skin_tone=tone, hair=hair, light=light, expression="happy")
        face = as_photograph(head)
        worn = interventions.get("electrodes").apply(face, 1.0).attributes
        assert {f"F{number}" for number in range(1, 21)} <= set(worn["visible_electrodes"])

    @pytest.mark.parametrize("head", FRINGES)
    def test_symmetry_doesnt_lay_it_over_the_other_half(self, head: Head) -> None:
        face, hangs = with_fringe(head, 512, side="left")
        bare = as_photograph(head, 512)
        change = interventions.get("symmetrise")
        mixed, wanted = (change.apply(one, 1.0).image.astype(int) for one in (face, bare))
        rows, columns = np.nonzero(hangs)
        x, width = float(face.landmarks[10, 0]), float(np.ptp(face.landmarks[:468, 0]))
        low, high = int(x - 0.3 * width), int(x - 0.1 * width)
        part = np.s_[int(face.landmarks[10, 1] + 0.02 * width) : rows.max(), low:high]
        assert columns.min() > high  # it hangs over the other half alone
        assert np.abs(mixed - wanted)[part].mean() < 8


class TestWhiteThings:
    """Their light is that of the whites of the eyes: behind dark lenses, electrodes and masks were black."""

    @pytest.mark.parametrize("tone", [0.0, 0.2])
    @pytest.mark.parametrize("name", ["electrodes", "mask"])
    def test_they_are_lighter_than_light_skin(self, tone: float, name: str) -> None:
        face = as_photograph(Head(seed=7, skin_tone=tone, hair="short", glasses=0.6, lens_tint=1.0))
        drawn = interventions.get(name).apply(face, 1.0).image
        nose = face.image[changed_by("mask", face)]  # what of the skin a mask covers
        changed = drawn[changed_by(name, face)].astype(float)
        assert np.quantile(changed, 0.8) > np.median(nose) - 5


class TestElectrodesTakenOff:
    """The network learnt rendered ones: on strangers' pictures stickers stayed, of which the face tells."""

    @pytest.mark.parametrize("tone", [0.1, 0.5, 0.9])
    @pytest.mark.parametrize("share", [0.3, 1.0])
    @pytest.mark.parametrize("method", ["network", "biharmonic"])
    def test_none_stays_that_the_picture_tells_of(self, tone: float, share: float, method: str) -> None:
        face = as_photograph(Head(seed=7, skin_tone=tone, hair="short", expression="happy"))
        worn = interventions.get("electrodes").apply(face, 1.0)
        pale = np.rint(face.image + share * (worn.image.astype(float) - face.image)).astype(np.uint8)
        worn = worn.replace(image=pale)
        bare = interventions.get("electrode_removal", method=method).apply(worn, 1.0)
        covers = known_mask(worn) > 0.5
        before, after = (np.abs(one.image.astype(float) - face.image)[covers].mean() for one in (worn, bare))
        assert after < max(0.25 * before, 7)
        assert bare.attributes["visible_electrodes"] == ()

    def test_half_of_it_are_the_upper_ones(self) -> None:
        face = as_photograph(Head(seed=7, skin_tone=0.5, hair="short"))
        worn = interventions.get("electrodes").apply(face, 1.0)
        worn = worn.replace(image=(face.image * 0.7 + worn.image * 0.3).astype(np.uint8))
        left = set(interventions.get("electrode_removal").apply(worn, 0.5).attributes["visible_electrodes"])
        assert left
        assert not left & {f"F{number}" for number in range(1, 5)}

    def test_rendered_heads_are_as_they_were(self) -> None:
        worn = Head(seed=7, electrodes="fridlund").render(224)
        assert (interventions.get("electrode_removal").apply(worn, 1.0).image == restore(worn).image).all()


class TestLight:
    """Shade looked like soot: sheen became grey, and ended in a line where the landmarks do."""

    @pytest.mark.parametrize("tone", [0.3, 0.6, 0.95])
    def test_shaded_skin_keeps_the_colour_of_skin(self, tone: float) -> None:
        head = Head(seed=4, skin_tone=tone, hair="bald", light="frontal")
        face = as_photograph(head, 320)
        shaded = interventions.get("light_direction", azimuth=75.0).apply(face, 1.0)
        before, after = face.image.astype(float), shaded.image.astype(float)
        dark = after.sum(axis=2) < 0.75 * before.sum(axis=2)
        dark &= changed_by("light_direction", face, azimuth=75.0)
        assert dark.sum() > 500

        grey = [
            float(np.quantile((one.min(axis=2) / one.max(axis=2))[dark], 0.95)) for one in (before, after)
        ]
        assert grey[1] < grey[0] + 0.02

    def test_it_goes_on_over_a_bald_head(self) -> None:
        face = as_photograph(Head(seed=4, skin_tone=0.3, hair="bald", light="frontal"), 320)
        shaded = interventions.get("light_direction", azimuth=75.0).apply(face, 1.0)
        before, after = (one.image.astype(float).sum(axis=2) for one in (face, shaded))
        (x, y), height = face.landmarks[103], float(np.ptp(face.landmarks[:468, 1]))
        inside, beyond = (
            (after / before)[int(y + step * height) - 2 : int(y + step * height) + 3, int(x) : int(x) + 5]
            for step in (0.06, -0.06)
        )
        assert inside.mean() < 0.85  # it is shaded
        assert beyond.mean() == pytest.approx(inside.mean(), abs=0.12)

    def test_overexposed_skin_is_refused(self) -> None:
        face = as_photograph(Head(seed=4, skin_tone=0.1, hair="bald", light="frontal"))
        burnt = face.replace(image=np.clip(face.image * 1.9, 0, 255).astype(np.uint8))
        for name in ("light_direction", "light_elevation", "light_softness"):
            assert interventions.get(name).accepts(face)
            with pytest.raises(BadValueError, match=r"\d % of the skin is overexposed"):
                interventions.get(name).apply(burnt, 1.0)


@pytest.mark.packages
@pytest.mark.parametrize("tone", [0.05, 0.95])
def test_at_strength_zero_every_change_leaves_the_picture_bit_for_bit(tone: float) -> None:
    face = as_photograph(Head(seed=2, skin_tone=tone, expression="happy", asymmetry=0.4, age=60), 160)
    offered = interventions.ordered(face)
    assert len(offered) > 20
    for change in offered:
        assert (change.apply(face, 0.0).image == face.image).all()
