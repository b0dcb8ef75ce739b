"""The progress bar of a build, where somebody can see it.

with building() as watch:
    build(films, out, watch=watch)
"""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cinemotion.flows.building.watch import Watch


def building() -> AbstractContextManager[Watch]:
    """A bar on standard error, or something quiet where nobody looks."""
    from cinemotion.flows.building.watch import Quiet

    if not sys.stderr.isatty():
        return nullcontext(Quiet())
    from cinemotion.cli.progress import BuildProgress

    return BuildProgress()
