"""Let scikit-learn give the same result twice.

with steady():
    from sklearn.cluster import KMeans

    labels = KMeans(7, random_state=0).fit(vectors).labels_
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from cinemotion.learn.optional import needs


@contextmanager
def steady(threads: int | None = 1) -> Iterator[None]:
    """Run scikit-learn's loops on so many threads, and without its warnings.

    Partial sums of several threads are added up in the order in which they come, and differ in
    their last bit: a sample between two clusters then changes sides. Several threads also wait
    for each other by turning in circles, which takes ten times as long where cores are busy.
    The warnings say that samples are equal, or that a graph has separate parts: those are results.

    Args:
        threads: One; ``None`` for all cores, for searches whose rows do not touch each other.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    with needs("scikit-learn", "cluster"):
        import sklearn  # noqa: F401 - so that nobody inside has to ask for it
        from threadpoolctl import threadpool_limits

    with threadpool_limits(threads, "openmp"), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield
