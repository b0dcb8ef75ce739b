"""To which film, scene, character, shot and track a sample belongs.

    keys = levels(dataset)      # id, film, scene, character, shot, track
    keys.filter(pl.col("shot") == keys["shot"][0])

A key is a string that is unique in the whole dataset, so that "shot 3" of two films are two
groups; it is null where the dataset does not know. A finer key belongs to one coarser key
(a track to one shot, a shot to one film), except for characters, who walk through many.
"""

from __future__ import annotations

import polars as pl

from cinemotion.dataset.dataset import Dataset

LEVELS = ("film", "scene", "character", "shot", "track")
_WHO = ("character", "name", "person")


def levels(dataset: Dataset) -> pl.DataFrame:
    """The groups of every sample: columns ``id`` and :data:`LEVELS`, strings or null.

    Films of one ``group`` (editions of one work, see films.csv) count as one film. Of an
    import, a clip is a shot, and what its group pattern did not find is null; what came out of an
    analysis is where the crop is that it is a copy of.
    """
    placed, imported = _placed(dataset), _imported(dataset)
    stills = imported.join(placed, on="id", how="left", suffix="_placed").select(
        "id", *(pl.coalesce(f"{level}_placed", level).alias(level) for level in LEVELS)
    )
    filmed = placed.join(stills, on="id", how="anti")
    return pl.concat([filmed, stills]).sort("id")


def group_names(samples: pl.DataFrame, level: str) -> pl.Series:
    """The name of each sample's group at a level: by the next finer level where it has none.

    Args:
        samples: ``id`` and :data:`LEVELS`.
        level: One of them.
    """
    finer = LEVELS[LEVELS.index(level) :]
    named = (pl.format(f"{name}:{{}}", name) for name in finer)
    return samples.select(name=pl.coalesce(*named, pl.format("sample:{}", "id")))["name"]


def _placed(dataset: Dataset) -> pl.DataFrame:
    """The groups of what has a place in a film: crops, and copies of crops elsewhere."""
    crops = dataset.table("crops", ["id", "film", "recipe"])
    copies = dataset.table("origins", ["id", "film", "recipe", "group", "shot", "track", *_WHO])
    facts = dataset.table("facts", ["id", "shot", "track"])
    films = dataset.table("films", ["film", "recipe", "group"])
    several = films.group_by("film").agg(pl.col("recipe").n_unique() > 1).filter("recipe")["film"]
    keyed = (
        pl.concat([crops.join(facts, on="id", how="left"), copies], how="diagonal")
        .join(films, on=["film", "recipe"], how="left", suffix="_here")
        .join(_stretches(dataset), on=["film", "recipe", "shot"], how="left")
        .join(dataset.cast(), on=["film", "recipe", "track"], how="left", suffix="_here")
    )
    # Who is who is said by this dataset where it knows, else by the one that a copy came from.
    known = pl.col("character_here").is_not_null()
    keyed = keyed.with_columns(
        pl.coalesce("group_here", "group").alias("group"),
        *(pl.when(known).then(f"{name}_here").otherwise(name).alias(name) for name in _WHO),
    )
    shot = _key("film", "stretch")
    return keyed.select(
        "id",
        film=pl.coalesce(_key(pl.lit("group"), "group"), "film"),
        scene=pl.lit(None, pl.String),
        # A name is the same person in every film, and so is a face that was linked over films; a
        # number is somebody of this film and recipe.
        character=pl.coalesce(
            _key(pl.lit("character"), "name"),
            _key(pl.lit("person"), "person"),
            _key("film", "recipe", "character"),
        ),
        shot=shot,
        # Two recipes number the tracks of one face each in their own way: the shot holds both.
        track=pl.when(pl.col("film").is_in(several.implode()))
        .then(_key(shot, pl.lit("any")))
        .otherwise(_key("film", "stretch", "track")),
    )


def _stretches(dataset: Dataset) -> pl.DataFrame:
    """Which shots of a film, found under several recipes, are one: they overlap in time."""
    seconds = pl.col("time_base_num") / pl.col("time_base_den")
    shots = dataset.table("shots").select(
        *("film", "recipe", "shot"),
        start=pl.col("start_pts") * seconds,
        end=pl.col("end_pts") * seconds,
    )
    # Half a millisecond: two time bases round the same instant differently.
    reached = pl.col("end").cum_max().shift(1).over("film", order_by="start")
    begins = (pl.col("start") >= reached - 5e-4).fill_null(True)
    return shots.sort("film", "start").select(
        *("film", "recipe", "shot"),
        stretch=begins.cast(pl.Int64).cum_sum().over("film").cast(pl.String),
    )


def _imported(dataset: Dataset) -> pl.DataFrame:
    stills = dataset.table(
        "stills", ["id", "source", "film", "scene", "character", "clip", "track"]
    )
    # Film and character names mean the same in every import; scenes and clips are numbered anew.
    return stills.select(
        "id",
        film=_key(pl.lit("film"), "film"),
        scene=_within("scene"),
        character=_key(pl.lit("character"), "character"),
        shot=_within("clip"),
        track=_within("track"),
    )


def _within(level: str) -> pl.Expr:
    """The key of a level that is numbered anew in every film of every import."""
    outer = {"scene": ["film"], "clip": ["film", "scene"], "track": ["film", "scene", "clip"]}
    names = [pl.col(name).fill_null("") for name in outer[level]]
    return _key("source", *names, pl.lit(level), level)


def _key(*parts: str | pl.Expr) -> pl.Expr:
    """Parts joined; null where one of them is.

    Names that hold a slash may give two groups one key: that ties more together, never less.
    """
    columns = [pl.col(part) if isinstance(part, str) else part for part in parts]
    return pl.concat_str([column.cast(pl.String) for column in columns], separator="/")
