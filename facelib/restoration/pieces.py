"""The connected pieces of a mask: about one per electrode, where leads and tape don't join them."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

CORE: Final = 0.95  # of a soft mask: what is above it is the core of a piece


def parts_of(mask: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
    """Return the numbers of the parts of a soft mask (h, w), from 1 on; 0 where it is 0.

    Each has a core that hangs together; soft edges belong to the nearest one, so that electrodes whose edges
    touch are still two. A mask without any core is one part.

    Examples
    --------
    >>> parts_of(np.array([[0, 1, 0.5, 0.4, 1, 0]], np.float32)).tolist()
    [[0, 1, 1, 2, 2, 0]]
    """
    core = mask >= CORE
    if not core.any():
        return (mask > 0).astype(np.int32)
    _, labels = cv2.distanceTransformWithLabels(
        (~core).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_CCOMP
    )
    return np.where(mask > 0, labels, 0).astype(np.int32)
