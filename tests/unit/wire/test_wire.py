"""Routing, patches that can be taken back, and modules met when they are imported."""

import importlib
import os
import sys

import pytest

from twoclouds.wire.http import Request, Response
from twoclouds.wire.imports import ImportHooks
from twoclouds.wire.patches import Patches
from twoclouds.wire.routing import Route, Router

ARM = "management.azure.com"


def answer(*_, **__):
    return Response(200)


ROUTER = Router(
    [
        Route("GET", ARM, "/workspaces/{workspace}", answer, "get workspace"),
        Route("GET", ARM, "/workspaces/{workspace}/computes/{name}", answer, "get compute"),
        Route("PUT", ".blob.core.windows.net", "/{container}/{key:path}", answer, "put blob"),
    ]
)


@pytest.mark.parametrize(
    ("method", "url", "expected"),
    [
        ("GET", f"https://{ARM}/workspaces/ws", ("get workspace", {"workspace": "ws"})),
        ("GET", f"https://{ARM}/WORKSPACES/ws/", ("get workspace", {"workspace": "ws"})),
        ("GET", f"https://{ARM}/workspaces/ws/computes/c%201?v=2", ("get compute", {"workspace": "ws", "name": "c 1"})),
        ("PUT", "https://acc.blob.core.windows.net/c/a/b.csv", ("put blob", {"container": "c", "key": "a/b.csv"})),
        ("PUT", f"https://{ARM}/workspaces/ws", None),
        ("GET", "https://elsewhere.example/workspaces/ws", None),
        ("GET", f"https://{ARM}/workspaces/ws/jobs/j", None),
    ],
)
def test_a_request_finds_its_route(method, url, expected):
    found = ROUTER.match(Request(method, url, {}))
    assert (found and (found[0].operation, found[1])) == expected


def test_everything_that_was_patched_is_put_back_last_first(monkeypatch):
    class Owner:
        kept = 1

    class Heir(Owner):
        pass

    monkeypatch.setenv("KEPT", "before")
    monkeypatch.delenv("MADE", raising=False)
    patches = Patches()
    assert patches.attribute(Owner, "kept", 2) == 1
    patches.attribute(Owner, "kept", 3)
    patches.attribute(Heir, "kept", 4)
    patches.environment({"KEPT": None, "MADE": "now"})
    assert (Owner.kept, Heir.kept, os.environ.get("KEPT"), os.environ["MADE"]) == (3, 4, None, "now")

    patches.undo()
    assert (Owner.kept, "kept" in vars(Heir), os.environ["KEPT"], os.environ.get("MADE")) == (1, False, "before", None)


def test_a_hook_meets_its_module_at_import_and_no_sooner():
    met = []
    hooks = ImportHooks()
    hooks.install()
    try:
        sys.modules.pop("colorsys", None)
        hooks.when_imported("colorsys", lambda module: met.append(module.__name__))
        hooks.when_imported("json", lambda module: met.append(module.__name__))
        assert met == ["json"]
        module = importlib.import_module("colorsys")
        assert met == ["json", "colorsys"]
        assert type(module.__loader__).__name__ == "SourceFileLoader"
        assert module.__spec__.loader is module.__loader__
    finally:
        hooks.remove()
    assert hooks not in sys.meta_path
