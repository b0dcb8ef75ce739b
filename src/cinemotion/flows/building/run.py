"""The run of a build: films in, jobs out to the executor, results into the store.

    rows = run_build(executor, films, out, recipe, options)

Loaded by :func:`cinemotion.flows.building.build.build` while the worker processes load their own
parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from cinemotion.core.errors import BadInputError, CinemotionError
from cinemotion.core.types import Film
from cinemotion.core.weights import fetch_weight
from cinemotion.dataset.header import is_dataset
from cinemotion.dataset.store import Store
from cinemotion.engine.executor import Executor
from cinemotion.flows.building.catalogue import FilmEntry, list_films
from cinemotion.flows.building.components import components
from cinemotion.flows.building.desk import FilmDesk, FilmWork, preload_join
from cinemotion.flows.building.watch import Watch
from cinemotion.flows.building.writer import SegmentWriter
from cinemotion.recipes import BuildRecipe, recipe_id
from cinemotion.video.probe import probe

_TASK = "cinemotion.flows.building.segment:run_segment"
Stage = Literal["signals", "samples"]


def run_build(
    executor: Executor,
    films: Sequence[Path],
    out: Path,
    recipe: BuildRecipe,
    *,
    catalogue: Path | None,
    add_recipe: bool,
    rehash: bool,
    watch: Watch,
) -> tuple[str, list[dict[str, Any]]]:
    """Build; see :func:`cinemotion.flows.building.build.build`.

    Returns:
        The recipe's id, and a row per film in the order of the input.
    """
    parts = components(recipe)
    identity = recipe_id(recipe, parts)
    content = {"recipe": recipe.model_dump(mode="json"), "components": parts}
    entries = list_films(films, catalogue)
    if recipe.subject == "face":
        fetch_weight(recipe.faces.detector)  # before any work, not in each of its segments
    if is_dataset(out):
        store = Store.open(out)
        store.admit(identity, content, beside_others=add_recipe)
        run = _Run(store, FilmDesk(store, recipe, identity, rehash=rehash), executor, watch)
        run.skip_built(entries)
        opened = _probe_all(run.missing(entries), needed=not run.rows)
    else:
        opened = _probe_all(
            entries, needed=True
        )  # first of all, so that nothing is written for nothing
        store = Store.create(out)
        store.admit(identity, content, beside_others=add_recipe)
        run = _Run(store, FilmDesk(store, recipe, identity, rehash=rehash), executor, watch)
    run.work_on(opened, per_shot=recipe.sampling.mode == "per-shot")
    return identity, [run.rows[entry.path] for entry in entries]


@dataclass(slots=True)
class _Run:
    """One pass over the films: jobs out to the executor, results into the store."""

    store: Store
    desk: FilmDesk
    executor: Executor
    watch: Watch
    rows: dict[Path, dict[str, Any]] = field(default_factory=dict)
    busy: list[tuple[FilmEntry, Film]] = field(default_factory=list)

    def skip_built(self, entries: Sequence[FilmEntry]) -> None:
        """Settle the films that were built before, without opening them."""
        for entry in entries:
            row = self.desk.built(entry)
            if row is not None:
                self._end(entry, row, skipped=True)

    def missing(self, entries: Sequence[FilmEntry]) -> list[FilmEntry]:
        """The films that are not settled yet."""
        return [entry for entry in entries if entry.path not in self.rows]

    def work_on(self, opened: Sequence[tuple[FilmEntry, Film | str]], *, per_shot: bool) -> None:
        """Build every film; those that another build holds come last."""
        lengths = [film.duration or 0.0 for _, film in opened if isinstance(film, Film)]
        self.watch.begin(len(opened), sum(lengths) * (2 if per_shot else 1))
        good = []
        for entry, film in opened:
            if isinstance(film, Film):
                good.append((entry, film))
            else:
                self._end(entry, self.desk.fail(entry, film))
        try:
            self._build(self._take_all(good, wait=False), per_shot=per_shot)
            # By now we hold no lock, so that two builds never wait for each other in a circle.
            for late in self.busy:
                self._build(self._take_all([late], wait=True), per_shot=per_shot)
        finally:
            self.desk.release()

    def _build(self, works: Iterable[FilmWork], *, per_shot: bool) -> None:
        if not per_shot:
            self._run_stage(works, "samples", rest=True)
            return
        for work in works:
            self._run_stage([work], "signals")
            from cinemotion.flows.building.pershot import choose_targets  # needs the join's parts

            choose_targets(self.store, work)
            self._run_stage([work], "samples")

    def _take_all(
        self, films: Iterable[tuple[FilmEntry, Film]], *, wait: bool
    ) -> Iterator[FilmWork]:
        for entry, film in films:
            taken = self.desk.take(entry, film, wait=wait)
            if isinstance(taken, FilmWork):
                yield taken
            elif taken is None:
                self.busy.append((entry, film))
            else:
                self.watch.skip(film.duration or 0.0)
                self._end(entry, taken, skipped=True)

    def _run_stage(self, works: Iterable[FilmWork], stage: Stage, *, rest: bool = False) -> None:
        """Run what is left of a stage.

        Args:
            works: The films.
            stage: Which.
            rest: Whether no other stage follows soon: the last film is then joined, which takes
                memory that grows with it, without workers that have nothing to do.
        """
        open_works: dict[str, FilmWork] = {}
        writer = SegmentWriter(self.store)
        all_out = False

        def jobs() -> Iterator[Any]:
            nonlocal all_out
            for work in works:
                open_works[work.film_id] = work
                self.watch.skip(work.seconds_done(stage))
                preload_join()
                yield from work.jobs(stage)
                self._sign_off(work, writer, stage)
            all_out = True

        def progress(_job: Any, seconds: float) -> None:
            self.watch.advance(seconds, 0)

        for outcome in self.executor.run(_TASK, jobs(), progress):
            writer.add(outcome, stage)
            work = open_works[outcome.item.film_id]
            work.waiting.discard(outcome.item.index)
            self.watch.advance(0.0, outcome.value.crops.num_rows if outcome.value else 0)
            if rest and all_out and not any(each.waiting for each in open_works.values()):
                self.executor.rest()
            self._sign_off(work, writer, stage)

    def _sign_off(self, work: FilmWork, writer: SegmentWriter, stage: Stage) -> None:
        if work.waiting or work.entry.path in self.rows:
            return
        writer.flush()
        if stage == "samples":
            self._end(work.entry, self.desk.finish(work))

    def _end(self, entry: FilmEntry, row: dict[str, Any], *, skipped: bool = False) -> None:
        self.rows[entry.path] = {"copy_of": None} | row | {"skipped": skipped}
        self.watch.end_film(self.rows[entry.path])


def _probe_all(entries: Sequence[FilmEntry], *, needed: bool) -> list[tuple[FilmEntry, Film | str]]:
    """Open every film; what cannot be opened is there with the reason.

    Raises:
        CinemotionError: None of them can be opened, and one is ``needed``.
    """
    opened: list[tuple[FilmEntry, Film | str]] = []
    first: CinemotionError | None = None
    for entry in entries:
        try:
            opened.append((entry, probe(entry.path)))
        except CinemotionError as error:
            first = first or error
            opened.append((entry, str(error)))
    if needed and first is not None and not any(isinstance(film, Film) for _, film in opened):
        if len(opened) == 1:
            raise first
        raise BadInputError(f"none of the {len(opened)} files is a film that can be read: {first}")
    return opened
