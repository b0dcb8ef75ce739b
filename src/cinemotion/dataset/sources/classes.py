"""Class names as they come, and the labels they become.

classes = Classes(read_class_map(["joy=happy"]))
classes.label("Surprised")       # 'surprise', a pinned emotion
classes.label("joy")             # 'happy', as the map says
classes.label("Boredom")         # 'boredom', kept in lower case; see classes.kept
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from cinemotion.core.emotions import canonical, plain
from cinemotion.core.errors import BadInputError
from cinemotion.dataset.sources.csvfiles import read_header, read_rows


class Classes:
    """Turns class names into labels, and remembers which names it met.

    Args:
        mapping: Class name → label, in any case and wording; it comes before the pinned names.
    """

    def __init__(self, mapping: Mapping[str, str] | None = None) -> None:
        self._mapping = {plain(name): label for name, label in (mapping or {}).items()}
        self._labels: dict[str, str] = {}

    def label(self, name: str) -> str:
        """The label of a class name, lower case with underscores."""
        if name not in self._labels:
            asked = self._mapping.get(plain(name), name)
            # A name without a letter or digit must not become a folder such as "..".
            self._labels[name] = canonical(asked) or plain(asked) or f"class_{asked.encode().hex()}"
        return self._labels[name]

    @property
    def met(self) -> dict[str, str]:
        """Every class name met so far and its label, sorted."""
        return dict(sorted(self._labels.items()))

    @property
    def kept(self) -> list[str]:
        """Labels that are no pinned emotion."""
        return sorted({label for label in self._labels.values() if canonical(label) is None})

    @property
    def spellings(self) -> dict[str, list[str]]:
        """Every label of :attr:`kept` → the names that it was made of, sorted."""
        names: dict[str, list[str]] = {label: [] for label in self.kept}
        for name, label in self.met.items():
            if label in names:
                names[label].append(name)
        return names

    @property
    def merged(self) -> dict[str, list[str]]:
        """Labels that nobody asked for and several names became, by more than their case."""
        own = {
            label: [name for name in names if plain(name) not in self._mapping]
            for label, names in self.spellings.items()
        }
        return {
            label: names
            for label, names in own.items()
            if len({name.casefold() for name in names}) > 1
        }

    @property
    def unused(self) -> list[str]:
        """Names in the map that no picture had."""
        return sorted(set(self._mapping) - {plain(name) for name in self._labels})


def read_class_map(items: Sequence[str]) -> dict[str, str]:
    """A mapping from pairs such as ``joy=happy`` and from files of such pairs.

    Args:
        items: Pairs, TOML files of them (``joy = "happy"``), or CSV files with a class name and
            a label in their first two columns, below a header.

    Raises:
        BadInputError: An item is neither, or a file cannot be read.
    """
    mapping: dict[str, str] = {}
    for item in items:
        name, sign, label = item.partition("=")
        if Path(item).suffix in (".csv", ".toml"):
            mapping.update(_read_file(Path(item)))
        elif sign and name.strip() and label.strip():
            mapping[name.strip()] = label.strip()
        else:
            raise BadInputError(
                f"class map {item!r} is neither a pair such as joy=happy nor a .csv or .toml file"
            )
    return mapping


def _read_file(path: Path) -> dict[str, str]:
    if not path.is_file():
        raise BadInputError(
            f"class map {path}: there is no such file; give the path of a .csv or .toml file, or "
            "pairs such as joy=happy"
        )
    if path.suffix == ".csv":
        if len(read_header(path)) < 2:
            raise BadInputError(
                f"class map {path} needs two columns, class name and label, below a header"
            )
        rows = read_rows(path, {"name": 0, "label": 1})
        return {row["name"].strip(): row["label"].strip() for row in rows}
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInputError(f"class map {path} cannot be read ({error})") from error
    if not all(isinstance(label, str) for label in found.values()):
        raise BadInputError(f'class map {path} needs lines such as joy = "happy", and no tables')
    return found
