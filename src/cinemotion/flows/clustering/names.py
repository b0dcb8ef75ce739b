"""What people call a sample's film, shot and track, in place of their ids.

samples.select(film_names())                # a column ``film`` of titles
captions_of(samples)                        # ["Nosferatu, 0:12:05.2", …]
group_names(samples)["3f09…/1/4"]           # "Nosferatu / 1 / 4"
"""

from __future__ import annotations

import polars as pl

_GROUPS = ("film", "shot", "track")


def film_names() -> pl.Expr:
    """A film by its title; of an import, by the name that its files tell."""
    return pl.coalesce("title", pl.col("film").str.strip_prefix("film/")).alias("film")


def captions_of(samples: pl.DataFrame) -> list[str]:
    """A line for each sample: where it comes from.

    Args:
        samples: Rows as :meth:`Version.samples` gives them.
    """
    rows = samples.select(film_names(), "seconds", "member", "id")
    return [
        f"{film}, {_clock(seconds)}" if film and seconds is not None else member or film or id
        for film, seconds, member, id in rows.iter_rows()
    ]


def group_names(samples: pl.DataFrame) -> dict[str, str]:
    """The names of films, shots and tracks by their ids, as far as they have any.

    Args:
        samples: Rows as :meth:`Version.samples` gives them.
    """
    films = film_names().alias("name")
    names: dict[str, str] = {}
    for level in _GROUPS:
        rows = samples.select("film", films, group=level).drop_nulls("group").unique()
        for film, name, group in rows.iter_rows():
            words = group.replace(film, name, 1) if film and name else group
            names[group] = " / ".join(part for part in words.split("/") if part)
    return names


def _clock(seconds: float) -> str:
    """A time as ``H:MM:SS.s``."""
    tenths = round(10 * seconds)
    minutes, rest = divmod(tenths, 600)
    return f"{minutes // 60}:{minutes % 60:02}:{rest / 10:04.1f}"
