"""The vendors' names in a page: each is looked up in the SDK that is installed, whatever the page says of it.

In Azure ML: `AmlCompute(min_instances)` (a class or function with that parameter, in one of NAMESPACES),
`ml_client.jobs.stream`, or a dotted path. In boto3: `CreateTrainingJob`, `iam:PassRole`, or
`ResourceConfig.InstanceCount` (a member of a structure or of an operation's request). In sagemaker: a dotted path.
"""

import inspect
import re
from functools import cache
from importlib import import_module
from importlib.util import find_spec

NAMESPACES = ("azure.ai.ml.entities", "azure.ai.ml")
CODE = re.compile(r"`([^`]+)`")
CALL = re.compile(r"([\w.:-]+)(?:\(([\w, ]*)\))?")


class Unknown(ValueError):
    """The installed SDK has no such name."""


def azure(name):
    """Raise Unknown unless azure-ai-ml has it."""
    path, parameters = _split(name)
    if path.startswith("ml_client."):
        _ml_client_has(path.split(".")[1:])
        return
    places = [path] if path.startswith("azure.") else [f"{each}.{path}" for each in NAMESPACES]
    found = [thing for thing in map(_dotted, places) if thing is not None]
    if not found:
        raise Unknown(name)
    _takes(found[0], parameters, name)


def sagemaker(name):
    """Raise Unknown unless the sagemaker packages have it."""
    path, parameters = _split(name)
    found = _dotted(path)
    if found is None:
        raise Unknown(name)
    _takes(found, parameters, name)


def boto3(name):
    """Raise Unknown unless botocore's models have it."""
    if name == "sagemaker" or name.startswith("/"):
        return
    service, _, operation = name.rpartition(":")
    if (service, operation) == ("iam", "PassRole"):
        return  # a permission alone
    model = _model(service or "sagemaker")
    owner, _, member = operation.partition(".")
    if owner in model.operation_names:
        shape = model.operation_model(owner).input_shape
    elif member and owner in model.shape_names:
        shape = model.shape_for(owner)
    elif owner in model.shape_names:
        return
    else:
        raise Unknown(name)
    if member and member not in shape.members:
        raise Unknown(name)


def _split(name):
    path, parameters = CALL.fullmatch(name).groups()
    return path, [each.strip() for each in (parameters or "").split(",") if each.strip()]


@cache
def _dotted(path):
    """What a dotted path names, or None."""
    words = path.split(".")
    for length in range(len(words), 0, -1):
        module = ".".join(words[:length])
        try:
            if find_spec(module) is None:
                continue
        except ModuleNotFoundError:
            continue
        thing = import_module(module)
        for word in words[length:]:
            thing = getattr(thing, word, None)
        return thing
    return None


def _takes(thing, parameters, name):
    if not parameters:
        return
    known = {word for each in _callables(thing) for word in inspect.signature(each).parameters}
    if not set(parameters) <= known:
        raise Unknown(name)


def _callables(thing):
    """A function, or a class and those that it is made from, whose parameters it may pass on."""
    return [thing, *(each.__init__ for each in thing.__mro__[:-1])] if inspect.isclass(thing) else [thing]


@cache
def _model(service):
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def _ml_client_has(words):
    from azure.ai.ml import MLClient

    owner = inspect.signature(getattr(MLClient, words[0]).fget).return_annotation
    if not hasattr(owner, words[1]):
        raise Unknown(".".join(words))
