"""Do something to a module as soon as it is imported, so that an SDK nobody uses is never loaded."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

Hook = Callable[[ModuleType], None]


class ImportHooks(MetaPathFinder):
    """Calls each hook with its module: at once if it is imported already, else right after its import."""

    def __init__(self) -> None:
        self._hooks: dict[str, Hook] = {}
        self._searching: set[str] = set()

    def when_imported(self, name: str, hook: Hook) -> None:
        """Call `hook(module)` once the module `name` is there."""
        if name in sys.modules:
            hook(sys.modules[name])
        else:
            self._hooks[name] = hook

    def install(self) -> None:
        sys.meta_path.insert(0, self)

    def remove(self) -> None:
        self._hooks.clear()
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self._hooks or fullname in self._searching:
            return None
        self._searching.add(fullname)
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self._searching.discard(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = _ThenCall(spec.loader, self, fullname)
        return spec

    def _imported(self, name: str, module: ModuleType) -> None:
        hook = self._hooks.pop(name, None)
        if hook is not None:
            hook(module)


class _ThenCall(Loader):
    """The module's own loader, and the hook after it."""

    def __init__(self, loader: Any, hooks: ImportHooks, name: str) -> None:
        self._loader = loader
        self._hooks = hooks
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)  # type: ignore[no-any-return]

    def exec_module(self, module: ModuleType) -> None:
        spec = module.__spec__
        if spec is not None:
            spec.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._hooks._imported(self._name, module)
