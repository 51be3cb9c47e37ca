"""Class activation maps along a sweep, those of one classifier and class on one scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from facelib import attribution
from facelib.attribution.overlay import captioned, upright
from facelib.attribution.regions import BLANK, no_evidence
from facelib.attribution.rollout import ROLLOUT
from facelib.classifiers.emotions import shortened
from facelib.head.geometry.landmarks import FIRST_IRIS
from facelib.studies.sweeps.frames import Frames
from facelib.studies.sweeps.inference import Reading, reading_of
from facelib.utilities.short_repr import in_short


@in_short()
@dataclass(frozen=True, eq=False)
class SweepMaps:
    """Raw maps of every frame from the features that the sweep kept: one backward pass through the head."""

    readings: Mapping[str, Reading]
    frames: Frames
    label: str

    def maps(
        self, classifier: str, label: str | None = None, method: str = "gradcam"
    ) -> npt.NDArray[np.float32]:
        """Return raw maps after ReLU, float32 (n, h, w), at the resolution of the CAM layer.

        With the method "rollout" they are those of `facelib.attribution.attention_rollout`, which are about
        no class.
        """
        reading = reading_of(self.readings, classifier)
        if method == ROLLOUT:
            boxes = np.broadcast_to(self.frames.box, (len(self.frames.images), 4))
            return attribution.attention_rollout(reading.classifier, self.frames.images, boxes)
        return attribution.grad_cam_from(
            reading.classifier, reading.features, label or self.label, method=method
        )

    def scale(self, classifier: str, label: str | None = None, method: str = "gradcam") -> float:
        """Return the upper end of the scale that all frames share."""
        return attribution.shared_scale(self.maps(classifier, label, method))

    def change(
        self, classifier: str, label: str | None = None, method: str = "gradcam"
    ) -> npt.NDArray[np.float32]:
        """Return maps minus the map of strength 0, float32 (n, h, w)."""
        maps = self.maps(classifier, label, method)
        return np.asarray(maps - maps[:1], np.float32)

    def region(self, classifier: str) -> npt.NDArray[np.float64]:
        """Return the part of the picture that the maps cover, px (4,): x1, y1, x2, y2.

        Of a classifier that sees aligned faces, the upright part around the turned one.
        """
        boxes = reading_of(self.readings, classifier).classifier.crop_boxes(
            self.frames.box, self.frames.faces[0].size, self.frames.points[0]
        )
        return np.asarray(boxes[0])

    def upright(
        self, classifier: str, label: str | None = None, method: str = "gradcam"
    ) -> npt.NDArray[np.float32]:
        """Return the maps as they lie over `region`: of aligned faces turned back, else those of `maps`."""
        clf = reading_of(self.readings, classifier).classifier
        return upright(
            self.maps(classifier, label, method),
            clf,
            self.frames.box,
            self.frames.faces[0].size,
            points=self.frames.points[0],
        )[0]

    def regions(
        self,
        classifier: str | None = None,
        label: str | None = None,
        method: str = "gradcam",
        electrodes: str | tuple[str, ...] | None = None,
    ) -> pd.DataFrame:
        """Return how much of the evidence lies on mouth, eyes, brows … at every strength.

        Where the landmarks of a frame aren't known, those of strength 0 serve.

        Parameters
        ----------
        classifier
            None: all. One that has no maps, or doesn't know the class, has no numbers; ``remark`` says why.
        electrodes
            See `facelib.attribution.region_evidence`.

        Returns
        -------
        pandas.DataFrame
            One row per (strength, classifier, region), columns as in `facelib.attribution.regions.COLUMNS`.
        """
        wanted = label or self.label
        start = self.frames.faces[0]
        faces = [
            face
            if np.isfinite(face.landmarks[:FIRST_IRIS]).all()
            else face.replace(landmarks=start.landmarks)
            for face in self.frames.faces
        ]
        tables = []
        for name in self.readings if classifier is None else [classifier]:
            if classifier is None and (reason := self.lack(name, wanted)):
                tables.append(no_evidence(self.frames.strengths, name, wanted, reason))
                continue
            evidence = attribution.region_evidence(
                self.maps(name, wanted, method),
                self.readings[name].classifier,
                faces,
                self.frames.box,
                electrodes,
                points=self.frames.points[0],
            )
            tables.append(evidence.table(self.frames.strengths, name, wanted))
        return pd.concat(tables, ignore_index=True)

    @property
    def notes(self) -> tuple[str, ...]:
        """Why a classifier has no map of the class, a sentence each."""
        return tuple(filter(None, (self.lack(name, self.label) for name in self.readings)))

    def lack(self, classifier: str, label: str) -> str:
        """Say why there are no maps of a class; empty if there are."""
        clf = self.readings[classifier].classifier
        return f"There are no maps of {clf.id}: {clf.no_maps}." if clf.no_maps else clf.lack(label)

    def overlays(
        self, classifier: str, label: str | None = None, method: str = "gradcam", opacity: float = 0.5
    ) -> npt.NDArray[np.uint8]:
        """Return the pictures with their maps, uint8 (n, H, W, 3).

        All frames of one classifier and class share a scale; those of two classifiers don't. Where a map is
        blank, the picture says so.
        """
        maps = self.maps(classifier, label, method)
        boxes = np.broadcast_to(self.frames.box, (len(maps), 4))
        clf = self.readings[classifier].classifier
        size, points = self.frames.faces[0].size, self.frames.points
        projected = attribution.project(maps, clf, boxes, size, points=points)
        pictures = attribution.overlay(self.frames.images, projected, attribution.shared_scale(maps), opacity)
        for number in np.flatnonzero(~maps.any(axis=(1, 2))):
            pictures[number] = captioned(pictures[number], BLANK)
        return pictures

    def caption(self, classifier: str, label: str | None = None, method: str = "gradcam") -> str:
        """Return what the overlays show, in words: class, scale, and where maps are blank."""
        maps = self.maps(classifier, label, method)
        blank = [f"{strength:.2g}" for strength in self.frames.strengths[~maps.any(axis=(1, 2))]]
        gaps = f"; {BLANK} at the strengths {shortened(blank)}" if blank else ""
        scale = f"one scale for its {len(maps)} pictures, 0 to {attribution.shared_scale(maps):.3g}"
        what = "attention, whatever the class" if method == ROLLOUT else f"evidence for {label or self.label}"
        return f"{classifier}: {what}, {scale}{gaps}."
