"""Attribution: class activation maps of a classifier, raw and on one scale along a sweep."""

from __future__ import annotations

from facelib.attribution.cam import METHODS, grad_cam, grad_cam_from
from facelib.attribution.overlay import overlay, project, shared_scale
from facelib.attribution.regions import region_evidence, region_shares
from facelib.attribution.rollout import attention_rollout
from facelib.utilities.lazy import listing

__all__ = [
    "METHODS",
    "attention_rollout",
    "grad_cam",
    "grad_cam_from",
    "overlay",
    "project",
    "region_evidence",
    "region_shares",
    "shared_scale",
]

__dir__ = listing(__all__)
