"""Inspect untrusted HDF5 files: no link out of them is followed, and no size they claim is trusted."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager

import h5py
import numpy as np
import numpy.typing as npt

from facelib.errors import BadModelError
from facelib.utilities.content import LARGEST_GROWTH, SMALL

_FILTERS = frozenset({h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32})
"""Filters of HDF5's own; others are programs that are looked for on the disk."""


class Hdf5:
    """An open file that arrays and texts are read from.

    Parameters
    ----------
    file
        The open file.
    size
        Bytes that it has; what is read out of it may not be much more, all in all.
    """

    def __init__(self, file: h5py.File, size: int) -> None:
        self.root = file
        self._left = max(SMALL, LARGEST_GROWTH * size)

    def group(self, parent: h5py.Group, path: str) -> h5py.Group:
        """Return a group within `parent`, names separated by "/"."""
        found = self._follow(parent, path)
        if not isinstance(found, h5py.Group):
            msg = f"{path} is no group"
            raise BadModelError(msg)
        return found

    def array(self, parent: h5py.Group, path: str) -> npt.NDArray[np.float32]:
        """Return a dataset of numbers within `parent`."""
        dataset = self._follow(parent, path)
        if not isinstance(dataset, h5py.Dataset) or dataset.dtype.kind not in "fiu":
            msg = f"{path} is no table of numbers"
            raise BadModelError(msg)
        if dataset.external or dataset.is_virtual:
            msg = f"{path} is kept in another file, which isn't read"
            raise BadModelError(msg)
        plan = dataset.id.get_create_plist()
        if not {plan.get_filter(number)[0] for number in range(plan.get_nfilters())} <= _FILTERS:
            msg = f"{path} is packed by a filter that isn't HDF5's own"
            raise BadModelError(msg)
        size = math.prod(dataset.shape) * dataset.dtype.itemsize  # numpy's product would overflow
        self._take(size, path)
        chunk = math.prod(dataset.chunks or ()) * dataset.dtype.itemsize
        if chunk > max(SMALL, 2 * size):
            msg = f"{path} claims pieces of {chunk} bytes"
            raise BadModelError(msg)
        return np.asarray(dataset, np.float32)

    def texts(self, owner: h5py.Group, name: str) -> list[str]:
        """Return an attribute of texts, which Keras writes as ``name0``, ``name1`` … where it is long."""
        names = [name] if name in owner.attrs else []
        while f"{name}{len(names)}" in owner.attrs:
            names.append(f"{name}{len(names)}")
        values: list[str] = []
        for attribute in names:
            stored = owner.attrs.get_id(attribute)
            self._take(math.prod(stored.shape) * stored.dtype.itemsize, attribute)
            values += [as_text(text) for text in np.atleast_1d(owner.attrs[attribute])]
        return values

    def _follow(self, parent: h5py.Group, path: str) -> h5py.HLObject:
        node: h5py.HLObject = parent
        for part in path.split("/"):
            if not isinstance(node, h5py.Group) or part in {"", "."} or part not in node:
                msg = f"{path} is missing"
                raise BadModelError(msg)
            if not isinstance(node.get(part, getlink=True), h5py.HardLink):
                msg = f"{path} points elsewhere, which isn't followed"
                raise BadModelError(msg)
            node = node[part]
        return node

    def _take(self, size: int, path: str) -> None:
        self._left -= size
        if self._left < 0:
            msg = f"{path} claims {size} bytes, far more than the file has"
            raise BadModelError(msg)


@contextmanager
def opened(content: bytes, name: str) -> Iterator[Hdf5]:
    """Open a file in memory; every error becomes a `BadModelError` with its name."""
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            yield Hdf5(file, len(content))
    except Exception as error:  # HDF5 reports damage by a dozen kinds of errors
        msg = f"{name} can't be read as an HDF5 file of Keras: {error}"
        raise BadModelError(msg) from error


def as_text(value: object) -> str:
    """Return a text that HDF5 may keep as bytes."""
    return value.decode() if isinstance(value, bytes) else str(value)
