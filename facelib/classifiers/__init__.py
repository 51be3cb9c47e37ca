"""Emotion classifiers: loading, checking, reading."""

from __future__ import annotations

from facelib.classifiers.alignment import five_points
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
    unregister,
    why_unavailable,
)
from facelib.classifiers.classifier import Classifier, softmax
from facelib.classifiers.emotions import EMOTIONS, common
from facelib.classifiers.own import DeclarationWarning, LabelWarning, own
from facelib.classifiers.preparation import Preparation
from facelib.classifiers.presets import preset, preset_table
from facelib.classifiers.provenance import provenance
from facelib.classifiers.scales import Scale
from facelib.classifiers.self_tests import self_test
from facelib.classifiers.tables.scores import ScoreTable, from_table
from facelib.utilities.lazy import listing

__all__ = [
    "CLASSIFIERS",
    "EMOTIONS",
    "Card",
    "Classifier",
    "DeclarationWarning",
    "LabelWarning",
    "Preparation",
    "Scale",
    "ScoreTable",
    "available",
    "common",
    "five_points",
    "from_table",
    "get",
    "load",
    "names",
    "own",
    "preset",
    "preset_table",
    "provenance",
    "read",
    "register",
    "self_test",
    "softmax",
    "table",
    "unregister",
    "why_unavailable",
]

__dir__ = listing(__all__)
