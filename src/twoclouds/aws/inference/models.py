"""Models: an image, the artefacts it serves, and the role that may fetch them. What a model needs is checked here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twoclouds.aws import account, listing, members, s3, tags
from twoclouds.aws.errors import ValidationException
from twoclouds.aws.identity import iam
from twoclouds.aws.images import images
from twoclouds.aws.operations import CREATION, Operation, Operations, Parameters
from twoclouds.aws.registry import model_packages
from twoclouds.aws.s3 import Location

if TYPE_CHECKING:
    from twoclouds.aws.state import State

CONTAINER: members.Simulated = {
    "ContainerHostname": {},
    "Image": {},
    "ImageConfig": {"RepositoryAccessMode": ("Platform",)},
    "Mode": ("SingleModel",),
    "ModelDataUrl": {},
    "ModelDataSource": {"S3DataSource": {"S3Uri": {}, "S3DataType": {}, "CompressionType": {}}},
    "Environment": {},
    "ModelPackageName": {},
}
SIMULATED: members.Simulated = {
    "ModelName": {},
    "PrimaryContainer": CONTAINER,
    "Containers": CONTAINER,
    "InferenceExecutionConfig": {"Mode": ("Serial",)},
    "ExecutionRoleArn": {},
    "Tags": {},
    "EnableNetworkIsolation": (False,),
}


@dataclass(frozen=True)
class ModelContainer:
    """One container of a model, its package looked up: what has to be pulled, fetched and set."""

    hostname: str
    image: str
    data: Location | None
    packed: bool
    environment: dict[str, str]


@dataclass
class Model:
    """A model. `request` is CreateModel's, as DescribeModel shows it; `created` in ms since the lab opened."""

    name: str
    arn: str
    request: dict[str, Any]
    containers: tuple[ModelContainer, ...]
    created: int
    status = ""

    @property
    def modified(self) -> int:
        """A model never changes."""
        return self.created

    @property
    def role(self) -> str:
        """The role that fetches the artefacts and that the containers run under."""
        return str(self.request["ExecutionRoleArn"])


def create_model(state: State, parameters: Parameters) -> dict[str, Any]:
    """Keep a model whose role, images and artefacts were found. Raises ValidationException; then nothing is kept."""
    members.check("sagemaker:CreateModel", parameters, SIMULATED)
    tags.check(parameters.get("Tags", []))
    name = parameters["ModelName"]
    arn = account.arn("model", name)
    given = _given(parameters)
    if name in state.models:
        raise ValidationException(f'Cannot create already existing model "{arn}".')
    if "ExecutionRoleArn" not in parameters:
        raise ValidationException("ExecutionRoleArn is required to create a model.")
    iam.check_trust(state, parameters["ExecutionRoleArn"])
    containers = tuple(_containers(state, given))
    for container in containers:
        images.find(state, container.image, parameters["ExecutionRoleArn"])
        if container.data is not None:
            _check_data(state, parameters["ExecutionRoleArn"], container)
    request = {member: value for member, value in parameters.items() if member != "Tags"}
    state.models[name] = Model(name, arn, request, containers, state.world.clock.now)
    state.tags.begin(arn, parameters.get("Tags", []))
    return {"ModelArn": arn}


def describe_model(state: State, parameters: Parameters) -> dict[str, Any]:
    """A model. Raises ValidationException for an unknown one."""
    model = find(state, parameters["ModelName"])
    request = dict(model.request)
    if "PrimaryContainer" in request:
        request["PrimaryContainer"] = _shown(request["PrimaryContainer"])
    if "Containers" in request:
        request["Containers"] = [_shown(container) for container in request["Containers"]]
    return {
        **request,
        "ModelArn": model.arn,
        "CreationTime": state.epoch(model.created),
        "EnableNetworkIsolation": request.get("EnableNetworkIsolation", False),
    }


def list_models(state: State, parameters: Parameters) -> dict[str, Any]:
    """The models of the account, newest first."""
    return listing.page(
        state, parameters, state.models.values(), member="Models", summary=lambda model: _summary(state, model)
    )


def delete_model(state: State, parameters: Parameters) -> dict[str, Any]:
    """Forget a model. Its artefacts stay, and endpoints that run it go on. Raises ValidationException."""
    model = find(state, parameters["ModelName"])
    del state.models[model.name]
    state.tags.end(model.arn)
    return {}


def _summary(state: State, model: Model) -> dict[str, Any]:
    return {"ModelName": model.name, "ModelArn": model.arn, "CreationTime": state.epoch(model.created)}


def find(state: State, name: str) -> Model:
    """The model of that name. Raises ValidationException."""
    if name not in state.models:
        raise ValidationException(f'Could not find model "{account.arn("model", name)}".')
    return state.models[name]


def _given(parameters: Parameters) -> list[dict[str, Any]]:
    primary, several = parameters.get("PrimaryContainer"), parameters.get("Containers", [])
    if (primary is None) == (not several):
        raise ValidationException("Exactly one of PrimaryContainer and Containers must be provided.")
    hostnames = [container["ContainerHostname"] for container in several if "ContainerHostname" in container]
    if len(set(hostnames)) < len(hostnames):
        raise ValidationException("Each ContainerHostname must be unique.")
    return [primary] if primary is not None else list(several)


def _containers(state: State, given: list[dict[str, Any]]) -> Iterable[ModelContainer]:
    for number, container in enumerate(given, 1):
        hostname = container.get("ContainerHostname", "primary" if len(given) == 1 else f"container-{number}")
        environment = container.get("Environment", {})
        if ("ModelPackageName" in container) == ("Image" in container):
            raise ValidationException("Each container must have exactly one of Image and ModelPackageName.")
        if "ModelDataUrl" in container and "ModelDataSource" in container:
            raise ValidationException("Only one of ModelDataUrl and ModelDataSource may be specified.")
        if "Image" in container:
            data, packed = _data(container)
            yield ModelContainer(hostname, container["Image"], data, packed, environment)
            continue
        for inner in model_packages.deployable(state, container["ModelPackageName"]):
            data, packed = _data(inner)
            merged = {**inner.get("Environment", {}), **environment}
            yield ModelContainer(hostname, inner["Image"], data, packed, merged)


def _data(container: dict[str, Any]) -> tuple[Location | None, bool]:
    """Where the artefacts are, and whether they are one archive that is unpacked."""
    if "ModelDataUrl" in container:
        return Location.of(container["ModelDataUrl"]), True
    source = container.get("ModelDataSource", {}).get("S3DataSource")
    if source is None:
        return None, False
    packed = source["CompressionType"] == "Gzip"
    if packed != (source["S3DataType"] == "S3Object") and packed:
        raise ValidationException("CompressionType Gzip requires S3DataType S3Object.")
    return Location.of(source["S3Uri"]), packed


def _check_data(state: State, role_arn: str, container: ModelContainer) -> None:
    """An artefact that the role cannot read, or that is not there. Raises ValidationException."""
    assert container.data is not None
    try:
        found = s3.objects(state, role_arn, container.data) if not container.packed else None
        if container.packed:
            s3.read(state, role_arn, container.data)
    except s3.S3Error as error:
        if error.code == "NoSuchKey":
            raise ValidationException(f"Could not find model data at {container.data}.") from None
        raise ValidationException(
            f'Could not access model data at {container.data}. Please ensure that the role "{role_arn}" exists and '
            'that its trust relationship policy allows the action "sts:AssumeRole" for the service principal '
            f'"{iam.SERVICE}". Also ensure that the role has "s3:GetObject" permissions and that the object is '
            f"located in {account.REGION}. If your Model uses multiple models or uncompressed models, please ensure "
            'that the role has "s3:ListBucket" permission.'
        ) from None
    if found == []:
        raise ValidationException(f"Could not find model data at {container.data}.")


def _shown(container: dict[str, Any]) -> dict[str, Any]:
    return {"Mode": "SingleModel", "Environment": {}, **container}


OPERATIONS: Operations = {
    ("sagemaker", "CreateModel"): Operation(create_model, "ModelBuilder.build()", took=CREATION),
    ("sagemaker", "DescribeModel"): Operation(describe_model, "ModelBuilder.build(); Model.get()"),
    ("sagemaker", "ListModels"): Operation(list_models, "Model.get_all()"),
    ("sagemaker", "DeleteModel"): Operation(delete_model, "train-inference-e2e-example: cleaning up"),
}
