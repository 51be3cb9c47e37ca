"""`facelib study …`: plan, run, report and status of studies that are declared in a file."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, cast

import typer

from facelib.errors import UnavailableError
from facelib.utilities.distribution import with_extra
from facelib.utilities.wording import with_article

if TYPE_CHECKING:
    from facelib.studies.declared.declaration import Declaration
    from facelib.studies.engine.execution import Progress
    from facelib.studies.results import Result
    from facelib.studies.study import Study

INTERRUPTED: Final = 130
"""Exit code after Ctrl-C, as shells have it."""

EVERY: Final = 30.0
"""Seconds between lines of progress where nobody looks on: a log, a cluster."""

PATIENCE: Final = 10.0
"""Seconds for a cluster to answer."""

DECLARED: Final = "declaration.json"
SHOWN: Final = 5  # failures

app = typer.Typer(
    help="Studies that are declared in a file (docs/study.yml shows how).", no_args_is_help=True
)

PlanFile = Annotated[Path, typer.Argument(help="The file that declares the study, in YAML.")]
Folder = Annotated[Path, typer.Argument(help="Folder of a study that was run.")]
Where = Annotated[Path | None, typer.Option("--store", help="Folder of the study; runs/<name of the file>.")]
Jobs = Annotated[int | None, typer.Option("--jobs", help="Processes; one a core.")]
Dask = Annotated[str | None, typer.Option("--dask", help="Run on a cluster: its scheduler, tcp://host:8786.")]
ReadsOn = Annotated[
    str | None, typer.Option("--device", help="Where classifiers read: auto, cpu, cuda, cuda:1, mps.")
]
Retry = Annotated[bool, typer.Option("--retry", help="Do again what failed before.")]
Recompute = Annotated[
    bool,
    typer.Option(
        "--recompute", help="Compute all of it anew, whatever is there; that is kept in a folder within."
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Start without asking.")]
Out = Annotated[Path | None, typer.Option(help="The file to write; report.html in the study's folder.")]
Also = Annotated[Path | None, typer.Option("--export", help="A folder for figures and tables besides.")]


@app.command("plan")
def show_plan(plan: PlanFile, store: Where = None, device: ReadsOn = None) -> None:
    """Show what a study will do: how many pictures, how many of them are done, how much disk it needs."""
    study = _on(_declared(plan).study(), device)
    typer.echo(study.plan(_folder(plan, store)))


@app.command()
def run(
    plan: PlanFile,
    store: Where = None,
    jobs: Jobs = None,
    dask: Dask = None,
    device: ReadsOn = None,
    *,
    retry: Retry = False,
    recompute: Recompute = False,
    yes: Yes = False,
) -> None:
    """Run a study, or go on with it; Ctrl-C ends it, and what is done is kept."""
    from facelib.app.server.launch import environment

    with environment({"PYTHONSAFEPATH": "1"}):  # workers take no module from the folder of a stranger's study
        _run_declared(plan, store, jobs, dask, device, retry=retry, recompute=recompute, yes=yes)


def _run_declared(
    plan: Path,
    store: Path | None,
    jobs: int | None,
    dask: str | None,
    device: str | None,
    *,
    retry: bool,
    recompute: bool,
    yes: bool,
) -> None:
    from facelib.errors import Cancelled
    from facelib.studies import StoreError

    folder = _folder(plan, store)
    declared = _declared(plan)
    again = _command(plan, store, jobs, dask, device)
    try:
        study = _on(declared.study(), device)
        with _cluster(dask):
            planned = study.plan(folder)
            if planned.refused and not recompute:
                raise StoreError(planned.refused)
            typer.echo(planned)
            _check_folder(folder, declared)
            if not yes and sys.stdin.isatty():
                typer.confirm("Start?", default=True, abort=True)
            result = _run(study, declared, folder, jobs, retry=retry, recompute=recompute)
    except (KeyboardInterrupt, Cancelled) as ended:
        stopped = isinstance(ended, Cancelled)
        words = str(ended) if stopped else f"Stopped. What is done is kept in {folder}; run again to go on."
        typer.echo(f"\n{words}\n  {again}", err=True)
        raise typer.Exit(INTERRUPTED) from None
    _tell(result)
    typer.echo(f"The report: facelib study report {_quoted(folder)}")


@app.command()
def report(store: Folder, out: Out = None, export: Also = None) -> None:
    """Write the report of a study as one HTML file that can be read offline and printed."""
    from facelib.studies import open_study

    result = open_study(store)
    try:
        path = result.report(out or store.expanduser() / "report.html")
        typer.echo(f"The report is in {path}.")
        if export is not None:
            typer.echo(f"Figures and tables are in {result.export(export)}.")
    except KeyboardInterrupt:
        typer.echo("\nStopped; the study itself is as it was.", err=True)
        raise typer.Exit(INTERRUPTED) from None


@app.command()
def status(store: Folder) -> None:
    """Show how far a study is, what failed, and what was changed after its hypothesis was set."""
    from facelib.models import size
    from facelib.studies import open_study

    result = open_study(store)
    name = result.settings.get("name") or Path(store).name
    typer.echo(f"{name}: {with_article(result.kind)} study of {result.settings['faces']}.")
    _tell(result)
    weight = sum(path.stat().st_size for path in result.store.rglob("*") if path.is_file())
    typer.echo(f"On disk: {size(weight)} in {result.store}.")
    for number, one in enumerate(result.provenance.get("runs", []), start=1):
        typer.echo(f"Run {number}: {one['begun']} to {one['ended'] or 'an end that nobody noted'}.")


@app.command()
def verify(store: Folder) -> None:
    """Compare every file with its checksum, and count the rows; ends with 1 if any are damaged or missing."""
    from facelib.studies import verify as verify_study

    found = verify_study(store)
    typer.echo(found)
    if not found.sound:
        raise typer.Exit(1)


def _run(
    study: Study[Any], declared: Declaration, folder: Path, jobs: int | None, *, retry: bool, recompute: bool
) -> Result:
    """Run the study with progress, and its tests."""
    from facelib.studies.engine.store import Store
    from facelib.studies.results import ObservationalResult

    kept = Store(folder)
    with kept.writing():  # not while another run does
        kept.save(DECLARED, declared.content)
    show = True if sys.stderr.isatty() else _Lines()
    result: Result = study.run(folder, progress=show, n_jobs=jobs, retry=retry, recompute=recompute)
    if isinstance(result, ObservationalResult) and not result.tested:
        typer.echo("The tests:", err=True)
        result.test(progress=sys.stderr.isatty())
    return result


def _declared(plan: Path) -> Declaration:
    from facelib.studies import load_declaration

    return load_declaration(plan)


def _on(study: Study[Any], device: str | None) -> Study[Any]:
    """Return a study that reads where the command says, whatever its file says."""
    from dataclasses import replace

    from facelib.models.devices import as_device

    if device is None:
        return study
    as_device(device)  # one that isn't there is refused before anything else
    moved: Study[Any] = replace(cast("Any", study), device=device)
    return moved


def _folder(plan: Path, store: Path | None) -> Path:
    return (store or Path("runs") / plan.stem).expanduser()


def _command(plan: Path, store: Path | None, jobs: int | None, dask: str | None, device: str | None) -> str:
    """Return the command that goes on with a run."""
    words = ["facelib study run", _quoted(plan)]
    for name, value in (("--store", store), ("--jobs", jobs), ("--dask", dask), ("--device", device)):
        words += [name, _quoted(value)] if value is not None else []
    return " ".join(words)


def _quoted(value: object) -> str:
    import shlex

    return shlex.quote(str(value))


@contextmanager
def _cluster(address: str | None) -> Iterator[None]:
    """Let joblib use a Dask cluster, if one is named."""
    if address is None:
        yield
        return
    import joblib

    try:
        from distributed import Client
    except ImportError:
        package = with_extra("dask")
        msg = f"Dask isn't installed here: python -m pip install '{package}', here and on the cluster."
        raise UnavailableError(msg) from None
    try:
        client: Any = Client(address, timeout=PATIENCE)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        msg = f"No Dask scheduler answers at {address} within {PATIENCE:.0f} s ({error})."
        raise UnavailableError(msg) from error
    with client, joblib.parallel_config(backend="dask"):
        yield


def _check_folder(folder: Path, declared: Declaration) -> None:
    """Say so if the folder holds a study that was declared in another way."""
    from facelib.studies.engine.store import Store

    if not (folder / DECLARED).is_file():
        return
    before, now = Store(folder).load(DECLARED), dict(declared.content)
    names = sorted({*before, *now} - {"hypothesis"})
    changed = [name for name in names if before.get(name) != _as_json(now.get(name))]
    if changed:
        typer.echo(
            f"{folder} holds a study that was declared otherwise ({', '.join(changed)}). What both have in "
            "common is kept, the rest is done anew; for another study choose another folder by --store."
        )


def _as_json(value: Any) -> Any:
    import json

    return json.loads(json.dumps(value))


def _tell(result: Result) -> None:
    """Say how far a study is, what failed, and what was changed after its hypothesis was set."""
    from facelib.studies.counts import unchanged
    from facelib.studies.declared.registration import later_changes

    counts, failures = result.counts, result.failures
    if not counts.missing:  # else its notes say how far it is
        what = "faces" if unchanged(result.settings) else "faces × changes"
        typer.echo(f"{counts.done:,} of {counts.total:,} {what} are done{counts.others}.")
    if len(failures):
        typer.echo(f"{counts.failed:,} failed; --retry does them again. The first of them:")
        for row in failures.head(SHOWN).itertuples():
            where = ", ".join(filter(None, (str(row.face), str(row.intervention), str(row.classifier))))
            typer.echo(f"  {where}: {row.error}")
    for sentence in (*result.notes, *later_changes(result.store, result.settings)):
        typer.echo(sentence)


class _Lines:
    """Writes progress as lines, one in half a minute, and the last."""

    def __init__(self) -> None:
        self.last = -EVERY

    def __call__(self, at: Progress) -> None:
        now = time.monotonic()
        if now - self.last >= EVERY or at.done == at.total:
            self.last = now
            typer.echo(str(at), err=True)
