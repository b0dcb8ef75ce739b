"""What a film file is, found from its header and its first frame.

    film = probe(Path("holiday.mov"))
    film.size, film.rotation, film.colour.transfer     # (1080, 1920), 270, "sdr"
    films = [probe(path) for path in find_films([Path("archive")])]

The film is never decoded beyond the first frame that comes out. To have folders searched for
one more kind of file, add its suffix to ``VIDEO_SUFFIXES``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice
from pathlib import Path

from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from cinemotion.core.errors import BadInputError, UnreadableFilmError
from cinemotion.core.types import Film, Timestamp
from cinemotion.video.colour import describe_colour
from cinemotion.video.container import open_container, pick_stream, set_up
from cinemotion.video.decoding import decode

VIDEO_SUFFIXES = frozenset(
    {
        *(".3g2", ".3gp", ".asf", ".avi", ".divx", ".dv", ".f4v", ".flv", ".m2t", ".m2ts"),
        *(".m2v", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".mxf", ".nut"),
        *(".ogm", ".ogv", ".qt", ".rm", ".rmvb", ".ts", ".vob", ".webm", ".wmv", ".y4m"),
    }
)
_PATIENCE = 1000  # packets to look at for a first frame: several groups of pictures
_SANE_ASPECT = (Fraction(1, 5), Fraction(5))  # a pixel beyond this is a damaged header
_INTERLACED_ORDERS = range(2, 6)  # AVFieldOrder: TT, BB, TB, BT; 0 unknown, 1 progressive


def probe(path: Path) -> Film:
    """Look at a film without decoding more than its first frame.

    Raises:
        UnreadableFilmError: The file is missing, a folder, empty, no film, has no video
            stream, or none of its first frames can be decoded.
    """
    with open_container(path) as container:
        stream = pick_stream(path, container)
        set_up(container, stream)
        frame = _first_frame(path, container, stream)
        return _describe(path, container, stream, frame)


def _first_frame(path: Path, container: InputContainer, stream: VideoStream) -> VideoFrame:
    problems: list[str] = []
    packets: Iterator[Packet[VideoStream]] = islice(container.demux(stream), _PATIENCE)
    for frame in decode(packets, stream, lambda _, line: problems.append(line)):
        if frame.width and frame.height:
            return frame
    reason = problems[0] if problems else "it holds no frame"
    raise UnreadableFilmError(
        f"{path}: no frame at its start can be decoded ({reason}); copy it again or convert it"
    )


def _describe(
    path: Path, container: InputContainer, stream: VideoStream, frame: VideoFrame
) -> Film:
    assert stream.time_base is not None
    context = stream.codec_context
    aspect = _aspect(stream.sample_aspect_ratio)
    rotation = round(frame.rotation / 90) * 90 % 360
    start = frame.pts if frame.pts is not None else frame.dts or 0
    return Film(
        path=path,
        stream=stream.index,
        codec=context.codec.canonical_name,
        pixel_format=frame.format.name,
        coded_size=(frame.width, frame.height),
        size=upright_size(frame.width, frame.height, aspect, rotation),
        sample_aspect=aspect,
        rotation=rotation,
        colour=describe_colour(frame),
        interlaced=frame.interlaced_frame or _field_order(stream) in _INTERLACED_ORDERS,
        has_alpha=any(component.is_alpha for component in frame.format.components),
        start=Timestamp(start, stream.time_base),
        duration=_duration(container, stream),
        rate=stream.average_rate or stream.guessed_rate or None,
        declared_frames=stream.frames,
        time_base=stream.time_base,
    )


def upright_size(width: int, height: int, aspect: Fraction, rotation: int) -> tuple[int, int]:
    """Size of the square-pixel, upright picture; the longer pixel side is stretched.

    Nothing that was stored is thrown away: wide pixels widen the picture, tall pixels make
    it higher.

    Example:
        >>> upright_size(704, 576, Fraction(16, 11), 0)
        (1024, 576)
    """
    if aspect >= 1:
        width = max(1, round(width * aspect))
    else:
        height = max(1, round(height / aspect))
    return (height, width) if rotation in (90, 270) else (width, height)


def _aspect(stated: Fraction | None) -> Fraction:
    low, high = _SANE_ASPECT
    return stated if stated is not None and low <= stated <= high else Fraction(1)


def _field_order(stream: VideoStream) -> int:
    return int(getattr(stream.codec_context, "field_order", 0))


def _duration(container: InputContainer, stream: VideoStream) -> float | None:
    """Length in seconds as the stream says it, else as the container does."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    if container.duration and container.duration > 0:
        return container.duration / 1_000_000
    return None


def find_films(paths: Sequence[Path]) -> list[Path]:
    """List the films that paths stand for, without duplicates.

    A named file is always taken. A folder is searched recursively, in the order of the names,
    for ``VIDEO_SUFFIXES``; hidden files and folders (and with them the ``._`` files that macOS
    leaves) are skipped, and links to folders are not followed.

    Raises:
        BadInputError: A path does not exist.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        if path.is_dir():
            films = _search(path)
        elif path.exists():
            films = iter([path])
        else:
            raise BadInputError(f"{path}: there is no such file or folder; check the path")
        for film in films:
            found.setdefault(film.resolve(), film)
    return list(found.values())


def _search(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        # A locked folder deeper down (lost+found, say) must not stop the search.
        if error.filename == str(folder):
            raise BadInputError(
                f"{folder}: the folder cannot be listed ({error.strerror}); check its permissions"
            ) from error

    for root, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(root, name)
            if not name.startswith(".") and path.suffix.lower() in VIDEO_SUFFIXES:
                yield path
