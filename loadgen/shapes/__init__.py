"""Load shapes: one file each, found by itself; a file joins by its last line, `SHAPE = Shape(…)`."""

from __future__ import annotations

import importlib
import pkgutil

from loadgen.shapes.shape import Fault, Load, Shape

__all__ = ["SHAPES", "Fault", "Load", "Shape"]


def _found() -> dict[str, Shape]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    shapes = [module.SHAPE for module in modules if hasattr(module, "SHAPE")]
    return {shape.kind: shape for shape in shapes}


SHAPES = _found()
"""Every load shape by its kind."""
