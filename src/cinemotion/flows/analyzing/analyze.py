"""Read films: from the files to their characters and their emotional arcs.

    [analysis] = analyze("film.mp4", "report")
    analysis.summary()["characters"][0]["dominant"]

What was computed before is not computed again: the dataset keeps crops, answers and identities, so
that an interrupted analysis goes on, and one with other settings takes seconds. An expression that
is shown is not an emotion that is felt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cinemotion.flows.building.executors import open_executor

if TYPE_CHECKING:
    from cinemotion.flows.analyzing.analysis import Analysis
    from cinemotion.flows.analyzing.casting import Notice
    from cinemotion.flows.analyzing.footage import Failed
    from cinemotion.flows.analyzing.settings import AnalyzeRecipe
    from cinemotion.flows.analyzing.vectors import Progress
    from cinemotion.flows.building.watch import Watch


def analyze(
    films: Path | str | Sequence[Path | str],
    out: Path | str,
    *,
    recipe: AnalyzeRecipe | Callable[[], AnalyzeRecipe] | None = None,
    dataset: Path | str | None = None,
    names: Path | str | None = None,
    recast: bool = False,
    workers: int | None = None,
    watch: Watch | None = None,
    progress: Progress | None = None,
    figures: bool = False,
    video: bool = False,
    copying: Progress | None = None,
    failed: Failed | None = None,
    notice: Notice | None = None,
) -> list[Analysis]:
    """Analyse films, or go on with an analysis.

    Who is the same person in several films is found out last, and written into the dataset.

    Args:
        films: A film, a folder of films, or several.
        out: The folder of the report; of several films, one below it for each, also where only one
            of them can be read.
        recipe: How, or a function that reads it; the defaults where ``None``.
        dataset: Where crops are kept, and may be already; ``out/dataset`` where ``None``.
        names: A ``characters.csv`` that says who is who; of a single film.
        recast: Group the tracks anew where the report's own ``characters.csv`` was edited.
        workers: Worker processes; one per core where ``None``.
        watch: Told how the building goes.
        progress: Told how answers and identities go.
        figures: Also draw figures for print, into ``out/figures``.
        video: Also put each film beside its page, which plays it then.
        copying: Told how far a film is copied.
        failed: Told of each film that cannot be read, and why.
        notice: Told, in a line each, what is not as it was asked for.

    Returns:
        An analysis for each film that could be read.

    Raises:
        BadInputError: No film can be read, or a setting or name cannot be used.
        MissingExtraError: A package is not installed.
        WeightsError: A model is missing or not what its card says.
    """
    with open_executor(workers) as executor:
        # Models, tables and stages take a while to load; so do the workers, at the same time.
        from cinemotion.flows.analyzing.gathering import gather

        gathered = gather(
            films,
            Path(out),
            recipe=recipe,
            dataset=None if dataset is None else Path(dataset),
            names=None if names is None else Path(names),
            executor=executor,
            watch=watch,
            failed=failed,
        )
    from cinemotion.flows.analyzing.reading import read_film

    found = [
        read_film(
            footage,
            gathered.report(footage),
            gathered.recipe,
            gathered.classifier,
            names=None if names is None else Path(names),
            recast=recast,
            progress=progress,
            figures=figures,
            video=video,
            copying=copying,
            notice=notice,
        )
        for footage in gathered.footage
    ]
    if len(found) > 1 and gathered.tells_people_apart and any(each.people for each in found):
        from cinemotion.flows.analyzing.persons import link_cast

        link_cast(gathered.dataset, settings=gathered.recipe.people, progress=progress)
    return found
