"""sagemaker's waiting panel: redrawn by a thread many times a second of real time, and gone when the wait is over."""

from __future__ import annotations

from types import ModuleType, TracebackType

from twoclouds.wire.patches import Patches


class _NoPanel:
    """Stands where `rich.live.Live` stood: shows nothing, and leaves nothing behind, not even an empty widget."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __enter__(self) -> _NoPanel:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        pass


def _no_panel(patches: Patches, module: ModuleType) -> None:
    patches.attribute(module, "Live", _NoPanel)


MODULES = {"sagemaker.core.resources": _no_panel}
