"""``croissant.json``: what an export holds, for programs.

Source: Croissant Format Specification 1.0, MLCommons. It holds no time and no absolute path, so
that two exports of a version are equal.
"""

from __future__ import annotations

from typing import Any

from cinemotion.dataset.export.content import Content
from cinemotion.dataset.export.layout import Layout
from cinemotion.dataset.export.rights import licences

NAME = "croissant.json"

# The specification's own context: every term that is ours to use, also those that are not needed.
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    **{
        term: f"cr:{term}"
        for term in (
            *("citeAs", "column", "equivalentProperty", "extract", "field", "fileObject"),
            *("fileProperty", "fileSet", "format", "includes", "isLiveDataset", "jsonPath"),
            *("key", "md5", "parentField", "path", "recordSet", "references", "regex"),
            *("repeated", "replace", "samplingRate", "separator", "source", "subField"),
            "transform",
        )
    },
}
_DESCRIPTION = (
    "Pictures of faces, labelled with the expression that they show; an expression shown is not "
    "an emotion felt. Version {id} of a dataset made with cinemotion."
)


def describe(content: Content, layout: Layout) -> dict[str, Any]:
    """The JSON-LD document.

    Args:
        content: What was exported.
        layout: The files that hold it.
    """
    id = content.version.id
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": f"cinemotion-{id[:12]}",
        "description": _DESCRIPTION.format(id=id),
        "identifier": id,
        "license": licences(content),
        "citeAs": f"cinemotion dataset, version {id}",
        "rai:dataLimitations": "Acted expressions; see README.md.",
        "rai:dataUseCases": "Research on facial expressions; not for judging persons.",
        "distribution": layout.distribution,
        "recordSet": [_classes(content), *layout.records],
    }


def _classes(content: Content) -> dict[str, Any]:
    def field(name: str, kind: str) -> dict[str, Any]:
        return {"@type": "cr:Field", "@id": f"classes/{name}", "name": name, "dataType": kind}

    return {
        "@type": "cr:RecordSet",
        "@id": "classes",
        "name": "classes",
        "dataType": "sc:Enumeration",
        "description": "The ordered classes.",
        "key": {"@id": "classes/name"},
        "field": [field("name", "sc:Text"), field("class", "sc:Integer")],
        "data": [
            {"classes/name": name, "classes/class": number}
            for number, name in enumerate(content.classes)
        ],
    }
