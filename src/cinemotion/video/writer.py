"""Write pictures as a film: H.264 in MP4, each at its own time, with another film's sound.

    with FilmWriter(Path("out.mp4"), film) as writer:
        for frame in reader:
            writer.add(frame.rgb(), frame.time)

Times are those that are given, in the film's own ticks: variable rates stay variable. Sound is
copied packet by packet where MP4 can hold it, and encoded as AAC where not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import numpy as np
from av.audio.resampler import AudioResampler

from cinemotion.core.errors import BadInputError
from cinemotion.core.types import Film, Image, Timestamp
from cinemotion.core.writing import replacing

_HELD = frozenset({"aac", "ac3", "alac", "eac3", "flac", "mp3", "opus"})  # that players find in MP4
_OPTIONS = {"crf": "20", "preset": "veryfast"}
_CANNOT = (av.FFmpegError, ValueError)


class FilmWriter:
    """A context manager; the file is there, whole, when the block has ended well.

    Args:
        out: The file, ``.mp4``.
        film: Whose size, ticks and sound the new film has.
        zero: Seconds of the film's clock at which the new film's begins.
        copied: The sound codecs that are copied; others become AAC.
        comment: Something to be read in the file's header.

    Raises:
        BadInputError: It cannot be written.
    """

    def __init__(
        self,
        out: Path,
        film: Film,
        *,
        zero: Fraction = Fraction(0),
        copied: frozenset[str] = _HELD,
        comment: str | None = None,
    ) -> None:
        self._out, self._film = out, film
        self._zero, self._as_is, self._comment = zero, copied, comment
        self._sizes = tuple(side + side % 2 for side in film.size)

    def __enter__(self) -> Self:
        try:
            with ExitStack() as stack:
                draft = stack.enter_context(replacing(self._out))
                self._container = stack.enter_context(
                    av.open(str(draft), "w", format="mp4", options={"movflags": "+faststart"})
                )
                if self._comment is not None:
                    self._container.metadata["comment"] = self._comment
                base = self._film.time_base
                video: Any = self._container.add_stream("libx264", options=_OPTIONS)
                video.width, video.height = self._sizes
                video.pix_fmt = "yuv420p"
                video.codec_context.time_base = base
                video.time_base = base
                self._video = video
                self._sound = self._sounds(stack)
                self._stack = stack.pop_all()  # from now on, what goes wrong is __exit__'s
        except _CANNOT as error:
            raise BadInputError(f"cannot write {self._out}: {error}") from error
        self._next = next(self._sound, None)
        return self

    def add(self, image: Image, time: Timestamp) -> None:
        """Add a picture.

        Args:
            image: uint8 ``(H, W, 3)`` RGB, of the film's size.
            time: When it appears, in the film's ticks, on its clock; later than the one before.
        """
        frame = av.VideoFrame.from_ndarray(self._even(image), "rgb24")
        frame.pts = time.pts - round(self._zero / time.time_base)
        frame.time_base = time.time_base
        self._sound_until(float(time.exact))
        self._container.mux(self._video.encode(frame))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        with self._stack:  # what is raised in here leaves no file
            if error is not None:
                raise error
            self._container.mux(self._video.encode())
            self._sound_until(float("inf"))

    def _even(self, image: Image) -> Image:
        """The picture with sides that H.264 can hold: its last row or column is repeated."""
        width, height = self._sizes
        more = ((0, height - image.shape[0]), (0, width - image.shape[1]), (0, 0))
        return np.ascontiguousarray(np.pad(image, more, mode="edge"))

    def _sound_until(self, seconds: float) -> None:
        while self._next is not None and self._next[0] <= seconds:
            self._container.mux(self._next[1])
            self._next = next(self._sound, None)

    def _sounds(self, stack: ExitStack) -> Iterator[tuple[float, Any]]:
        """The film's sound as packets with their times, in order."""
        source = stack.enter_context(av.open(str(self._film.path)))
        if not source.streams.audio:
            return iter(())
        given = source.streams.audio[0]
        if given.codec_context.name in self._as_is:
            return self._copied(source, given, self._container.add_stream_from_template(given))
        made: Any = self._container.add_stream("aac", rate=given.rate or 48000)
        return self._encoded(source, given, made)

    def _copied(self, source: Any, given: Any, made: Any) -> Iterator[tuple[float, Any]]:
        try:
            for packet in source.demux(given):
                if packet.dts is None:
                    continue
                at = float(packet.dts * packet.time_base)
                late = round(self._zero / packet.time_base)
                packet.dts -= late
                if packet.pts is not None:
                    packet.pts -= late
                packet.stream = made
                yield at, packet
        except _CANNOT:
            return  # what is damaged ends here, as in a player

    def _encoded(self, source: Any, given: Any, made: Any) -> Iterator[tuple[float, Any]]:
        resampler = AudioResampler(format="fltp", layout="stereo", rate=made.rate)
        try:
            for frame in source.decode(given):
                at = float(frame.pts * frame.time_base) if frame.pts is not None else 0.0
                if frame.pts is not None:
                    frame.pts -= round(self._zero / frame.time_base)
                for part in resampler.resample(frame):
                    for packet in made.encode(part):
                        yield at, packet
        except _CANNOT:
            return
        for packet in made.encode(None):
            yield float("inf"), packet
