"""The warm pool: the machines that a job leaves behind, for the next job that asks for exactly the same.

As the developer guide's "Train Using SageMaker Managed Warm Pools" tells it: kept for KeepAlivePeriodInSeconds and
billed like training, if the account has a quota for it, and silently not if it has none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from twoclouds.aws import quotas
from twoclouds.aws.errors import ResourceLimitExceeded
from twoclouds.world.bill import Line
from twoclouds.world.capacity import Claim
from twoclouds.world.clock import SECOND, Lifecycle
from twoclouds.world.machines import Machine

if TYPE_CHECKING:
    from twoclouds.aws.state import State
    from twoclouds.aws.training.requisition import Requisition

CACHE = "/opt/ml/sagemaker/warmpoolcache"
"""What a container writes here, the next job on the same machine finds."""

LONGEST = 28 * 24 * 3600 * SECOND
"""How long the same machines can go from job to job."""


class WarmPool:
    """A job's machines after its end: Available, then Reused by one job, or Terminated."""

    def __init__(self, state: State, requisition: Requisition, wants: Mapping[str, Any], keep_alive: int) -> None:
        self.state = state
        self.job = requisition.job
        self.types = Counter(requisition.types)
        self.wants = wants
        self.born: int = requisition.born
        self.since = state.world.clock.now
        self.until = self.since
        self.status = "Available"
        self.reused_by = ""
        self._machines = requisition.machines
        self._claim = requisition.claim
        self._ended: int | None = None
        for machine in self._machines:
            machine.enter("idle")
        self._volume: Line | None = requisition.paying.volume("idle")
        state.warm_pools.append(self)
        self.keep(keep_alive)

    def keep(self, keep_alive: int) -> None:
        """Stay for `keep_alive` ms from the job's end, instead of what was said before."""
        self.until = min(self.since + keep_alive, self.born + LONGEST)
        self.state.world.clock.start(self._leave(self.until), name=f"warm pool of {self.job}")

    def hand_over(self, job: str) -> tuple[list[Machine], Claim | None]:
        """A job takes the machines over, with all that is on them; they stay in the quota for training."""
        self.reused_by = job
        self._end("Reused")
        return self._machines, self._claim

    def terminate(self) -> None:
        """Let the machines go, now."""
        self._end("Terminated")
        self.stop_paying()
        for machine in self._machines:
            machine.release()
        if self._claim is not None:
            self.state.world.capacity.release(self._claim)
        quotas.give_back_all(self.state, self.types, quotas.TRAINING)

    def stop_paying(self) -> None:
        """Nobody pays for the volumes any more, until the job that has taken them over begins to."""
        if self._volume is not None:
            self.state.world.bill.close(self._volume)
            self._volume = None

    @property
    def seconds(self) -> int:
        """For how long each machine has been kept, and paid for: ResourceRetainedBillableTimeInSeconds."""
        end = self.state.world.clock.now if self._ended is None else self._ended
        return -(-(end - self.since) // SECOND)

    def _leave(self, until: int) -> Lifecycle:
        yield self.state.world.clock.timeout(max(0, until - self.state.world.clock.now))
        yield self.state.world.clock.timeout((self.since - self.state.world.clock.now) % SECOND)
        if self.status == "Available" and self.until == until:
            self.terminate()

    def _end(self, status: str) -> None:
        self.status = status
        self._ended = self.state.world.clock.now
        self.state.warm_pools.remove(self)
        quotas.give_back_all(self.state, self.types, quotas.WARM_POOL)


def wants(request: Mapping[str, Any]) -> dict[str, Any]:
    """What has to be the same in the next job. Machines of several types, and spot machines, are never kept."""
    resources, network = request["ResourceConfig"], request.get("VpcConfig", {})
    return {
        "RoleArn": request["RoleArn"],
        **{member: resources.get(member) for member in ("InstanceType", "InstanceCount", "VolumeSizeInGB")},
        "VolumeKmsKeyId": resources.get("VolumeKmsKeyId"),
        **{member: sorted(network.get(member, ())) for member in ("SecurityGroupIds", "Subnets")},
        "EnableInterContainerTrafficEncryption": request["EnableInterContainerTrafficEncryption"],
        "EnableNetworkIsolation": request["EnableNetworkIsolation"],
    }


def match(state: State, request: Mapping[str, Any]) -> WarmPool | None:
    """The pool that a job may take over now, the oldest first."""
    if request["EnableManagedSpotTraining"] or not state.warm_pools:
        return None
    wanted = wants(request)
    return next((pool for pool in state.warm_pools if pool.wants == wanted), None)


def keep(state: State, requisition: Requisition, request: Mapping[str, Any]) -> WarmPool | None:
    """A job has ended: its machines stay if it asked for that and the account has the quota. Otherwise they do not, and
    nobody says so."""
    keep_alive = request["ResourceConfig"].get("KeepAlivePeriodInSeconds", 0)
    if not keep_alive or not requisition.machines:
        return None
    try:
        quotas.take_all(state, Counter(requisition.types), quotas.WARM_POOL)
    except ResourceLimitExceeded:
        return None
    requisition.paying.stop()
    return WarmPool(state, requisition, wants(request), keep_alive * SECOND)
