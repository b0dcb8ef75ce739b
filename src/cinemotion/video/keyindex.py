"""The key frames of a film as its container lists them, without reading the film.

keys = list_keys(film)      # times in ticks, or None where no list can be trusted
"""

from __future__ import annotations

from av.error import FFmpegError

from cinemotion.core.types import Film
from cinemotion.video.container import open_film

# Others list the packets that have been read, or a few of the places to seek to.
_COMPLETE = {"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi"}


def list_keys(film: Film) -> list[int] | None:
    """List the times of key frames that the container's index knows, good enough to count them.

    Returns:
        Times in ticks of the stream, increasing, by the order of decoding; ``None`` where the
        container has no index, or one that ends before the middle of the film.

    Raises:
        UnreadableFilmError: The file can no longer be opened.
    """
    container, stream = open_film(film)
    with container:
        if container.format.name not in _COMPLETE:
            return None
        try:
            container.seek(film.start.pts, stream=stream)  # Matroska loads its index for a seek
        except FFmpegError:
            return None
        entries = [(entry.timestamp, entry.is_keyframe) for entry in stream.index_entries]
    middle = film.start.pts + (film.duration or 0.0) / 2 / film.time_base
    if not entries or entries[-1][0] < middle:
        return None
    return [time for time, is_key in entries if is_key]
