"""An SVG as matplotlib writes it, made fit to stand inside a page beside others."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from loadgen.model.inert import inert
from loadgen.report.charts.colours import LIGHT

_SVG, _LINK = "http://www.w3.org/2000/svg", "{http://www.w3.org/1999/xlink}href"
_COLOUR = re.compile("|".join(LIGHT.values()), re.IGNORECASE)
_NAMES = {colour: name for name, colour in LIGHT.items()}
_NUMBER = re.compile(r"-?\d+\.\d+")
_SPACE = re.compile(r"([:;,]) ")
_LETTERS = re.compile(r"[A-Za-z]")
_STEP = re.compile(r"(z)|([ML]) (-?[\d.]+) (-?[\d.]+)")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_FONT = re.compile(r"'DejaVu Sans'(?:, [^;]+)?")


def inline(content: bytes, name: str, title: str, alt: str) -> str:
    """The root element as text.

    `name` is the beginning of every id in it. It scales with the width of its place and speaks `title` and `alt`.
    """
    root = ET.fromstring(content)  # noqa: S314 - our own library's words, written a moment ago
    for parent in list(root.iter()):
        for child in [one for one in parent if one.tag.rpartition("}")[2] in {"metadata", "title", "style"}]:
            parent.remove(child)
    used = {reference for element in root.iter() for reference in _references(element)}
    for element in root.iter():
        _named(element, name, used)
        _styled(element)
    _rooted(root, name, title, alt)
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    return ET.tostring(root, encoding="unicode")


def _references(element: ET.Element) -> list[str]:
    return [
        *(element.get(_LINK, "").removeprefix("#"),),
        *(found for value in element.attrib.values() for found in _REFERENCE.findall(value)),
    ]


def _named(element: ET.Element, name: str, used: set[str]) -> None:
    """Ids that are referred to get the name before them, the others go."""
    own = element.attrib.pop("id", None)
    if own in used:
        element.set("id", f"{name}-{own}")
    if _LINK in element.attrib:
        # without the prefix of a namespace, as pages write it
        element.set("href", f"#{name}-{element.attrib.pop(_LINK).removeprefix('#')}")
    for key, value in element.attrib.items():
        if "url(#" in value:
            element.set(key, _REFERENCE.sub(rf"url(#{name}-\1)", value))


def _styled(element: ET.Element) -> None:
    style = element.get("style")
    if style is not None:
        style = _FONT.sub("var(--chart-font, system-ui, sans-serif)", style)
        element.set("style", _SPACE.sub(r"\1", _COLOUR.sub(_property, style)))
    for key in ("points", "transform", "x", "y", "width", "height"):
        if key in element.attrib:
            element.set(key, _NUMBER.sub(_rounded, element.attrib[key]))
    if "d" in element.attrib:
        element.set("d", _short(element.attrib["d"]))


def _rounded(found: re.Match[str]) -> str:
    return _tenths(round(10 * float(found[0])))


def _short(path: str) -> str:
    """A path of straight lines as steps of tenths of a pixel; any other as it is."""
    if set(_LETTERS.findall(path)) - {"M", "L", "z"}:
        return path
    x, y, steps = 0, 0, []
    for end, letter, to_x, to_y in _STEP.findall(path):
        if end:
            steps.append("z")
            continue
        next_x, next_y = round(10 * float(to_x)), round(10 * float(to_y))
        if letter == "M":
            steps.append(f"M{_tenths(next_x)} {_tenths(next_y)}")
        elif (next_x, next_y) != (x, y):
            steps.append(f"l{_tenths(next_x - x)} {_tenths(next_y - y)}")
        x, y = next_x, next_y
    return "".join(steps).replace(" -", "-")


def _tenths(number: int) -> str:
    whole, part = divmod(abs(number), 10)
    return f"{'-' if number < 0 else ''}{whole}{f'.{part}' if part else ''}"


def _property(found: re.Match[str]) -> str:
    colour = found[0].lower()
    return f"var(--chart-{_NAMES[colour]}, {colour})"


def _rooted(root: ET.Element, name: str, title: str, alt: str) -> None:
    for key in ("width", "height", "version"):
        root.attrib.pop(key, None)
    root.set("role", "img")
    root.set("style", "stroke-linejoin:round;stroke-linecap:butt")  # a style element would hold for the whole page
    root.set("aria-labelledby", f"{name}-title {name}-alt")
    for place, (kind, text) in enumerate((("title", title), ("desc", alt))):
        element = ET.Element(f"{{{_SVG}}}{kind}", {"id": f"{name}-{'title' if kind == 'title' else 'alt'}"})
        element.text = inert(text)
        root.insert(place, element)
