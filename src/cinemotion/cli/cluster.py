"""``cinemotion cluster``: groups of samples that look alike, and what they have in common."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cinemotion.cli.clusterprint import print_clustering, print_sweep
from cinemotion.cli.counting import counting
from cinemotion.cli.output import print_json
from cinemotion.core.errors import BadInputError
from cinemotion.core.writing import check_place

if TYPE_CHECKING:
    from cinemotion.flows.clustering.cluster import Clustering


class Scaling(StrEnum):
    """What is done to features first."""

    none = "none"
    standard = "standard"
    whiten = "whiten"


def cluster(
    version: Annotated[str, typer.Argument(metavar="DATASET@VERSION", help="A frozen version.")],
    features: Annotated[
        str,
        typer.Option(
            metavar="NAME[,NAME...]", help="Feature sets, made with: cinemotion features."
        ),
    ],
    algorithm: Annotated[
        str,
        typer.Option(
            metavar="NAME[,NAME...]",
            help="kmeans, minibatch-kmeans, gmm, agglomerative, spectral, dbscan, hdbscan, birch.",
        ),
    ] = "kmeans",
    k: Annotated[
        str, typer.Option("--k", metavar="auto|N", help="How many clusters; auto tries 1 to 15.")
    ] = "auto",
    seed: Annotated[int, typer.Option(min=0, help="Of all that is left to chance.")] = 0,
    scaling: Annotated[
        Scaling, typer.Option(help="standard: deviation 1; whiten: principal components of it.")
    ] = Scaling.standard,
    components: Annotated[
        int | None, typer.Option(min=1, help="Keep so many principal components.")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="NAME[,NAME...]",
            help="Compare with emotion, film, scene, character, shot, track; the first one ranks.",
        ),
    ] = None,
    split: Annotated[str, typer.Option(help="train, val, test, fold0 …, or all.")] = "all",
    sample: Annotated[
        int | None, typer.Option(min=1, help="Cluster so many samples, drawn by chance.")
    ] = None,
    sweep: Annotated[
        bool, typer.Option("--sweep", help="Every feature set × algorithm × seed, ranked.")
    ] = False,
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds a sweep takes, from 0 on.")] = 5,
    csv: Annotated[
        Path | None,
        typer.Option(metavar="OUT.csv", help="Also write the clusters, or the sweep's runs."),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="OUT.html", help="Also write a self-contained HTML page."),
    ] = None,
    figures: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Also draw the figures for print, as PNG."),
    ] = None,
    svg: Annotated[bool, typer.Option("--svg", help="Draw them as SVG.")] = False,
    project: Annotated[
        str,
        typer.Option(
            metavar="NAME[,NAME...]", help="Maps on the page and figures: pca, tsne, umap, lda."
        ),
    ] = "pca",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Cluster the samples of a version by their features, and say what the clusters found."""
    options: dict[str, Any] = {
        "k": _number(k),
        "scaling": scaling.value,
        "components": components,
        "against": None if against is None else _names(against),
        "split": split,
        "sample": sample,
    }
    names, algorithms = _names(features), _names(algorithm)
    if sweep:
        if report is not None or figures is not None or seed:
            raise BadInputError(
                "a sweep has no --report and no --figures, and --seeds N in place of --seed"
            )
        options |= {"features": names, "algorithms": algorithms, "seeds": seeds}
        _sweep(version, options, csv, json=json)
        return
    if len(names) != 1 or len(algorithms) != 1:
        raise BadInputError("one of --features and one --algorithm; --sweep compares several")
    if report is not None:
        check_place(report)
    options |= {"features": names[0], "algorithm": algorithms[0], "seed": seed}
    found = _cluster(version, options, csv, json=json)
    if figures is not None:
        from cinemotion.flows.clustering.printed import write_figures

        kind = "svg" if svg else "png"
        drawn = write_figures(found, figures, projections=_names(project), kind=kind)
        if not json:
            typer.echo(f"{len(drawn)} figures: {figures}")
    if report is not None:
        from cinemotion.flows.clustering.cluster_page import write_report

        with counting("steps of the page") as progress:
            write_report(found, report, projections=_names(project), progress=progress)
        if not json:
            typer.echo(f"page: {report}")


def register(app: typer.Typer) -> None:
    """Add this file's command to the app."""
    app.command()(cluster)


def _cluster(version: str, options: dict[str, Any], csv: Path | None, *, json: bool) -> Clustering:
    from cinemotion.flows.clustering.cluster import cluster as run
    from cinemotion.flows.clustering.csvfile import write_clusters

    with counting("numbers of clusters") as progress:
        found = run(version, **options, progress=progress)
    if csv is not None:
        write_clusters(found, csv)
    if json:
        tables = {target: table.to_dicts() for target, table in found.contingency.items()}
        print_json(found.record() | {"contingency": tables})
        return found
    print_clustering(found)
    if csv is not None:
        typer.echo(f"clusters: {csv}")
    return found


def _sweep(version: str, options: dict[str, Any], csv: Path | None, *, json: bool) -> None:
    from cinemotion.flows.clustering.csvfile import write_csv
    from cinemotion.flows.clustering.sweep import rank_runs
    from cinemotion.flows.clustering.sweep import sweep as run

    with counting("runs") as progress:
        runs = run(version, **options, progress=progress)
    ranked = rank_runs(runs)
    if csv is not None:
        write_csv(runs, csv)
    if json:
        print_json({"ranked": ranked.to_dicts(), "runs": runs.to_dicts()})
        return
    print_sweep(runs, ranked)
    if csv is not None:
        typer.echo(f"runs: {csv}")


def _names(value: str) -> list[str]:
    return [name for part in value.split(",") if (name := part.strip())]


def _number(k: str) -> int | str:
    if k == "auto":
        return k
    try:
        return int(k)
    except ValueError:
        raise BadInputError(f"--k takes auto or a number, got {k!r}") from None
