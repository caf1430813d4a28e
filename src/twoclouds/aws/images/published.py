"""Images that AWS publishes: which there are, in whose registry in which region, and what they hold.

Which there are is what the SDK's `image_uris` lists; what they hold is `data/images.csv`.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

from twoclouds.aws import catalog
from twoclouds.aws.images import container_files
from twoclouds.world.catalog import Row
from twoclouds.world.images import ImageDefinition, Images

MODULES = {"sklearn": "sagemaker_sklearn_container", "xgboost": "sagemaker_xgboost_container"}
"""What a framework's toolkit is called in the log, where it is not sagemaker_<framework>_container."""


@dataclass
class Repository:
    """A repository that AWS has in every region: registry accounts by region, and how its tags begin."""

    name: str
    registries: dict[str, set[str]] = field(default_factory=dict)
    versions: set[str] = field(default_factory=set)

    def version(self, tag: str) -> str:
        """The version that a tag names; "" for one that is not listed."""
        known = [v for v in self.versions if tag == v or tag.startswith((f"{v}-", f"{v}.", f"{v}+"))]
        return max(known, key=len, default="")


@cache
def repositories() -> dict[str, Repository]:
    """All of them, by name."""
    found: dict[str, Repository] = {}
    spec = importlib.util.find_spec("sagemaker")
    for place in (spec.submodule_search_locations or []) if spec else []:
        for path in sorted((Path(place) / "core" / "image_uri_config").glob("*.json")):
            for versions, leaf in _leaves(json.loads(path.read_text(encoding="utf-8")), ()):
                repository = found.setdefault(leaf["repository"], Repository(leaf["repository"]))
                repository.versions |= set(versions)
                for region, account in leaf["registries"].items():
                    repository.registries.setdefault(region, set()).add(account)
    return found


def _leaves(config: Any, versions: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """(how its tags begin, entry) for every entry of a configuration that names a repository."""
    if not isinstance(config, dict):
        return
    if "repository" in config and "registries" in config:
        yield (*versions, *filter(None, [config.get("tag_prefix")])), config
        return
    aliases = tuple(config.get("version_aliases", {}))
    for name, value in config.items():
        if name not in ("version_aliases", "registries"):
            plain = (name.removeprefix("pytorch").removeprefix("tensorflow"),) if re.search(r"\d", name) else ()
            yield from _leaves(value, versions + plain + (aliases if name == "versions" else ()))


def row(repository: str, tag: str) -> Row | None:
    """What is known of an image; None for one of those that this lab only knows by name."""
    rows = catalog.table("images")
    name = next((name for name in rows if fnmatch(f"{repository}:{tag}", name)), None)
    return rows[name] if name else None


def definition(images: Images, uri: str, facts: Row, version: str) -> ImageDefinition:
    """What an image holds here: of its packages those that this lab has, and the programs that it starts."""
    packages = facts["packages"].split()
    here = tuple(text for text in packages if images.carries(_project(text)))
    missing = tuple(_project(text) for text in packages if text not in here)
    absent = (*facts["absent"].split(), *missing)
    if facts["kind"] == "plain":
        return ImageDefinition(base=uri, packages=here, absent=absent, origin=uri)
    program = facts["program"]
    algorithm = facts["kind"] == "algorithm"
    image = {
        "kind": facts["kind"],
        "algorithm": program if algorithm or program == "xgboost" else "",
        "framework": program,
        "version": version,
        "module": f"{MODULES.get(program, f'sagemaker_{program}_container')}.training:main",
        "hyperparameters": hyperparameters(program),
    }
    return ImageDefinition(
        base=uri,
        packages=here,
        absent=absent,
        origin=uri,
        files=container_files.files(image),
        environment=container_files.ENVIRONMENT,
    )


@cache
def hyperparameters(algorithm: str) -> list[dict[str, Any]]:
    """The rules of an algorithm's hyperparameters, as `containers/hyperparameters.py` reads them."""
    rows = catalog.table("hyperparameters")
    names = [name for name in rows if name.startswith(f"{algorithm}/")]
    columns = ("kind", "values", "default", "auto")
    return [
        {
            "name": name.partition("/")[2],
            "required": rows[name]["required"] == "yes",
            **{column: rows[name][column] for column in columns},
        }
        for name in names
    ]


@cache
def metrics(algorithm: str) -> tuple[tuple[str, str], ...]:
    """(name, regular expression) of the metrics that SageMaker reads from an algorithm's log without being asked."""
    rows = catalog.table("metrics")
    names = [name for name in rows if name.startswith(f"{algorithm}/")]
    return tuple((name.partition("/")[2], rows[name]["regex"]) for name in names)


def _project(text: str) -> str:
    return re.split(r"[\s=<>!~\[;@]", text, maxsplit=1)[0]
