"""The log of a deployment's containers, in the form in which `get_logs` gives it."""

from __future__ import annotations

from twoclouds.azure.endpoints.online import Deployment
from twoclouds.azure.state import State

TAIL = 5000
"""Lines that are given if the request does not say how many."""


def text(state: State, deployment: Deployment, container: str | None, tail: int | None) -> str:
    """The state of a deployment's instances, what happened to them up to now, and the last `tail` lines of a container:
    the inference server, or the storage initializer, which fetches model and code before it."""
    now = state.world.clock.now
    moments = [moment for moment in deployment.moments if moment[0] <= now]
    names = {name for _, name, _ in moments}
    status = "\n".join(f"{name}: {value}" for name, value in _status(names, deployment).items())
    events = "\n".join(
        f"Kind: Pod, Name: {name}, Type: {'Warning' if name.endswith('Failed') else 'Normal'}, "
        f"Time: {state.time(time)[:-2]}Z, Message: {message}"
        for time, name, message in moments
    )
    if container == "StorageInitializer":
        lines = deployment.storage_log
    else:
        lines = [line.text for line in (*deployment.history, *(deployment.server.lines if deployment.server else ()))]
    shown = "\n".join(lines[-(tail or TAIL) :])
    return f"Instance status:\n{status}\n\nContainer events:\n{events}\n\nContainer logs:\n{shown}\n"


def _status(names: set[str], deployment: Deployment) -> dict[str, str]:
    def reached(name: str, failed: str = "") -> str:
        return "Succeeded" if name in names else "Failed" if failed in names else "InProgress"

    started = "Succeeded" if deployment.answers and deployment.provisioning != "Failed" else "InProgress"
    return {
        "SystemSetup": "Succeeded" if deployment.machines and names else "InProgress",
        "UserContainerImagePull": reached("Pulled"),
        "ModelDownload": reached("Downloaded", "DownloadFailed"),
        "UserContainerStart": started if "Started" in names else "Waiting",
    }
