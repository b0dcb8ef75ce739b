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
def steady() -> Iterator[None]:
    """Let scikit-learn's loops run on two threads at most, and without its warnings.

    Three partial sums added up in another order differ in their last bit, and a sample between
    two clusters may then change sides; two cannot. Its warnings say that samples are equal, or
    that a graph has separate parts: those are results.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    with needs("scikit-learn", "cluster"):
        import sklearn  # noqa: F401 - so that nobody inside has to ask for it
        from threadpoolctl import threadpool_limits

    with threadpool_limits(2, "openmp"), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield
