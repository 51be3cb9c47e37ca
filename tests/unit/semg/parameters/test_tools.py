"""Columns are recognised by their tools' names, in the order of their numbers, and nobody else's are."""

from __future__ import annotations

import re

import pytest

from facelib.errors import BadTableError, UnknownNameError
from facelib.head.expressions import FACE_UNITS
from facelib.semg import tool_table
from facelib.semg.parameters.tools import TOOL_COLUMNS, TOOLS, check_shown, recognised, whose

SMIRK = [f"{array}_{n}" for array, k in (("expression_params", 50), ("jaw_params", 3)) for n in range(k)]
DECA = [f"exp_{n}" for n in range(50)] + [f"pose_{n}" for n in range(6)] + [f"shape_{n}" for n in range(100)]


@pytest.mark.parametrize(
    ("names", "tool", "sizes"),
    [
        ([*SMIRK, "eyelid_params_0", "eyelid_params_1", "pose_params_0", "cam_0"], "smirk", (50, 3, 2)),
        (SMIRK, "smirk", (50, 3)),
        (DECA, "deca", (50, 3)),
        ([f"expcode[{n}]" for n in range(50)] + [f"posecode[{n}]" for n in range(6)], "emoca", (50, 3)),
        (["AU01_r", "AU45_r", "AU45_c", "gaze_0_x", "pose_Rx", "x_0", "x_1"], "openface", (2,)),
        (["AU01", "AU43", "Pitch", "x_0", "x_1", "Identity_1", "Identity_2", "Happy"], "pyfeat", (2,)),
        ([*FACE_UNITS, "_neutral"], "arkit", (5, 3, 14, 4, 23, 2, 1)),
    ],
)
def test_tools_are_recognised_with_their_groups(names: list[str], tool: str, sizes: tuple[int, ...]) -> None:
    found = recognised(names)
    assert found is not None
    assert found.id == tool
    assert tuple(len(part) for part in found.among(names).values()) == sizes


@pytest.mark.parametrize("first", [0, 1])
def test_the_jaw_of_deca_is_the_second_half_of_its_pose(first: int) -> None:
    """Three numbers of the head's rotation come before it; counted from 0 or from 1, in any order."""
    pose = [f"pose{n}" for n in range(first, first + 6)]
    names = [*reversed(pose), f"exp{first}", f"exp{first + 1}"]
    assert TOOLS["deca"].among(names)["jaw"] == tuple(pose[3:])


def test_numbers_are_put_in_order_not_letters() -> None:
    names = [f"expression_params_{n}" for n in (10, 2, 0, 1)]
    assert TOOLS["smirk"].among(names) == {
        "expression": tuple(f"expression_params_{n}" for n in (0, 1, 2, 10))
    }


def test_other_columns_are_nobodys() -> None:
    assert recognised(["x", "y", "exp", "exp_1", "AU1", "jaw"]) is None
    assert whose(["x", "y"]) == "parameters of your own"


def test_tools_side_by_side_are_told_by_hand() -> None:
    with pytest.raises(BadTableError, match="SMIRK and OpenFace"):
        recognised([*SMIRK, "AU01_r", "AU02_r"])


def test_what_no_head_can_do_is_not_shown() -> None:
    check_shown(FACE_UNITS)
    with pytest.raises(
        UnknownNameError, match=r"parameters of FLAME \(SMIRK\)\. The head moves by face units"
    ):
        check_shown(SMIRK)
    with pytest.raises(UnknownNameError, match="action units"):
        check_shown(["AU01_r", "AU02_r"])


def test_every_entry_has_its_source() -> None:
    table = tool_table()
    assert list(table.columns) == list(TOOL_COLUMNS)
    assert set(table["tool"]) == {"arkit", "smirk", "deca", "emoca", "openface", "pyfeat"}
    assert all(
        re.match(r"https://(github\.com|developer\.apple\.com)/", source) for source in table["source"]
    )
