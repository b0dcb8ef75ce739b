"""An analysis for ELAN: ``film.eaf`` with shots, scenes of expression and turning points as tiers.

The format is ELAN's EAF 3.0 (https://www.mpi.nl/tools/elan/EAF_Annotation_Format_3.0_and_ELAN.pdf).
Its times are milliseconds on the player's clock. The same analysis gives the same bytes.
"""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path
from xml.etree import ElementTree as Xml

from cinemotion.core.writing import replacing
from cinemotion.flows.analyzing.analysis import Analysis, Person
from cinemotion.flows.analyzing.spans import expression_spans

_DATE = "1970-01-01T00:00:00+00:00"  # the format wants one; ours would differ from run to run
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_POINT = 0.2  # seconds that a turning point is drawn for: ELAN knows no instants

Row = tuple[float, float, str]


Xml.register_namespace("xsi", _XSI)


def write_eaf(analysis: Analysis, path: Path) -> None:
    """Write the file in one step.

    Raises:
        BadInputError: It cannot be written.
    """
    tiers = {"shots": _shots(analysis)}
    for person in analysis.people:
        tiers[_free(person.name, tiers)] = _expressions(analysis, person)
        if person.turns:
            tiers[_free(f"{person.name}: turning points", tiers)] = _turns(analysis, person)
    tree = _document(analysis, tiers, path.parent)
    Xml.indent(tree)
    with replacing(path) as draft:
        Xml.ElementTree(tree).write(draft, encoding="utf-8", xml_declaration=True)


def _document(analysis: Analysis, tiers: dict[str, list[Row]], beside: Path) -> Xml.Element:
    root = Xml.Element(
        "ANNOTATION_DOCUMENT",
        {
            "AUTHOR": "cinemotion",
            "DATE": _DATE,
            "FORMAT": "3.0",
            "VERSION": "3.0",
            f"{{{_XSI}}}noNamespaceSchemaLocation": "http://www.mpi.nl/tools/elan/EAFv3.0.xsd",
        },
    )
    header = Xml.SubElement(root, "HEADER", {"MEDIA_FILE": "", "TIME_UNITS": "milliseconds"})
    film = analysis.footage.path.resolve()
    Xml.SubElement(
        header,
        "MEDIA_DESCRIPTOR",
        {
            "MEDIA_URL": film.as_uri(),
            "MIME_TYPE": "video/mp4" if film.suffix.lower() in (".mp4", ".m4v") else "unknown",
            "RELATIVE_MEDIA_URL": Path(os.path.relpath(film, beside.resolve())).as_posix(),
        },
    )
    order = Xml.SubElement(root, "TIME_ORDER")
    slots, names = count(1), count(1)
    for tier, rows in tiers.items():
        element = Xml.SubElement(
            root, "TIER", {"TIER_ID": tier, "LINGUISTIC_TYPE_REF": "expression"}
        )
        for start, end, text in rows:
            ids = [f"ts{next(slots)}" for _ in range(2)]
            for id, seconds in zip(ids, (start, end), strict=True):
                value = str(max(0, round(1000 * seconds)))
                Xml.SubElement(order, "TIME_SLOT", {"TIME_SLOT_ID": id, "TIME_VALUE": value})
            annotation = Xml.SubElement(
                Xml.SubElement(element, "ANNOTATION"),
                "ALIGNABLE_ANNOTATION",
                {
                    "ANNOTATION_ID": f"a{next(names)}",
                    "TIME_SLOT_REF1": ids[0],
                    "TIME_SLOT_REF2": ids[1],
                },
            )
            Xml.SubElement(annotation, "ANNOTATION_VALUE").text = text
    Xml.SubElement(
        root,
        "LINGUISTIC_TYPE",
        {
            "LINGUISTIC_TYPE_ID": "expression",
            "TIME_ALIGNABLE": "true",
            "GRAPHIC_REFERENCES": "false",
        },
    )
    return root


def _shots(analysis: Analysis) -> list[Row]:
    rows = analysis.seen.shots.select("start", "end", "shot").iter_rows()
    return [(start, end, f"shot {shot + 1}") for start, end, shot in rows]


def _expressions(analysis: Analysis, person: Person) -> list[Row]:
    return [
        (span.start, span.end, span.label) for span in expression_spans(person, analysis.classes)
    ]


def _turns(analysis: Analysis, person: Person) -> list[Row]:
    found = []
    for turn in person.turns:
        moved = turn.after - turn.before
        more, less = (analysis.classes[int(at)] for at in (moved.argmax(), moved.argmin()))
        found.append((turn.seconds, turn.seconds + _POINT, f"more {more}, less {less}"))
    return found


def _free(name: str, taken: dict[str, list[Row]]) -> str:
    """A name that no tier has yet."""
    if name not in taken:
        return name
    return next(each for n in count(2) if (each := f"{name} ({n})") not in taken)
