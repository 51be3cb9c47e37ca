"""Emotion classifiers: what is studied."""

from __future__ import annotations

from facelib.classifiers.card import Card
from facelib.classifiers.catalogue import CLASSIFIERS, available, load, register, why_unavailable
from facelib.classifiers.classifier import Classifier, normalised_sigmoid, single_threaded, softmax
from facelib.classifiers.emotions import EMOTIONS, common
from facelib.classifiers.loaders import LOADERS
from facelib.classifiers.own import LabelWarning, own
from facelib.classifiers.preparation import Preparation

__all__ = [
    "CLASSIFIERS",
    "EMOTIONS",
    "LOADERS",
    "Card",
    "Classifier",
    "LabelWarning",
    "Preparation",
    "available",
    "common",
    "load",
    "normalised_sigmoid",
    "own",
    "register",
    "single_threaded",
    "softmax",
    "why_unavailable",
]
