"""Registries: names that stand for implementations, imported only when used.

    DETECTORS = Registry("detector", {"centerface": "cinemotion.faces.centerface:CenterFace"})
    detector = DETECTORS.load("centerface")()

A new implementation is one line in such a table. ``tests/contracts`` holds one file per
registry and runs it over every registered name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from cinemotion.core.errors import BadInputError


class Registry(Mapping[str, str]):
    """A mapping from names to ``"module:attribute"`` strings.

    Args:
        kind: What the names stand for, used in messages, for instance ``"detector"``.
        targets: The names and where their implementations live.
    """

    def __init__(self, kind: str, targets: Mapping[str, str]) -> None:
        self.kind = kind
        self._targets = dict(targets)

    def __getitem__(self, name: str) -> str:
        try:
            return self._targets[name]
        except KeyError:
            raise BadInputError(
                f"unknown {self.kind} {name!r}; choose one of: {', '.join(sorted(self._targets))}"
            ) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._targets)

    def __len__(self) -> int:
        return len(self._targets)

    def __contains__(self, name: object) -> bool:
        return name in self._targets

    def load(self, name: str) -> Any:
        """Import and return what ``name`` stands for.

        Raises:
            BadInputError: The name is not registered; the message lists the choices.
        """
        module, _, attribute = self[name].partition(":")
        return getattr(import_module(module), attribute)
