"""What the contract tests ask of AWS: a module for each noun, whose `scenario(lab)` calls all of its operations."""

import importlib
import pkgutil


def play(lab):
    """All scenarios, in one lab, in order of their names."""
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda found: found.name):
        importlib.import_module(f"{__name__}.{module.name}").scenario(lab)
