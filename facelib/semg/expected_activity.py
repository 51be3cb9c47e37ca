"""The muscle activity that a model expects of a filmed face without electrodes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from facelib.errors import BadValueError
from facelib.faces.tracking import Watched, units_of_video
from facelib.faces.video import Video
from facelib.semg.parameters.tools import whose

if TYPE_CHECKING:
    from facelib.semg.mapping import Expression2EMG
    from facelib.semg.recordings.recording import Recording

ESTIMATED: Final = (
    "Estimated from a film, not recorded: what a model that was fitted to other recordings expects of "
    "muscles, given how a network reads the face. Muscles that move nothing to be seen (masseter) are left "
    "out as NaN; where both sides share a face unit (medial frontalis, mentalis, orbicularis oris), what is "
    "estimated for left and right holds for both together; nor are muscles that move the same unit "
    "(corrugator and depressor supercilii) distinguished; tension without movement isn't seen."
)


def electrode_free_emg(
    film: str | Path | Video | Watched, model: Expression2EMG, **options: Any
) -> Recording:
    """Return what a model expects of the muscles in a film of a face without electrodes.

    What it can't know is said in `ESTIMATED`, which stands in the result's ``source``. It is an estimate, and
    only as good as the recordings that the model was fitted to: another person, camera or light is another
    matter.

    Parameters
    ----------
    film
        A file, or what `units_of_video` or `units_of_frames` returned.
    model
        Fitted to face units that were read by the same network.
    options
        Of `units_of_video`.

    Returns
    -------
    Recording
        Envelopes at the film's rate; NaN where no face was seen, and for channels that the face doesn't show.

    Raises
    ------
    BadValueError
        If the model takes other parameters than face units: a film is read as face units.
    """
    if not model.of_face_units:
        msg = (
            f"A film is read as face units, but the map takes {whose(model.inputs)}. Read the film with that "
            "tool, and give the map its table."
        )
        raise BadValueError(msg, hint="In Python: model.predict(facelib.semg.read_parameters(…)).")
    watched = film if isinstance(film, Watched) else units_of_video(film, **options)
    expected = model.predict(watched.frame(), rate=watched.rate)
    return expected.replace(source=f"{watched.source}: {ESTIMATED}" if watched.source else ESTIMATED)
