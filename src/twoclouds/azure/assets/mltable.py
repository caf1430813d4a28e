"""MLTable: a folder with a file that says which files its table is read from.

https://learn.microsoft.com/azure/machine-learning/reference-yaml-mltable. Here the paths alone are evaluated, as by the
modes `eval_mount` and `eval_download`; the transformations are those of the package `mltable`, which this lab lacks.
"""

from __future__ import annotations

from fnmatch import fnmatch
from typing import Any

from twoclouds.azure.errors import bad_request
from twoclouds.azure.identity.principals import Principal
from twoclouds.azure.state import State
from twoclouds.azure.storage import data_paths


def evaluate(state: State, folder: dict[str, bytes], who: Principal) -> dict[str, bytes]:
    """The files (path → content) that the MLTable in a folder names, read by `who`.

    Raises AzureError if there is no such file, or if it names none.
    """
    import yaml

    try:
        paths = yaml.safe_load(folder["MLTable"])["paths"]
        entries = [next(iter(entry.items())) for entry in paths]
    except (KeyError, TypeError, AttributeError, StopIteration, yaml.YAMLError):
        raise bad_request("An mltable is a folder with a file MLTable that lists its paths.") from None
    found: dict[str, bytes] = {}
    for kind, path in entries:
        found |= _matching(state, folder, kind, str(path), who)
    if not found:
        raise bad_request("The paths of the MLTable name no file.")
    return found


def _matching(state: State, folder: dict[str, bytes], kind: str, path: Any, who: Principal) -> dict[str, bytes]:
    if "://" in path:
        return data_paths.read(state, path, who)
    path = path.removeprefix("./")
    pattern = {"file": path, "folder": f"{path.rstrip('/')}/*", "pattern": path}.get(kind, path)
    return {name: data for name, data in folder.items() if fnmatch(name, pattern) and name != "MLTable"}
