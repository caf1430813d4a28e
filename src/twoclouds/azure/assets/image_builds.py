"""Images of environments, built when a job or a deployment first needs one, once for each definition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from twoclouds.azure.account import CLOUD
from twoclouds.azure.assets import recipes
from twoclouds.azure.assets.recipes import Recipe
from twoclouds.azure.catalog import duration
from twoclouds.azure.state import State
from twoclouds.world.clock import Lifecycle
from twoclouds.world.images import BuildFailed, Image


@dataclass
class Build:
    """A build under way: `over` happens when it is; then there is an image, or it has failed, and there is its log."""

    over: Any
    image: Image | None = None
    log: tuple[str, ...] = ()


def obtain(state: State, environment_id: str, *, waits: Callable[[], None] = lambda: None) -> Lifecycle:
    """The image of an environment and the log of the build that was waited for (empty if there was none), in a
    lifecycle: `image, log = yield from obtain(...)`.

    At once if it is there; else `waits()` is called, and it takes the time of a build, or the rest of one that is under
    way for another. Raises AzureError for an environment that is not there, BuildFailed for one that cannot be built.
    """
    recipe = recipes.find(state, environment_id)
    key = recipe.hash or recipe.image
    if key in state.images:
        return state.images[key], ()
    if not recipe.is_built:
        state.images[key] = yield state.world.clock.outside(lambda: _make(state, recipe))
        return state.images[key], ()
    waits()
    build = state.builds.get(key)
    if build is None:
        build = state.builds[key] = Build(state.world.clock.event())
        state.world.clock.start(_build(state, recipe, build), name=f"{CLOUD}/build of {recipe.origin}")
    yield build.over
    if build.image is None:
        raise BuildFailed(build.log)
    return build.image, build.log


def _build(state: State, recipe: Recipe, build: Build) -> Lifecycle:
    """A build from its beginning to its end, on serverless compute (concept-environments.md). One that fails is
    forgotten: the next to need it builds again."""
    clock, key = state.world.clock, recipe.hash
    state.world.events.record("image.building", f"{CLOUD}/{recipe.origin}")
    try:
        yield from state.serverless.build(recipe.origin, duration(state.world, "image_build"))
        build.image = yield clock.outside(lambda: _make(state, recipe))
        build.log = build.image.log
        state.images[key] = build.image
        state.world.events.record("image.built", f"{CLOUD}/{recipe.origin}")
    except BuildFailed as failed:
        build.log = failed.log
        state.world.events.record("image.failed", f"{CLOUD}/{recipe.origin}")
    finally:
        del state.builds[key]
        build.over.succeed()


def _make(state: State, recipe: Recipe) -> Image:
    definition, log = recipes.define(state, recipe)
    try:
        image = state.world.images.build(definition)
    except BuildFailed as failed:
        raise BuildFailed(log + failed.log + _remark(failed)) from None
    return replace(image, log=log + image.log) if recipe.is_built else image


def _remark(failed: BuildFailed) -> tuple[str, ...]:
    """What to say of a package that neither this lab nor its list of others knows."""
    if failed.log[-1].startswith("ERROR: No matching distribution found"):
        return ("Two Clouds: a package that this lab has never heard of. If the real index has it, its build goes on.",)
    return ()
