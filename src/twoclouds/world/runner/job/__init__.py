"""What runs inside a job's Python before its script: the job's clock, its network, its output and the packages it
lacks.

These modules are linked into the job's virtual environment and run there, in any image: standard library only, quick
to import.
"""

from __future__ import annotations

import json
import os
import sys


def install(lab: str) -> None:
    """Make this interpreter a job's; ``lab`` is the folder the runner keeps its settings and its channel in."""
    from . import clock, network, output, packages, processors

    with open(os.path.join(lab, "settings.json"), encoding="utf-8") as text:
        settings = json.load(text)
    shared = clock.Shared(os.path.join(lab, "clock"))
    streams = output.install(shared, fifo=os.path.join(lab, "output"), stop=settings["stop"])
    clock.install(
        shared,
        started=settings["started"],
        extension=settings["clock"],
        waiting=settings["waiting"],
        before_sleep=streams.settle,
    )
    network.install(os.path.join(lab, "channel"), settings["neighbours"])
    packages.install(settings["absent"], settings["substituted"], settings["pinned"])
    packages.answer(settings["answers"])
    processors.install(settings["processors"])
    if settings["root"]:
        from . import paths

        known = paths.PathMap(settings["root"], tuple(settings["tops"]), tuple(settings["machine"]))
        paths.adopt(known)
        paths.install(known)
    for name in [name for name in sys.modules if name.partition(".")[0] == __package__]:
        del sys.modules[name]
