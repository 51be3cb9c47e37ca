"""Readers of networks that come from outside, one file per kind."""

from __future__ import annotations

from facelib.classifiers.loaders import graphs, module, state_dict, torchscript, transformers  # noqa: F401
