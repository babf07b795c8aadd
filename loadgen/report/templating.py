"""Templates: every text that they are given is shown as it is and does nothing; the page needs no other file."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from msgspec import Struct

from loadgen.model.inert import inert
from loadgen.report.charts.chart import Chart
from loadgen.report.charts.colours import DARK, LIGHT
from loadgen.report.charts.pictures import svg

FOLDER = Path(__file__).parent / "templates"


class Drawn(Struct, frozen=True, kw_only=True):
    """A chart inside a page, for a window on a desk and for a phone.

    Its markup may be taken as safe: it is our own library's, and has been through an XML parser, which quotes texts.
    """

    name: str
    title: str
    wide: str
    narrow: str


def drawn(chart: Chart) -> Drawn:
    """The chart in both sizes."""
    wide, narrow = svg(chart, narrow=False), svg(chart, narrow=True)
    return Drawn(name=chart.name, title=chart.title, wide=wide, narrow=narrow)


def render(template: str, **values: Any) -> str:
    """The page made from `templates/<template>`. A name that a template asks for and is not given is an error.

    Beside `values` it has the style, the script and the policy that lets no other script run and nothing be loaded.
    """
    style, script = (FOLDER.joinpath(name).read_text("utf-8") for name in ("page.css", "page.js"))
    own = {"style": colours() + style, "script": script, "policy": policy(script)}
    return _environment().get_template(template).render(**own, **values)


def colours() -> str:
    """The custom properties by which charts inside a page are coloured; paper is light."""
    light, dark = ("".join(f"--chart-{name}:{value};" for name, value in hues.items()) for hues in (LIGHT, DARK))
    return f":root{{{light}}}\n@media screen and (prefers-color-scheme: dark){{:root{{{dark}}}}}\n"


def policy(script: str) -> str:
    """The content security policy of a page whose only script is this one."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def shown(value: Any) -> Any:
    """A value as the page may hold it: what cannot be printed is replaced; lines and markup of our own stay."""
    if not isinstance(value, str) or hasattr(value, "__html__") or value.isprintable():
        return value
    return "\n".join(map(inert, value.split("\n")))


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
