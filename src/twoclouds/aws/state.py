"""What AWS knows: one state for all modules of this cloud, each of which owns its part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twoclouds.world.container import JobRequest, JobResponse
from twoclouds.world.images import ImageDefinition
from twoclouds.world.world import World

if TYPE_CHECKING:
    from twoclouds.aws.identity.principals import Principal, Session
    from twoclouds.aws.inference.endpoint_configs import EndpointConfig
    from twoclouds.aws.inference.endpoints import Endpoint
    from twoclouds.aws.inference.models import Model
    from twoclouds.aws.inference.scaling_run import Activity, Target
    from twoclouds.aws.logs import Logs
    from twoclouds.aws.notebooks.notebook_instances import NotebookInstance
    from twoclouds.aws.notebooks.studio_apps import App
    from twoclouds.aws.notebooks.studio_domains import StudioResource
    from twoclouds.aws.notebooks.studio_spaces import Space
    from twoclouds.aws.other_services import OtherServices
    from twoclouds.aws.processing.processing import ProcessingJob
    from twoclouds.aws.registry.model_package_groups import ModelPackageGroup
    from twoclouds.aws.registry.model_packages import ModelPackage
    from twoclouds.aws.service_quotas import Increase
    from twoclouds.aws.tags import Tags
    from twoclouds.aws.training.training import TrainingJob
    from twoclouds.aws.training.warm_pool import WarmPool
    from twoclouds.aws.transform.transform_jobs import TransformJob


@dataclass
class State:
    """The account's resources and the world that they live in.

    `send` is how a request from inside a job gets out; `caller` is whose request is being answered.
    """

    world: World
    send: Callable[[JobRequest], JobResponse]
    logs: Logs
    others: OtherServices
    tags: Tags
    training_jobs: dict[str, TrainingJob] = field(default_factory=dict)
    processing_jobs: dict[str, ProcessingJob] = field(default_factory=dict)
    notebook_instances: dict[str, NotebookInstance] = field(default_factory=dict)
    domains: dict[str, StudioResource] = field(default_factory=dict)
    user_profiles: dict[tuple[str, str], StudioResource] = field(default_factory=dict)
    spaces: dict[tuple[str, str], Space] = field(default_factory=dict)
    apps: dict[tuple[str, str, str, str], App] = field(default_factory=dict)
    """By domain, space, type and name; the other two by domain and name."""
    launches: Counter[str] = field(default_factory=Counter)
    """How often a job of that name was accepted, or an endpoint had a machine: names come again when what had them is
    deleted, machines do not."""
    warm_pools: list[WarmPool] = field(default_factory=list)
    """Those that a job can take over now."""
    transform_jobs: dict[str, TransformJob] = field(default_factory=dict)
    models: dict[str, Model] = field(default_factory=dict)
    endpoint_configs: dict[str, EndpointConfig] = field(default_factory=dict)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    scalable_targets: dict[str, Target] = field(default_factory=dict)
    """By resource, such as endpoint/churn/variant/AllTraffic."""
    scaling_activities: list[Activity] = field(default_factory=list)
    model_package_groups: dict[str, ModelPackageGroup] = field(default_factory=dict)
    model_packages: dict[str, ModelPackage] = field(default_factory=dict)
    """By ARN."""
    images: dict[str, ImageDefinition] = field(default_factory=dict)
    """What the account's own images hold, by digest."""
    sessions: dict[str, Session] = field(default_factory=dict)
    default_quotas: dict[str, int] = field(default_factory=dict)
    increases: dict[str, Increase] = field(default_factory=dict)
    user_boundaries: dict[str, str] = field(default_factory=dict)
    caller: Principal | None = None

    def epoch(self, time: int) -> float:
        """Seconds since the Unix epoch, as the wire has them, of `time` milliseconds since the lab opened."""
        return self.world.clock.start_at.timestamp() + time / 1000
