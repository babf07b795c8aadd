"""Kinds of resources that may give way: one file each, found by itself; a file joins by its last line, `RESOURCE = …`.

Each file holds all there is to its kind: what is in use of it, when somebody waits for it, whose it is, its usual
limit, how a sentence names it, and an example of what exporters show of it.
"""

from __future__ import annotations

import importlib
import pkgutil

from loadgen.resources.resource import CELSIUS, RATIO, Example, Resource, Shown
from loadgen.resources.selection import run_selector

__all__ = ["CELSIUS", "RATIO", "RESOURCES", "Example", "Resource", "Shown", "run_selector"]


def _found() -> dict[str, Resource]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    resources = [module.RESOURCE for module in modules if hasattr(module, "RESOURCE")]
    return {resource.kind: resource for resource in resources}


RESOURCES = _found()
"""Every kind of resource by its name."""
