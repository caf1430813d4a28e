"""A lab: one world, two clouds, and this Python plugged into them."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from twoclouds.wire.errors import NotSimulated
from twoclouds.wire.http import Aside, Request, Response
from twoclouds.wire.plug import Plug
from twoclouds.world.clock import SECOND
from twoclouds.world.container import JobRequest, JobResponse
from twoclouds.world.world import START, World

if TYPE_CHECKING:
    from pathlib import Path

    from twoclouds.aws.images.image_push import PushedImage
    from twoclouds.figures import BillView, Timeline
    from twoclouds.progress import Progress
    from twoclouds.source import Source
    from twoclouds.tables import Table
    from twoclouds.waits import Waits

STEP = 15 * SECOND
"""How often `settle` looks whether all is over, in virtual time."""

IDENTITIES = ("administrator", "data-scientist", "compute-operator", "reader")
"""Who may sign in to a lab. The administrator may do everything, and is who a lab opens for."""

ROUND_TRIP = 100
"""Milliseconds that a request takes at least, in a lab that throttles (assumed)."""

_open: Lab | None = None


@dataclass(frozen=True)
class Operation:
    """Something that a cloud simulates, where, and which lesson, exercise or public example calls it."""

    cloud: str
    name: str
    module: str
    caller: str


class Cloud(Protocol):
    """What a lab needs of a cloud."""

    def serves(self, host: str) -> bool: ...

    def send(self, request: Request) -> Response | Aside: ...

    def environment(self) -> dict[str, str | None]: ...

    def sign_in(self, name: str) -> None: ...

    def under_way(self) -> list[str]: ...

    def failed(self) -> list[tuple[str, str]]: ...


def open(*, seed: int = 1, start: datetime = START, identity: str = IDENTITIES[0]) -> Lab:
    """Open a lab with two new clouds, and plug this Python into it; one that is open is closed first.

    `start` is the virtual time at which it opens, `seed` what its identifiers are made from: the same seed and the
    same calls give the same answers. `identity` is who signs in: one of IDENTITIES.
    """
    global _open
    if _open is not None:
        _open.close()
    lab = Lab(seed=seed, start=start, identity=identity)
    lab._plug_in()
    _open = lab
    return lab


class Lab:
    """Two simulated clouds with a clock and a bill. `twoclouds.open()` makes one."""

    def __init__(self, *, seed: int = 1, start: datetime = START, identity: str = IDENTITIES[0]) -> None:
        self._identity = identity
        self._seed = seed
        self._start = start
        self._plug: Plug | None = None
        self._thread = threading.get_ident()
        self._make()

    def _make(self) -> None:
        from twoclouds.aws.cloud import Aws
        from twoclouds.azure.cloud import Azure

        self.world = World(seed=self._seed, start=self._start)
        self.azure = Azure(self.world, send=self._send_from_job)
        self.aws = Aws(self.world, send=self._send_from_job)
        self.sign_in(self._identity)

    @property
    def clouds(self) -> tuple[Cloud, ...]:
        return (self.azure, self.aws)

    def __repr__(self) -> str:
        now = self.world.clock.datetime
        return f"<Two Clouds lab, {now:%A %Y-%m-%d %H:%M:%S} UTC, ${float(self.world.bill.total()):.4f}>"

    # The wire

    def send(self, request: Request) -> Response:
        """Answer a request as the cloud it is meant for would, now. On the thread that opened the lab, time then moves
        on by what the request took. Raises NotSimulated for what neither cloud answers."""
        clock = self.world.clock
        with clock.lock:
            response = self._cloud_of(request).send(request)
        while isinstance(response, Aside):
            done = response.work()
            with clock.lock:
                response = response.then(done)
        took = max(response.took, ROUND_TRIP) if self.world.throttles.on else response.took
        if not clock.advancing and threading.get_ident() == self._thread and (took or clock.due()):
            clock.advance(took)
        return response

    def _cloud_of(self, request: Request) -> Cloud:
        for cloud in self.clouds:
            if cloud.serves(request.host):
                return cloud
        raise NotSimulated(
            f"{request.method} {request.parts.scheme}://{request.host}{request.path}",
            "Nothing leaves this machine: only the two clouds of the lab answer.",
        )

    def _send_from_job(self, request: JobRequest) -> JobResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        response = self.send(Request(request.method, request.url, headers, request.body))
        return JobResponse(status=response.status, headers=dict(response.headers), body=response.body)

    # Opening and closing

    def _plug_in(self) -> None:
        environment: dict[str, str | None] = {}
        for cloud in self.clouds:
            environment.update(cloud.environment())
        self._plug = Plug(send=self.send, clock=self.world.clock, seed=self._seed, environment=environment)
        self._plug.install()

    def reset(self) -> None:
        """Throw both clouds away and begin again with new ones: clock, bill, quotas and all."""
        self.close()
        self._make()
        self._thread = threading.get_ident()
        self._plug_in()
        global _open
        _open = self

    restart = reset

    def close(self) -> None:
        """Pull the plug, and end every server: this Python is as it was before. A second close does nothing."""
        global _open
        if self._plug is not None:
            self._plug.remove()
            self._plug = None
        self.world.close()
        if _open is self:
            _open = None

    @contextlib.contextmanager
    def elsewhere(self, *, seed: int) -> Iterator[Lab]:
        """Another lab with two new clouds, plugged in for as long as the block lasts, while this one stands still; then
        this one goes on where it stood. Raises RuntimeError if this one is not open."""
        from twoclouds.aws.other_services import set_aside

        global _open
        if self._plug is None:
            raise RuntimeError("Only a lab that is open can make way for another.")
        self._plug.remove()
        other = Lab(seed=seed, start=self._start)
        try:
            with set_aside():
                other._plug_in()
                _open = other
                try:
                    yield other
                finally:
                    other.close()
        finally:
            self._plug.install()
            _open = self

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # How often

    def throttle(self, on: bool = True) -> None:
        """Let the clouds refuse what comes too often, from now on, as the real ones do (`data/throttles.csv` of each).

        Off by default, for in a lab a request that only reads takes no time, and no loop would be slow enough; with
        `on`, every request of the cell's thread takes a tenth of a second at least (assumed). The SDKs try again after
        a while, in virtual time.
        """
        self.world.throttles.on = on

    # Who is at the keyboard

    def sign_in(self, identity: str) -> None:
        """Sign in to both clouds as one of IDENTITIES, from now on: whatever is sent with the lab's own credentials,
        also by clients made before, is sent by them. Jobs keep the identity they were submitted with.

        What each may do: `aws/identity/identities.py` (policies of a user), `azure/identity/principals.py` (roles of an
        application).
        """
        if identity not in IDENTITIES:
            raise ValueError(f"Nobody here is called {identity!r}. These may sign in: {', '.join(IDENTITIES)}.")
        for cloud in self.clouds:
            cloud.sign_in(identity)

    # What a lab does in place of a tool that is not here

    def push_image(self, folder: str | Path, name: str) -> PushedImage:
        """`docker build` and `docker push`: a folder with a Dockerfile and its files becomes the image `name`
        (`repository:tag`) in the account's ECR registry, where the repository has to be. Raises BuildFailed and
        PushFailed."""
        from twoclouds.aws.images import image_push

        with self.world.clock.lock:
            return image_push.push(self.aws.state, folder, name)

    def release(self, package: str, version: str) -> None:
        """Its author publishes a version of one of the course's own packages (`world/data/packages`): from now on, who
        does not say which version gets the newest. Raises ValueError if there is none such."""
        with self.world.clock.lock:
            self.world.images.release(package, version)

    # Time

    def skip(self, *, hours: float = 0, minutes: float = 0, seconds: float = 0) -> str:
        """Let time pass. Returns the time that it then is."""
        milliseconds = round(((hours * 60 + minutes) * 60 + seconds) * SECOND)
        if milliseconds < 0:
            raise ValueError("Time does not run back: skip() takes hours, minutes and seconds of 0 or more.")
        self.world.clock.advance(milliseconds)
        return f"{self.world.clock.datetime:%A %Y-%m-%d %H:%M:%S} UTC"

    def under_way(self) -> list[str]:
        """What was begun on one of the clouds and is not over: jobs, and long-running operations."""
        return [name for cloud in self.clouds for name in cloud.under_way()]

    def failed(self) -> list[tuple[str, str]]:
        """(name, reason) of the jobs, on both clouds, that failed."""
        return [failure for cloud in self.clouds for failure in cloud.failed()]

    def settle(self, *, hours: float = 48) -> bool:
        """Let time pass, for `hours` at most, until nothing is under way any more; says whether that came about."""
        clock = self.world.clock
        until = clock.now + round(hours * 3600 * SECOND)
        while self.under_way():
            if clock.now >= until:
                return False
            clock.advance(min(STEP, until - clock.now))
        return True

    def workload(self, script: str, *, minutes: float, on: str = "4 vCPU") -> None:
        """Declare how long `script` (a file name) takes on a machine such as "4 vCPU"; it scales with the vCPUs."""
        self.world.workloads.declare(script, minutes=minutes, on=on)

    def assumed(self) -> Table:
        """What no vendor publishes, and what the clouds go by instead: durations in seconds, and which phases bill."""
        from twoclouds.tables import Table

        assumptions = self.world.assumptions
        rows = [(a.name, str(assumptions.now(a.name)), a.why, a.date) for a in assumptions]
        return Table("What is assumed", ("name", "value", "because", "looked up"), rows)

    def assume(self, name: str, value: float) -> None:
        """Go by another value of something that is assumed, such as `lab.assume("azure/node_boot", 600)`, from now on:
        does your conclusion still hold? Raises NotAssumed for what is not assumed, or cannot have that value."""
        self.world.assumptions.move(name, value)

    def scarce(self, machines: str, *, left: int = 0, after: float = 0, minutes: float | None = None) -> None:
        """Let a cloud have no more than `left` machines of a kind, from `after` minutes from now on, for so many
        `minutes` (None: for good). A kind is "aws/ml.g4dn.xlarge", for which jobs then wait, or "aws/ml.m5.xlarge
        spot", which is also taken away from those that have it. Raises NoSuchMachines."""
        lasting = None if minutes is None else round(minutes * 60 * SECOND)
        with self.world.clock.lock:
            self.world.capacity.make_scarce(machines, left, after=round(after * 60 * SECOND), lasting=lasting)

    # Looking back

    def bill(self) -> BillView:
        """What everything has cost up to now, and why."""
        from twoclouds.figures import BillView

        return BillView(self.world)

    def timeline(self, *, machines: bool = False) -> Timeline:
        """What machines and jobs did on both clouds up to now; `machines`: those alone, without disks, load balancers
        and waiting jobs."""
        from twoclouds.figures import Timeline

        return Timeline(self.world, machines=machines)

    def waits(self) -> Waits:
        """How long jobs waited on both clouds up to now, from the call until the script began."""
        from twoclouds.waits import Waits

        return Waits(self.world)

    def source(self, *names: str) -> Source:
        """Modules of the clouds to read, such as "azure/compute/pool.py"; in a page each opens on demand."""
        from twoclouds import source

        return source.read(*names)

    def progress(self, *, reset: bool = False) -> Progress:
        """The exercises that were begun and passed on this machine, in whichever lab, and a code for them to paste.
        With `reset`, all of that is forgotten first."""
        from twoclouds import progress

        return progress.forget() if reset else progress.load()

    def simulated(self) -> list[Operation]:
        """Every operation that one of the clouds answers."""
        return [*_operations("Azure ML", self.azure.simulated()), *_operations("AWS", self.aws.simulated())]


def _operations(cloud: str, rows: Iterable[tuple[str, str, str]]) -> Iterable[Operation]:
    return (Operation(cloud, name, module, caller) for name, module, caller in rows)
