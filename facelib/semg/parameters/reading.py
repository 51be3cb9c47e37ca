"""Parameters of a face from files: CSV, TSV, Parquet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from facelib.errors import PATHS, check_kind
from facelib.semg.parameters.columns import Parameters, parameters_of
from facelib.semg.recordings.reading import read_table


def read_parameters(
    source: str | Path | bytes, *, name: str = "", groups: Mapping[str, Sequence[str]] | None = None
) -> Parameters:
    r"""Read the parameters of a face that another tool wrote, one row per frame.

    Parameters
    ----------
    source
        A file, or the bytes of one.
    name
        What the file is called; its ending gives the format: CSV, TSV (also ``.gz``) or Parquet. Needed for
        bytes.
    groups
        As for `facelib.semg.parameters_of`.

    Raises
    ------
    BadTableError
        If the file isn't there, is too large or can't be read; or as `parameters_of`.
    BadValueError
        As `parameters_of`.

    Examples
    --------
    >>> text = "frame, AU01_r, AU12_r, AU12_c\n1, 0.0, 1.5, 1\n2, 0.1, 2.5, 1\n".encode()
    >>> found = read_parameters(text, name="anna.csv")
    >>> found.tool, dict(found.groups), found.units.tolist()
    ('openface', {'action units': ('AU01_r', 'AU12_r')}, [[0.0, 1.5], [0.1, 2.5]])
    """
    check_kind(source, (*PATHS, bytes), "A path, or the bytes of a file,")
    return parameters_of(read_table(source, name), groups)
