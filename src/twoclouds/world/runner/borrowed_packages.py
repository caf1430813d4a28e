"""The image's packages, and no others, in this process: what a virtual environment does for a subprocess."""

from __future__ import annotations

import builtins
import contextlib
import importlib.abc
import importlib.machinery
import importlib.metadata
import sys
import sysconfig
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from twoclouds.world.images import Image
from twoclouds.world.runner.job import old_models
from twoclouds.world.runner.job.packages import finders
from twoclouds.world.wheelhouse import OWN


class Carried(importlib.metadata.MetadataPathFinder, importlib.abc.MetaPathFinder):
    """Finds the modules and the distributions that an image carries, where they lie on this machine."""

    def __init__(self, image: Image) -> None:
        self.hidden: dict[str, ModuleType] = {}
        self.callers: tuple[list[Any], list[str]] = ([], [])
        self.carry(image)

    def carry(self, image: Image) -> None:
        """Find what ``image`` carries from now on."""
        self.image = image
        self._modules = {_dotted(link.path) for link in image.links}

    def carries(self, name: str) -> bool:
        """Whether a module is one of the image's, or a namespace that leads to one."""
        return any(name == held or name.startswith(held + ".") or held.startswith(name + ".") for held in self._modules)

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """The caller's own modules again, for as long as its code has to run."""
        job = list(sys.meta_path), list(sys.path), {name: sys.modules.get(name) for name in self.hidden}
        sys.meta_path[:], sys.path[:] = self.callers
        sys.modules.update(self.hidden)
        try:
            yield
        finally:
            sys.meta_path[:], sys.path[:] = job[0], job[1]
            for name, module in job[2].items():
                if module is None:
                    sys.modules.pop(name, None)
                else:
                    sys.modules[name] = module

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """See :class:`importlib.abc.MetaPathFinder`."""
        if not self.carries(name):
            return None
        homes = [str(home) for home in self.image.homes]
        return importlib.machinery.PathFinder.find_spec(name, path if path is not None else homes, target)

    def find_distributions(self, context: Any = None) -> Iterable[importlib.metadata.Distribution]:  # type: ignore[override]
        """See :class:`importlib.metadata.DistributionFinder`."""
        wanted = importlib.metadata.Prepared(context.name if context else None)  # type: ignore[attr-defined]
        for link in self.image.links:
            if link.path.endswith(".dist-info"):
                found = importlib.metadata.PathDistribution(link.source)
                if not wanted or importlib.metadata.Prepared(found.metadata["Name"]).normalized == wanted.normalized:  # type: ignore[attr-defined]
                    yield found


def _dotted(path: str) -> str:
    name = path.removesuffix("/__init__.py").removesuffix(".py")
    if name.endswith((".so", ".pyd")):
        name = name.split(".")[0]
    return name.replace("/", ".")


@contextlib.contextmanager
def carried(image: Image, *, root: Path, remarks: dict[str, str]) -> Iterator[Carried]:
    """Let imports see the standard library, the image and a script's own modules under ``root``, which go afterwards.
    ``remarks`` are those still to be made, by import name.

    Packages of the image stay imported, for the next job: compiled ones cannot be loaded twice in a process. Those of
    the course's own go, for the next job may have another version.
    """
    finder = Carried(image)
    standard = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")]
    elsewhere = [str(home) for home in image.wheelhouse.homes]
    before = dict(sys.modules)
    hidden = {name: module for name, module in before.items() if _hidden(name, module, finder, elsewhere)}
    saved = list(sys.meta_path), list(sys.path)
    for name in hidden:
        del sys.modules[name]
    sys.path[:] = [
        entry
        for entry in sys.path
        if entry.startswith(tuple(standard)) and entry not in elsewhere and "site-packages" not in entry
    ]
    sys.path.extend(name for name in _archives() if name not in sys.path)
    sys.meta_path[:] = [*finders(image.definition.absent, {}, image.definition.pinned), finder, *_standard_finders()]
    finder.hidden = hidden
    finder.callers = saved
    real_import = builtins.__import__
    builtins.__import__ = _announcing(real_import, remarks)
    forget = old_models.install() if "sklearn" in image.remarks else lambda: None
    try:
        yield finder
    finally:
        builtins.__import__ = real_import
        forget()
        sys.meta_path[:], sys.path[:] = saved
        for name, module in list(sys.modules.items()):
            if name not in before and str(getattr(module, "__file__", "") or "").startswith((str(root), str(OWN))):
                del sys.modules[name]
        sys.modules.update(hidden)
        if "__main__" in before:
            sys.modules["__main__"] = before["__main__"]
        importlib.invalidate_caches()


def _announcing(real_import: Callable[..., Any], left: dict[str, str]) -> Callable[..., Any]:
    """An `import` that announces substituted packages: a package that stays imported meets no finder again."""

    def announce(name: str, *args: Any, **kwargs: Any) -> Any:
        remark = left.pop(name.partition(".")[0], "")
        if remark:
            print(remark, file=sys.stderr, flush=True)
        return real_import(name, *args, **kwargs)

    return announce


def _archives() -> list[str]:
    """Where the interpreter itself finds its library (a zip file in some builds)."""
    return [entry for entry in sys.path if entry.endswith(".zip")]


def _standard_finders() -> list[Any]:
    return [importlib.machinery.BuiltinImporter, importlib.machinery.FrozenImporter, importlib.machinery.PathFinder]


def _hidden(name: str, module: ModuleType, finder: Carried, elsewhere: list[str]) -> bool:
    top = name.partition(".")[0]
    if top in sys.stdlib_module_names or name == "__main__" or finder.carries(name):
        return False
    file = str(getattr(module, "__file__", None) or "")
    return top not in ("time_machine", "_time_machine") and (not file or not file.startswith("<"))
