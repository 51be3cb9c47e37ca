"""Emotion classifiers: loading, checking, reading."""

from __future__ import annotations

from facelib.classifiers.card import Card
from facelib.classifiers.catalogue import (
    CLASSIFIERS,
    available,
    get,
    load,
    names,
    read,
    register,
    table,
    why_unavailable,
)
from facelib.classifiers.checking import Check
from facelib.classifiers.classifier import Classifier, normalised_sigmoid, single_threaded, softmax
from facelib.classifiers.emotions import EMOTIONS, common
from facelib.classifiers.loaders.loaded import LOADERS
from facelib.classifiers.own import DeclarationWarning, LabelWarning, own
from facelib.classifiers.preparation import Preparation
from facelib.classifiers.presets import PRESETS, Preset, preset, preset_table
from facelib.classifiers.provenance import provenance
from facelib.utilities.lazy import listing

__all__ = [
    "CLASSIFIERS",
    "EMOTIONS",
    "LOADERS",
    "PRESETS",
    "Card",
    "Check",
    "Classifier",
    "DeclarationWarning",
    "LabelWarning",
    "Preparation",
    "Preset",
    "available",
    "common",
    "get",
    "load",
    "names",
    "normalised_sigmoid",
    "own",
    "preset",
    "preset_table",
    "provenance",
    "read",
    "register",
    "single_threaded",
    "softmax",
    "table",
    "why_unavailable",
]

__dir__ = listing(__all__)
