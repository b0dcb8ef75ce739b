"""An analysis for ELAN: ``film.eaf`` with shots, scenes, expressions and turning points as tiers.

The format is ELAN's EAF 3.0 (https://www.mpi.nl/tools/elan/EAF_Annotation_Format_3.0_and_ELAN.pdf).
Its times are milliseconds on the player's clock. The same analysis gives the same bytes.
"""

from __future__ import annotations

import os
from fractions import Fraction
from itertools import count
from pathlib import Path
from xml.etree import ElementTree as Xml

from cinemotion.core.writing import replacing
from cinemotion.flows.analyzing.analysis import Analysis
from cinemotion.flows.analyzing.marks import Mark, tiers

_DATE = "1970-01-01T00:00:00+00:00"  # the format wants one; ours would differ from run to run
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_POINT = Fraction(1, 5)  # seconds that a turning point is drawn for: ELAN knows no instants

Xml.register_namespace("xsi", _XSI)


def write_eaf(analysis: Analysis, path: Path) -> None:
    """Write the file in one step.

    Raises:
        BadInputError: It cannot be written.
    """
    tree = _document(analysis, tiers(analysis), path.parent)
    Xml.indent(tree)
    with replacing(path) as draft:
        Xml.ElementTree(tree).write(draft, encoding="utf-8", xml_declaration=True)


def _document(analysis: Analysis, told: dict[str, list[Mark]], beside: Path) -> Xml.Element:
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
    for tier, marks in told.items():
        element = Xml.SubElement(
            root, "TIER", {"TIER_ID": tier, "LINGUISTIC_TYPE_REF": "expression"}
        )
        for mark in marks:
            ids = [f"ts{next(slots)}" for _ in range(2)]
            end = mark.end if mark.end > mark.start else mark.start + _POINT
            for id, seconds in zip(ids, (mark.start, end), strict=True):
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
            Xml.SubElement(annotation, "ANNOTATION_VALUE").text = mark.text
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
