"""The networks of the classifiers, written out in torch; batch normalisation is folded into the convolutions.

Each network has a `body` (prepared pictures to the feature map that Grad-CAM reads) and a `head` (feature map
to logits).
"""

from __future__ import annotations

from facelib.classifiers.networks.convolutional import FiveConvolutions, FourConvolutions
from facelib.classifiers.networks.densenet import DenseBlocks
from facelib.classifiers.networks.mobilenet import MobileNetV2
from facelib.classifiers.networks.network import Network
from facelib.classifiers.networks.small import SmallConvolutions
from facelib.classifiers.networks.xception import Xception
from facelib.utilities.lazy import listing

__all__ = [
    "DenseBlocks",
    "FiveConvolutions",
    "FourConvolutions",
    "MobileNetV2",
    "Network",
    "SmallConvolutions",
    "Xception",
]

__dir__ = listing(__all__)
