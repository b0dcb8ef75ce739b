"""What clusters found, in plain words: the emotion shown, or rather the film?

    finding = judge_clusters(clustering)
    finding.lines[0]      # "The clusters follow the film most: AMI 0.62 (95 % interval …)."

The measure is the adjusted mutual information (Vinh, Epps and Bailey 2010): 0 is what chance gives
and 1 the same groups, whatever the number of clusters and of films, so that films, shots and
emotions can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cinemotion.flows.clustering.cluster import Clustering
    from cinemotion.learn.clusterscores import Score

MEASURE = "ami"
EMOTION = "emotion"
_HARDLY = 0.1  # agreement below which clusters are of no use to tell groups apart


@dataclass(frozen=True, slots=True)
class Finding:
    """What clusters found.

    Attributes:
        tone: ``good`` where they follow the emotion most, ``bad`` where something else,
            ``warn`` where hardly anything, or where it cannot be told.
        figure: The agreement with what they follow most.
        lines: One or more sentences.
    """

    tone: str
    figure: str
    lines: tuple[str, ...]


def judge_clusters(clustering: Clustering) -> Finding:
    """Say what the clusters follow most, and how far they follow the emotion."""
    measured = {target: scores[MEASURE] for target, scores in clustering.scores.items()}
    if not measured:
        line = (
            "There is nothing to compare the clusters with: no label, and no film, shot or track."
        )
        return Finding("warn", "–", (line,))
    first = max(measured, key=lambda target: measured[target].value)
    best, emotion = measured[first], measured.get(EMOTION)
    lines = [_leading(first, best)]
    if emotion is not None and first != EMOTION:
        also = "" if beats_chance(emotion) else ", which chance gives too"
        lines.append(f"With the emotion shown they agree at {_words(emotion)}{also}.")
    if clustering.alike:
        lines.append(
            f"Emotion and {_listed(clustering.alike)} are nearly the same thing in these samples, "
            "so that they cannot be told apart: to follow the one is to follow the other."
        )
    clear = "good" if first == EMOTION else "bad"
    tone = "warn" if clustering.alike or not _matters(best) else clear
    return Finding(tone, f"{best.value:.2f}", tuple(lines))


def interval_of(score: Score) -> tuple[float, float]:
    """The wider and more honest interval: by group where that is known, else by sample."""
    if score.group_low is None or score.group_high is None:
        return score.low, score.high
    return score.group_low, score.group_high


def beats_chance(score: Score) -> bool:
    """Whether all of the interval lies above what chance gives."""
    return interval_of(score)[0] > score.chance


def _matters(score: Score) -> bool:
    return beats_chance(score) and score.value >= _HARDLY


def _leading(target: str, score: Score) -> str:
    if _matters(score):
        scale = "0 is chance, 1 the same groups"
        return f"The clusters follow the {target} most: {_words(score)}; {scale}."
    return (
        "The clusters hardly follow anything that is known of the samples; closest comes the "
        f"{target}, with {_words(score)}."
    )


def _words(score: Score) -> str:
    low, high = interval_of(score)
    return f"AMI {score.value:.2f} (95 % interval {low:.2f} to {high:.2f})"


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
