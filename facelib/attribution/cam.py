"""Class activation maps from the features of a classifier: raw, so that the frames of a sweep compare."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from facelib.classifiers import EMOTIONS, Classifier
from facelib.classifiers.emotions import shortened
from facelib.errors import BadValueError, UnavailableError, UnknownNameError, check_kind

Maps = npt.NDArray[np.float32]

METHODS: Mapping[str, str] = MappingProxyType(
    {
        "gradcam": "Grad-CAM",
        "hirescam": "HiResCAM",
        "gradcam++": "Grad-CAM++",
        "xgradcam": "XGrad-CAM",
        "layercam": "LayerCAM",
        "eigencam": "Eigen-CAM (not about one class)",
        "eigengradcam": "Eigen-Grad-CAM",
    }
)
"""Id and name in menus of every method; Grad-CAM is our own, the others are those of the package grad-cam."""

_CLASSES = MappingProxyType(
    {
        "hirescam": "HiResCAM",
        "gradcam++": "GradCAMPlusPlus",
        "xgradcam": "XGradCAM",
        "layercam": "LayerCAM",
        "eigencam": "EigenCAM",
        "eigengradcam": "EigenGradCAM",
    }
)


def grad_cam(
    clf: Classifier,
    images: npt.NDArray[np.uint8],
    label: str,
    boxes: npt.ArrayLike | None = None,
    method: str = "gradcam",
    *,
    points: npt.ArrayLike | None = None,
) -> Maps:
    """Return where `clf` sees evidence for an emotion.

    Parameters
    ----------
    clf
        The classifier.
    images
        uint8 (N, H, W, 3), RGB.
    label
        One of the classifier's `classes`: a common emotion, or a label of a network of other things.
    boxes
        (4,) or (N, 4), px; None if the whole picture is the face.
    method
        One of `METHODS`.
    points
        (5, 2) or (N, 5, 2), px, where `clf` sees aligned faces; see `facelib.classifiers.five_points`.

    Returns
    -------
    float32 (N, h, w)
        Maps after ReLU at the feature map's own size, not scaled: values of different pictures compare.

    Raises
    ------
    BadValueError
        The classifier doesn't know the emotion, or pictures or boxes are not as they should be.
    UnavailableError
        The classifier has no maps; the message says why.
    UnknownNameError
        There is no such method or emotion.
    """
    check_kind(clf, Classifier, "A classifier, as facelib.classifiers.load returns it,")
    return grad_cam_from(clf, clf.features(images, boxes, points), label, method)


def grad_cam_from(clf: Classifier, features: torch.Tensor, label: str, method: str = "gradcam") -> Maps:
    """Return the maps from the features of `clf`: one pass back through the head only.

    With A the features, laid out as (N, D, h, w), and y the logit of the emotion, Grad-CAM is
    ReLU(Σ_d mean_hw(∂y/∂A_d) · A_d) (Selvaraju et al. 2017, arXiv 1610.02391). See `grad_cam` for the rest.
    """
    check_kind(clf, Classifier, "A classifier")
    check_kind(features, torch.Tensor, "A tensor of features, as clf.features returns it,")
    if method not in METHODS:
        msg = f"There is no method {method!r}; known: {', '.join(METHODS)}."
        raise UnknownNameError(msg)
    if clf.no_maps:
        msg = f"There are no maps of {clf.id}: {clf.no_maps}."
        raise UnavailableError(msg, hint="In Python: attribution.occlusion and rise need no gradient.")
    column = column_of(clf, label)
    if method != "gradcam":  # the package decides by itself where it computes
        return _by_package(clf, features.detach().cpu().requires_grad_(), column, method)
    features = features.detach().requires_grad_()
    with torch.enable_grad():
        score = clf.logits_from(features)[:, column].sum()
    (gradient,) = torch.autograd.grad(score, features)
    weights = clf.layout.maps(gradient).mean((2, 3), keepdim=True)
    with torch.no_grad():
        return np.asarray((weights * clf.layout.maps(features)).sum(1).relu_().cpu())


def column_of(clf: Classifier, label: str) -> int:
    """Return the column of a class, or raise with those that there are."""
    column = clf.index_of(label)
    if column is not None:
        return column
    if label not in EMOTIONS:
        known = list(dict.fromkeys([*EMOTIONS, *clf.classes]))
        what = "emotion" if len(known) == len(EMOTIONS) else "class"
        msg = f"There is no {what} {label!r}; known: {shortened(known, 12)}."
        raise UnknownNameError(msg)
    raise BadValueError(clf.lack(label))


def _by_package(clf: Classifier, features: torch.Tensor, column: int, method: str) -> Maps:
    """Let the package grad-cam compute the map, without its scaling of each picture by itself."""
    import pytorch_grad_cam

    layer = nn.Identity()  # hooks go onto this one, so the classifier itself stays untouched
    network = nn.Sequential(layer, clf.head)
    tool: Any = getattr(pytorch_grad_cam, _CLASSES[method])
    with torch.enable_grad(), tool(model=network, target_layers=[layer]) as cam:
        score = cam.activations_and_grads(features)[:, column].sum()
        score.backward(inputs=[features])
        taken = cam.activations_and_grads
        activations, gradients = (
            clf.layout.maps(tensor[0]).numpy() for tensor in (taken.activations, taken.gradients)
        )
        maps = np.asarray(
            cam.get_cam_image(features, layer, None, activations, gradients, eigen_smooth=False)
        )
    if method.startswith("eigen"):
        maps = _oriented(maps, activations * gradients if method == "eigengradcam" else activations)
    return np.asarray(np.maximum(maps, 0), np.float32)


def _oriented(maps: Maps, projected: npt.NDArray[np.floating]) -> Maps:
    """Turn the sign of principal components, which is arbitrary, so that strong places are positive."""
    strength = np.linalg.norm(projected, axis=1)
    along = ((strength - strength.mean((1, 2), keepdims=True)) * maps).sum((1, 2), keepdims=True)
    return np.asarray(np.where(along < 0, -maps, maps))
