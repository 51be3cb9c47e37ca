"""`facelib doctor`: what works on this machine and what doesn't, each with its remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from facelib.cli.doctor import installed, machine
from facelib.cli.doctor.finding import Finding

MARKS: Final = {"ok": "ok", "note": "note", "problem": "PROBLEM"}

CHECKS: Final[dict[str, Callable[[], Iterable[Finding]]]] = {
    "Python": installed.python,
    "packages": installed.packages,
    "model packages": installed.model_packages,
    "classifiers": installed.classifiers,
    "page": installed.page,
    "compiled code": machine.compiled,
    "processor and memory": machine.processor,
    "graphics card": machine.devices,
    "settings": machine.settings,
    "disk": machine.disk,
    "port": machine.port,
    "other programs": machine.programs,
    "a face": installed.trial,
}
"""What is looked at, in this order."""


@dataclass(frozen=True)
class Examination:
    """What was found.

    Attributes
    ----------
    findings
        In the order in which they were looked at.
    """

    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Whether there is no problem."""
        return not any(finding.state == "problem" for finding in self.findings)

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data, for programs."""
        return {"sound": self.sound, "findings": [asdict(finding) for finding in self.findings]}

    def __str__(self) -> str:
        """Return it as lines of text; what is fine stands in one line a subject."""
        return "\n".join([*lines(self.findings), self.verdict])

    @property
    def verdict(self) -> str:
        """Say in a sentence how it is."""
        problems = sum(finding.state == "problem" for finding in self.findings)
        if not problems:
            return "facelib works on this machine."
        return f"{problems} problem{'' if problems == 1 else 's'}; what to do stands after each →."


def examine(checks: Sequence[str] | None = None) -> Examination:
    """Look at everything, and return what was found.

    Parameters
    ----------
    checks
        Names out of `CHECKS`; None: all.
    """
    return Examination(tuple(found(checks)))


def found(checks: Sequence[str] | None = None) -> Iterator[Finding]:
    """Give what is found, one after the other: some take seconds."""
    for name in CHECKS if checks is None else checks:
        try:
            yield from CHECKS[name]()
        except Exception as error:  # a machine can be broken in any way
            yield Finding(
                name,
                "problem",
                f"This couldn't be looked at: {type(error).__name__}: {error}",
                "Please report this line.",
            )


def lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Give lines of text: state, subject, what was found; below it the remedy."""
    for finding in findings:
        yield f"{MARKS[finding.state]:<8}{finding.subject}: {finding.says}"
        if finding.remedy:
            yield f"{'':<8}→ {finding.remedy}"
