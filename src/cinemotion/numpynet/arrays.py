"""The two types that every file here speaks of."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]
"""Numbers of one floating type: float32, unless a network was turned into another."""

Shape = tuple[int | None, ...]
"""Of one sample, without the batch; None for a height or width that may be any."""
