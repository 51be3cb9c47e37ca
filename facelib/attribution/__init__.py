"""Attribution: where a classifier sees evidence, raw and on one scale along a sweep.

Class activation maps read its layers; occlusion and RISE hide parts of the picture, for any classifier.
"""

from __future__ import annotations

from facelib.attribution.cam import METHODS, grad_cam, grad_cam_from
from facelib.attribution.overlay import overlay, project, shared_scale
from facelib.attribution.perturbation import maps_price, occlusion, rise
from facelib.attribution.regions import region_evidence, region_shares
from facelib.attribution.rollout import attention_rollout
from facelib.utilities.lazy import listing

__all__ = [
    "METHODS",
    "attention_rollout",
    "grad_cam",
    "grad_cam_from",
    "maps_price",
    "occlusion",
    "overlay",
    "project",
    "region_evidence",
    "region_shares",
    "rise",
    "shared_scale",
]

__dir__ = listing(__all__)
