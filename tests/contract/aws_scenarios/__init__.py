"""What the contract tests ask of AWS: a module for each noun, whose `scenario(lab)` calls all of its operations."""

import importlib
import json
import pkgutil
from dataclasses import dataclass, field, replace
from functools import cache

import twoclouds
from twoclouds.aws.cloud import OPERATIONS
from twoclouds.wire.http import Aside

GAPS = {("sagemaker", "DescribeModelPackage", "modelPackageName")}
"""What a model requires and the service is known to leave out: versions in a model package group have no name."""


def play(lab):
    """All scenarios, in one lab, in order of their names."""
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda found: found.name):
        importlib.import_module(f"{__name__}.{module.name}").scenario(lab)


@dataclass
class Recording:
    """Of all scenarios: (service, operation, parameters, answer, second) of every call that was answered, and the
    requests that put something into S3, ECR and IAM on the way."""

    calls: list = field(default_factory=list)
    puts: list = field(default_factory=list)


@cache
def recorded():
    """All scenarios, played once for all tests."""
    recording = Recording()
    with twoclouds.open() as lab:
        real, send = dict(OPERATIONS), lab.aws.send

        def keep_puts(request):
            if any(name in request.host for name in ("s3.", "ecr.", "iam.")) and request.method in ("PUT", "POST"):
                recording.puts.append(request)
            return send(request)

        lab.aws.send = keep_puts
        OPERATIONS.update({key: _kept(recording, *key, operation) for key, operation in real.items()})
        try:
            play(lab)
        finally:
            OPERATIONS.update(real)
    return recording


def _kept(recording, service, name, operation):
    def keep(parameters, second, given):
        if isinstance(given, Aside):
            return Aside(given.work, lambda done: keep(parameters, second, given.then(done)))
        recording.calls.append((service, name, parameters, _plain(given), second))
        return given

    def answer(state, parameters):
        second = state.world.clock.now // 1000
        return keep(_plain(parameters), second, operation.answer(state, parameters))

    return replace(operation, answer=answer)


def _plain(value):
    return json.loads(json.dumps(value, default=bytes.decode))
