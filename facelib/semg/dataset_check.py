"""Quality checks of the clips and sessions of a folder, beyond missing and damaged files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from facelib.errors import FacelibError
from facelib.faces.video import open_video
from facelib.semg.electrode_swaps import swap_findings, swapped
from facelib.semg.recordings.channel_quality import quality_table, said
from facelib.semg.recordings.findings import Finding
from facelib.semg.recordings.processing import Chain
from facelib.semg.recordings.quality import video_findings
from facelib.semg.recordings.recording import Recording

if TYPE_CHECKING:
    from facelib.semg.dataset import Clip

OF_CLIPS: Final = ("missing samples", "flat channel")
"""Checks of single clips; whether a muscle was active is a matter of the session."""


def check_clip(clip: Clip, *, frames: bool = False) -> Iterator[Finding]:
    """Return what is wrong with one clip: its files, its signals, and its video's frames if they are read.

    That a session was filmed without electrodes is said of the session, not of each clip.
    """
    yield from (finding for finding in clip.findings if finding.what != "session without EMG")
    if clip.recording is not None:
        for row in quality_table(clip.recording).to_dict("records"):
            for finding in said(row, Chain()):
                if finding.what in OF_CLIPS:
                    yield replace(finding, clip=clip.id)
    if frames and clip.video is not None:
        try:
            checked = open_video(clip.video).check()
        except FacelibError:
            return  # said before
        yield from (replace(finding, clip=clip.id) for finding in video_findings(checked))


def check_session(session: str, clips: Sequence[Clip]) -> Iterator[Finding]:
    """Return what is wrong with the signals of a whole session: noise, and exchanged electrodes.

    Findings bear the session's name in place of a clip's.
    """
    recordings = [clip.recording for clip in clips if clip.recording is not None]
    shared = [name for name in (recordings[0].channels if recordings else ()) if _in_all(name, recordings)]
    if not shared:
        return
    about = f"session {session}"
    whole = recordings[0].replace(
        signals=np.concatenate([recording.pick(shared).signals for recording in recordings]),
        channels=tuple(shared),
    )
    for row in quality_table(whole).to_dict("records"):
        for finding in said(row, Chain()):
            if finding.what not in OF_CLIPS:
                yield replace(finding, clip=about)
    both = [
        (clip.recording, clip.blendshapes)
        for clip in clips
        if clip.recording is not None and clip.blendshapes is not None
    ]
    if both:
        table = swapped([recording for recording, _ in both], [units for _, units in both])
        yield from (replace(finding, clip=about) for finding in swap_findings(table))


def _in_all(name: str, recordings: Sequence[Recording]) -> bool:
    return all(name in recording.channels for recording in recordings)
