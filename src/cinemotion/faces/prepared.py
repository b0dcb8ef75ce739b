"""Networks that are changed before use, kept so that the change is made once per machine.

    data = prepared("centerface", source, open_its_shape)

The library that can change a network takes 0.25 s to import, in each worker of each run; the
changed file is read in a tenth of that. Its name carries the hash of its content, so that a
damaged copy is never used; without a cache that can be written, the change is made each time.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import platformdirs

from cinemotion.core.hashing import hash_bytes
from cinemotion.core.revisions import REVISIONS
from cinemotion.core.weights import WEIGHTS


def prepared(name: str, source: Path, change: Callable[[Path], bytes]) -> bytes:
    """The changed network, from the cache or made now.

    Args:
        name: A key of `WEIGHTS` and of `REVISIONS`; the revision counts changes of ``change``.
        source: The checked weight file.
        change: From the file to the changed network.
    """
    folder = platformdirs.user_cache_path("cinemotion") / "prepared"
    stem = f"{name}-{WEIGHTS[name].sha256[:12]}-r{REVISIONS[name]}"
    for path in sorted(folder.glob(f"{stem}-*.onnx")):
        with suppress(OSError):
            data = path.read_bytes()
            if path.stem == f"{stem}-{hash_bytes(data)[:32]}":
                return data
    data = change(source)
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f".{stem}.{os.getpid()}"
        draft.write_bytes(data)
        draft.replace(folder / f"{stem}-{hash_bytes(data)[:32]}.onnx")
    return data
