"""Opening film files: the one place where FFmpeg's refusals become our errors.

    with open_container(path) as container:
        stream = pick_stream(path, container)
    container, stream = open_film(film)       # a probed film again, with a fresh decoder

A new kind of file that FFmpeg opens although it is no film belongs into ``_NOT_FILMS``.
"""

from __future__ import annotations

import re
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Discard, Disposition
from av.video.stream import VideoStream

from cinemotion.core.errors import UnreadableFilmError
from cinemotion.core.types import Film

# Demuxers that open stills, text or lists of other files.
_NOT_FILMS = re.compile(r"image2.*|.*_pipe|tty|ffmetadata|concat|hls|dash|sdp|srt|ass|webvtt")
_NO_PICTURES = Disposition.attached_pic | Disposition.timed_thumbnails


def open_container(path: Path) -> InputContainer:
    """Open a film file; only ever this one local file, whatever it refers to.

    The name is made absolute and marked as a file, so that no part of it (a dash in front,
    a colon, ``%d``) can be taken for an option, a protocol or a pattern.

    Raises:
        UnreadableFilmError: It is missing, a folder, not readable or not a film.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        # A pipe or a device would be waited for, perhaps for ever.
        raise UnreadableFilmError(f"{path}: this is no regular file; copy the film to one first")
    try:
        container = av.open(
            f"file:{path.absolute()}",
            container_options={"protocol_whitelist": "file"},
            metadata_errors="replace",
        )
    except (FFmpegError, OSError, ValueError) as error:
        raise UnreadableFilmError(f"{path}: {_reason(path, error)}") from error
    if _NOT_FILMS.fullmatch(container.format.name):
        kind = container.format.name
        container.close()
        raise UnreadableFilmError(
            f"{path}: this is a still picture, text or list ({kind}), not a film; "
            "give a video file such as MP4, MKV, MOV, WebM or AVI"
        )
    return container


def _reason(path: Path, error: Exception) -> str:
    if path.is_dir():
        return "this is a folder; expected a film file"
    if not path.exists():
        return "there is no such file; check the path"
    if isinstance(error, PermissionError):
        return "no permission to read this file; change its permissions"
    if path.is_file() and path.stat().st_size == 0:
        return "the file is empty (0 bytes); expected a film, copy it again"
    text = getattr(error, "strerror", None) or str(error)
    return (
        f"cannot be opened as a film ({text}); expected a complete video file such as "
        "MP4, MKV, MOV, WebM or AVI"
    )


def pick_stream(path: Path, container: InputContainer) -> VideoStream:
    """The first real video stream: no cover picture, no thumbnails, and a size.

    Raises:
        UnreadableFilmError: There is none, or this FFmpeg has no decoder for it.
    """
    real = [s for s in container.streams.video if not s.disposition & _NO_PICTURES]
    if not real:
        kinds = ", ".join(sorted({stream.type for stream in container.streams})) or "nothing"
        raise UnreadableFilmError(f"{path}: no video stream in it, only {kinds}; expected a film")
    decodable = [s for s in real if s.codec_context is not None]
    if not decodable:
        raise UnreadableFilmError(
            f"{path}: no decoder for its video codec; convert it, to H.264 for instance"
        )
    sized = [s for s in decodable if s.codec_context.width and s.codec_context.height]
    if not sized:
        raise UnreadableFilmError(f"{path}: its video stream has no picture size; it is damaged")
    return sized[0]


def open_film(
    film: Film, threads: int = 1, *, deblock_all: bool = True
) -> tuple[InputContainer, VideoStream]:
    """Open a probed film again, with a fresh decoder and every other stream left in the file.

    Args:
        film: As probed.
        threads: Of the decoder; with 1 it runs on the calling thread.
        deblock_all: Run the decoder's deblocking filter on every frame; else only on those
            that others are predicted from.

    Raises:
        UnreadableFilmError: It is gone, or it is no longer the file that was probed.
    """
    container = open_container(film.path)
    stream = container.streams[film.stream] if film.stream < len(container.streams) else None
    if not isinstance(stream, VideoStream):
        container.close()
        raise UnreadableFilmError(
            f"{film.path}: stream {film.stream} is no longer a video stream; "
            "the file has changed since it was probed, run again"
        )
    set_up(container, stream, threads)
    if not deblock_all:
        stream.codec_context.options = {"skip_loop_filter": "noref"}
    return container, stream


def set_up(container: InputContainer, stream: VideoStream, threads: int = 1) -> None:
    """Read one stream alone, and decode it with this many threads."""
    for other in container.streams:
        if other.index != stream.index:
            other.discard = Discard.all
    stream.codec_context.thread_count = threads
    stream.codec_context.thread_type = "NONE" if threads == 1 else "AUTO"
