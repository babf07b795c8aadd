"""What the YAML says about each kind of criterion: one file each, found by itself; its last line is `TERMS = Terms(…)`.

How a kind is measured, alerted and judged stands in `loadgen.criteria`, under the same name.
"""

from __future__ import annotations

import importlib
import pkgutil

from loadgen.config.terms.term import SCRAPES, Baseline, Resolved, Scene, Terms

__all__ = ["SCRAPES", "TERMS", "Baseline", "Resolved", "Scene", "Terms"]


def _found() -> dict[str, Terms]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    terms = [module.TERMS for module in modules if hasattr(module, "TERMS")]
    return {entry.kind: entry for entry in terms}


TERMS = _found()
"""The terms of every kind of criterion by its name."""
