"""How clusters and sweeps are printed for people; ``--json`` has all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from cinemotion.cli.output import print_table

if TYPE_CHECKING:
    import polars as pl

    from cinemotion.flows.clustering.cluster import Clustering

_WIDEST = 16  # clusters, and labels, up to which a contingency table is printed
_LISTED = 5  # failed runs of a sweep


def print_clustering(found: Clustering) -> None:
    """Print sizes, the scores against every target, and what the clusters follow most."""
    settings = found.settings
    noise = f", {found.noise} samples are noise" if found.noise else ""
    typer.echo(
        f"clustering {found.id}: {len(found.ids)} samples by {settings['features']} "
        f"({found.table.vectors.shape[1]} numbers, {found.scaled.shape[1]} after scaling "
        f"{settings['scaling']}), {settings['algorithm']}"
    )
    typer.echo(f"{len(found.sizes)} clusters of {', '.join(map(str, found.sizes))}{noise}")
    _print_curve(found)
    _print_scores(found)
    for target, why in found.left_out.items():
        typer.echo(f"not compared with the {target}: {why}")
    shape = {name: "–" if v is None else f"{v:.3f}" for name, v in found.shape.items()}
    typer.echo(
        f"silhouette {shape['silhouette']} (of {found.shape['silhouette_samples']} samples), "
        f"Davies-Bouldin {shape['davies_bouldin']}, Calinski-Harabasz {shape['calinski_harabasz']}"
    )
    if "emotion" in found.contingency:
        _print_contingency(found.contingency["emotion"])


def print_sweep(runs: pl.DataFrame, ranked: pl.DataFrame) -> None:
    """Print the ranked table, and why runs failed."""
    targets = [name.removesuffix("_ari") for name in ranked.columns if name.endswith("_ari")]
    head = ["rank", "features", "algorithm", "runs", "k"]
    for target in targets:
        head += [f"{target} ARI", "95 %", "NMI", "95 %"]
    rows = [
        [
            *(row[name] for name in ("rank", "features", "algorithm", "runs", "k")),
            *(cell for target in targets for cell in _mean_cells(row, target)),
        ]
        for row in ranked.iter_rows(named=True)
    ]
    print_table([*head, "seconds"], [[*c, r] for c, r in zip(rows, ranked["seconds"], strict=True)])
    failed = runs.filter(runs["reason"].is_not_null())
    for row in failed.head(_LISTED).iter_rows(named=True):
        typer.echo(f"failed: {row['features']}, {row['algorithm']}, {row['seed']}: {row['reason']}")
    if (more := failed.height - _LISTED) > 0:
        typer.echo(f"… and {more} more (--json lists them all)")


def _print_curve(found: Clustering) -> None:
    curve = found.curve
    if curve is None:
        return
    gap = "none that was tried" if curve.gap_k is None else str(curve.gap_k)
    typer.echo(f"k by silhouette: {curve.k}, by gap: {gap} (of {curve.samples} samples)")
    columns = (curve.ks, curve.silhouette, curve.gap, curve.gap_error, curve.inertia)
    rows = [
        [str(k), "" if k == 1 else f"{s:.4f}", f"{g:.4f}", f"{e:.4f}", f"{i:.5g}"]
        for k, s, g, e, i in zip(*columns, strict=True)
    ]
    print_table(["k", "silhouette", "gap", "error", "spread"], rows)
    typer.echo("")


def _print_scores(found: Clustering) -> None:
    if not found.scores:
        return
    head = ["against", "samples", "groups", "ARI", "95 %", "NMI", "95 %", "chance", "AMI", "95 %"]
    rows = []
    for target, scores in found.scores.items():
        cells: list[Any] = [target, found.counted[target], found.contingency[target].height]
        for name in ("ari", "nmi", "ami"):
            score = scores[name]
            cells += [_figure(score.value), _interval(score)]
            if name == "nmi":
                cells.append(_figure(score.chance))
        for name in ("purity", "accuracy"):
            cells += [_figure(scores[name].value), _figure(scores[name].chance)]
        rows.append(cells)
    print_table([*head, "purity", "chance", "accuracy", "chance"], rows)
    grouped = {t: level for t, level in found.group_levels.items() if level is not None}
    for level in dict.fromkeys(grouped.values()):
        names = ", ".join(target for target in grouped if grouped[target] == level)
        typer.echo(f"intervals of {names}: whole {level}s are drawn, their samples are alike")
    from cinemotion.flows.clustering.found import judge_clusters

    for line in judge_clusters(found).lines:
        typer.echo(line)


def _print_contingency(table: pl.DataFrame) -> None:
    if table.width - 1 <= _WIDEST and table.height <= _WIDEST:
        typer.echo("")
        print_table(["emotion", *table.columns[1:]], table.rows())


def _mean_cells(row: dict[str, Any], target: str) -> list[str]:
    cells = []
    for name in (f"{target}_ari", f"{target}_nmi"):
        cells += [_figure(row[name]), _ends(row[f"{name}_low"], row[f"{name}_high"])]
    return cells


def _interval(score: Any) -> str:
    """The interval by group where groups are known: samples of one film are alike."""
    if score.group_low is None or score.group_high is None:
        return _ends(score.low, score.high)
    return _ends(score.group_low, score.group_high)


def _ends(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:.4f} to {high:.4f}"


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
