"""Packages in which this lab's image differs from the real one: importing one says so."""

from __future__ import annotations

import importlib.abc
import importlib.util
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from . import old_models
from .network import WhenImported


class NotInThisLab(RuntimeError):
    """The real image carries this package; this lab cannot run it. Not an ImportError: a script's fallback would not
    run in the cloud.
    """


NotInThisLab.__module__ = "builtins"


class Absent(importlib.abc.MetaPathFinder):
    """Refuses absent modules to a script; to a library, which may do without, they are just not there.

    ``names`` are modules (``torch``) or parts of packages that others share
    (``azureml.core``), whose package is refused as well where nobody else brings it; ``pinned`` says what the real
    image's recipe asks for of some.
    """

    def __init__(self, names: frozenset[str], pinned: Mapping[str, str]) -> None:
        self._names = names
        self._pinned = pinned
        self._parents = frozenset(name.rpartition(".")[0] for name in names if "." in name)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """Raise for an absent module; leave every other to the next finder."""
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            if ".".join(parts[:end]) in self._names:
                return _refuse(".".join(parts[:end]), self._pinned)
        if name in self._parents and not self._is_elsewhere(name, path):
            return _refuse(name, self._pinned)
        return None

    def _is_elsewhere(self, name: str, path: Any) -> bool:
        others = sys.meta_path[sys.meta_path.index(self) + 1 :]
        return any(finder.find_spec(name, path) for finder in others if hasattr(finder, "find_spec"))


def _refuse(name: str, pinned: Mapping[str, str]) -> None:
    recipe = f", whose recipe asks for {pinned[name]}" if name in pinned else ""
    text = (
        f"{name} is part of the real image{recipe}, but not of this lab, which runs on your own machine. "
        "On the real cloud this import succeeds."
    )
    importer, only_looks = _importer()
    if "site-packages" not in importer:
        raise NotInThisLab(text)
    if not only_looks:
        raise ModuleNotFoundError(f"{NotInThisLab.__name__}: {text}", name=name)


def _importer() -> tuple[str, bool]:
    """The file of the code that imports, and whether it only looks if there is such a module."""
    frame: Any = sys._getframe(1)
    only_looks = False
    while frame is not None and frame.f_code.co_filename.startswith(_MACHINERY):
        only_looks = only_looks or frame.f_code.co_filename == importlib.util.__file__
        frame = frame.f_back
    return (frame.f_code.co_filename if frame is not None else "", only_looks)


_MACHINERY = (__file__, "<frozen importlib", importlib.__path__[0])


class Substituted(importlib.abc.MetaPathFinder):
    """Announces, on stderr and once, that a package is another version than the real image's."""

    def __init__(self, remarks: Mapping[str, str]) -> None:
        self._remarks = dict(remarks)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """Say so at the package's first import; leave it, as every other, to the next finder."""
        remark = self._remarks.pop(name, "")
        if remark:
            print(remark, file=sys.stderr, flush=True)


def finders(
    absent: Iterable[str], substituted: Mapping[str, str], pinned: Mapping[str, str]
) -> list[importlib.abc.MetaPathFinder]:
    """What goes before an interpreter's own finders: ``absent`` names projects (``inference-schema``) or modules,
    ``substituted`` maps an import name to its remark, ``pinned`` an absent one to its requirement.
    """
    found: list[importlib.abc.MetaPathFinder] = []
    if absent:
        found.append(Absent(frozenset(name.replace("-", "_") for name in absent), pinned))
    if substituted:
        found.append(Substituted(substituted))
    return found


def install(absent: Iterable[str], substituted: Mapping[str, str], pinned: Mapping[str, str]) -> None:
    """Refuse ``absent`` packages with an explanation, and announce ``substituted`` ones."""
    if "sklearn" in substituted:
        old_models.install()
    sys.meta_path[:0] = [*finders(absent, substituted, pinned), WhenImported("xgboost.sklearn", _name_kinds)]


def _name_kinds(module: Any) -> None:
    """XGBoost 3.0 asks its estimators for the name of their kind, which scikit-learn gave them until 1.6."""
    for name, kind in (("XGBClassifier", "classifier"), ("XGBRegressor", "regressor"), ("XGBRanker", "ranker")):
        getattr(module, name)._estimator_type = kind


def answer(rows: Iterable[tuple[str, str, str]]) -> None:
    """Let functions answer as rows (module, function, answer) say, from when their module is imported."""
    for module, name, value in rows:

        def change(imported: Any, name: str = name, value: str = value) -> None:
            setattr(imported, name, lambda *args, **kwargs: value)

        sys.meta_path.insert(0, WhenImported(module, change))
