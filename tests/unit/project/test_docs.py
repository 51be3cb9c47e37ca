"""What the documentation points to is there, what it names exists, and nothing of the old README was lost."""

from __future__ import annotations

import doctest
import importlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import typer
import yaml

import facelib
from facelib.cli.main import app
from facelib.utilities.distribution import DISTRIBUTION, distribution_version

ROOT = Path(__file__).parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "data" / "README.md"])
LONGEST_README = 150
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
IN_REPOSITORY = re.compile(
    r"`((?:\.github|benchmarks|data|docs|facelib|notebooks|research|tests)/[\w./-]*\w|\w+\.(?:md|cff))`"
)
ROOMS = tuple(sorted(path.parent.name for path in (ROOT / "facelib").glob("*/__init__.py")))
DOTTED = re.compile(rf"`(?:facelib\.)?((?:{'|'.join(ROOMS)})(?:\.\w+)+)")
IN_ROOM = re.compile(rf"`((?:{'|'.join(ROOMS)})/[\w./-]*\w)")
VARIABLES = ("faces.", "head.")  # examples call a head and faces so; of the rooms they say `facelib.`
COMMAND = re.compile(r"`facelib\s+([a-z][^`]*)`")
CODE = re.compile(r"```.*?```", re.DOTALL)


def ids(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def anchors(page: Path) -> set[str]:
    """Return what a link may jump to, as forges make it of headings."""
    found = set()
    for heading in re.findall(r"(?m)^#+ (.+)$", CODE.sub("", page.read_text(encoding="utf-8"))):
        plain = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
        found.add(plain.strip().replace(" ", "-"))
    return found


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_links_lead_somewhere(page: Path) -> None:
    text = CODE.sub("", page.read_text(encoding="utf-8"))
    for target in LINK.findall(text):
        assert "://" not in target, f"{target}: the documentation stands by itself"
        name, _, anchor = target.partition("#")
        there = (page.parent / name).resolve() if name else page
        assert there.exists(), f"{target} isn't there"
        assert there.is_relative_to(ROOT), target
        if anchor:
            assert anchor in anchors(there), f"{target}: no such heading"


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_files_that_are_named_are_there(page: Path) -> None:
    for name in IN_REPOSITORY.findall(page.read_text(encoding="utf-8")):
        assert (ROOT / name).exists(), name
    for name in IN_ROOM.findall(page.read_text(encoding="utf-8")):
        assert (ROOT / "facelib" / name).exists(), name


def test_every_page_is_listed_and_can_be_reached_from_the_readme() -> None:
    seen, ahead = set(), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in seen:
            continue
        seen.add(page)
        targets = LINK.findall(CODE.sub("", page.read_text(encoding="utf-8")))
        ahead += [(page.parent / name.partition("#")[0]).resolve() for name in targets if ".md" in name]
    assert set(PAGES) <= seen


def exists(dotted: str) -> bool:
    """Return whether facelib has a name: of a module, or of something in it."""
    parts = dotted.split(".")
    found: Any = facelib
    for place, part in enumerate(parts):
        if not hasattr(found, part):
            try:
                importlib.import_module(".".join(["facelib", *parts[: place + 1]]))
            except ImportError:
                return False
        found = getattr(found, part)
    return True


@pytest.mark.parametrize("page", [p for p in PAGES if p.name != "CHANGELOG.md"], ids=ids)
def test_names_of_facelib_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    names = {name for name in DOTTED.findall(text) if not name.endswith((".py", ".csv", ".ipynb", ".md"))}
    inside = re.findall(rf"(?<![\w./])(?:facelib\.)?((?:{'|'.join(ROOMS)})\.\w+)(?=[(.\[])", text)
    names = {
        name for name in names | set(inside) if f"facelib.{name}" in text or not name.startswith(VARIABLES)
    }
    for name in sorted(names):
        assert exists(name), f"facelib.{name} doesn't exist"


@pytest.mark.thorough
@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_commands_that_are_named_exist(page: Path) -> None:
    commands: Any = typer.main.get_command(app)
    for line in COMMAND.findall(page.read_text(encoding="utf-8")):
        first, *words = line.split()
        assert first in commands.commands, line
        one, group = commands.commands[first], getattr(commands.commands[first], "commands", {})
        if group and words:
            assert words[0] in group, line
            one = group[words[0]]
        options = {name for option in one.params for name in (*option.opts, *option.secondary_opts)}
        assert {word for word in words if word.startswith("--")} <= {*options, "--help"}, line


def test_the_readme_is_short_and_says_what_it_must() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_README
    for word in (
        "make app",
        "make test",
        DISTRIBUTION,
        "not for diagnosis",
        "conda env create",
        "facelib.sweep(",
    ):
        assert word in text, word


def test_contributing_and_the_picture_know_every_room() -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = re.findall(r"(?m)^\| `(\w+)` \| .* \| `make quick ROOM=(\w+)", guide)
    assert [room for room, _ in table] == [command for _, command in table]
    assert sorted(room for room, _ in table) == list(ROOMS)
    picture = ElementTree.parse(ROOT / "docs" / "architecture.svg")
    words = {element.text for element in picture.iter() if element.tag.endswith("}text")}
    assert set(ROOMS) <= words


def test_the_picture_is_what_its_script_draws(tmp_path: Path) -> None:
    script = tmp_path / "draw_house.py"
    script.write_text((ROOT / "docs" / "draw_house.py").read_text(encoding="utf-8"), encoding="utf-8")
    subprocess.run([sys.executable, str(script)], check=True)
    assert (tmp_path / "architecture.svg").read_text() == (ROOT / "docs" / "architecture.svg").read_text()


def examples() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for text in re.findall(r"```pycon\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            if page.parent.name != "data":  # these need a folder of pictures; test_face_set makes it
                yield ids(page), text


@pytest.mark.parametrize(("page", "text"), list(examples()))
def test_examples_print_what_stands_below_them(page: str, text: str) -> None:
    found = doctest.DocTestParser().get_doctest(text, {}, page, None, None)
    assert doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(found).failed == 0


@pytest.mark.packages
def test_the_five_lines_of_the_readme_say_what_moves() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    *lines, last = text.partition("```python\n")[2].partition("```")[0].splitlines()
    names: dict[str, Any] = {}
    exec("\n".join(lines), names)
    effects = eval(last, names)
    assert list(effects["classifier"].unique()) == ["fer", "facex"]
    assert effects["sentence"].str.contains("output for happy").all()


def test_what_you_see_is_made_where_the_table_says() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    part = text.partition("## What you see, and where it is made")[2].partition("\n## ")[0]
    rows = re.findall(r"(?m)^\| (?!what you see|---)(.+?) \| (.+) \|$", part)
    assert len(rows) >= 20
    for seen, made in rows:
        paths = re.findall(r"`([\w./-]+)`", made)
        assert paths, seen
        for path in paths:
            assert (ROOT / path).exists(), f"{seen}: {path} isn't there"


def test_the_glossary_has_each_word_once_in_order() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    words = re.findall(r"(?m)^\| \*(.+?)\* \|", text)
    assert words == sorted(set(words), key=str.lower)
    assert len(words) >= 25
    for word in ("activation", "placebo", "harmless change", "margin δ", "equivalence", "verdict"):
        assert word in words


USED_IN_ANOTHER_SESSION = """
import facelib
from facelib import classifiers
assert "small" in classifiers.available()
small = classifiers.load("small")
assert list(small.labels) == ["neutral", "happy", "sad"]
result = facelib.studies.open_study("runs/small")
assert set(result.effects["classifier"]) == {"small", "known_unbiased"}
assert set(result.effects["verdict"]) == {"cannot tell"}
"""


@pytest.mark.thorough  # 18 s; own classifiers have tests of their own
def test_a_classifier_of_ones_own_runs_as_the_page_shows_it(tmp_path: Path) -> None:
    """Module, registration, check, reading, a study of two people, and another session by an entry point."""
    page = (ROOT / "docs" / "own.md").read_text(encoding="utf-8").partition("## A classifier\n")[2]
    module, *cells = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    shown = tomllib.loads(re.findall(r"```toml\n(.*?)```", page, re.DOTALL)[0])
    start = 'import facelib\nhead = facelib.Head(expression="happy")\n'
    seen = (
        '\nassert "no better than chance" in str(checked)\nassert one["probability"].sum().round(3) == 1\n'
        "assert len(along.strengths) == 3\nassert found.complete and len(table) == 28\n"
    )
    (tmp_path / "my_package.py").write_text(module, encoding="utf-8")
    (tmp_path / "page.py").write_text("\n".join([start, module, *cells, seen]), encoding="utf-8")
    for name, code in (("page.py", ""), ("again.py", USED_IN_ANOTHER_SESSION)):
        if code:
            about = tmp_path / "my_package-1.0.dist-info"
            about.mkdir()
            (about / "METADATA").write_text("Metadata-Version: 2.1\nName: my-package\nVersion: 1.0\n")
            points = [
                f"[{group}]\n" + "\n".join(f"{key} = {value}" for key, value in entries.items())
                for group, entries in shown["project"]["entry-points"].items()
            ]
            (about / "entry_points.txt").write_text("\n".join(points))
            (tmp_path / name).write_text(code, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-W", "error", name],
            capture_output=True, text=True, cwd=tmp_path, check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]


def test_entry_points_that_are_shown_are_looked_for() -> None:
    shown = set()
    for page in PAGES:
        for text in re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            shown |= set(tomllib.loads(text)["project"]["entry-points"])
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "facelib").rglob("*.py"))
    assert len(shown) == 4
    for group in shown:
        assert f'"{group}"' in code, group


def test_citation_and_changelog_know_the_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (citation["version"], citation["license"]) == (distribution_version(), project["license"])
    assert citation["authors"] == project["authors"]
    assert {paper["title"] for paper in citation["references"]} == {
        "The Power of Properties",
        "Facing Asymmetry",
    }
    headings = re.findall(r"(?m)^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert headings[0] == "Unreleased"
    assert distribution_version() in headings


def test_the_workflow_tries_the_pythons_that_the_package_names() -> None:
    flow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8"))
    tried = flow["jobs"]["test"]["strategy"]["matrix"]["python"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = re.findall(r"Python :: (3\.\d+)", " ".join(project["classifiers"]))
    assert tried == named
    assert project["requires-python"] == f">={tried[0]}"


def test_hooks_and_templates_are_read_and_fetch_nothing() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert {repository["repo"] for repository in hooks} == {"local"}
    assert [hook["id"] for hook in hooks[0]["hooks"]] == ["ruff", "ruff-format", "nbstripout"]
    for template in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"):
        form = yaml.safe_load(template.read_text(encoding="utf-8"))
        assert {"name", "description", "body"} <= set(form), template.name
