"""The rest of AWS: S3, IAM, KMS and ECR, answered by moto.

moto is called at `BotocoreStubber.process_request`, below the SDK and without its own hooks: those call every handler
that is registered, and leave clients made earlier on the network. Its state is global, so one lab at a time holds it;
its time is the process's, which is virtual, and its random numbers come from a source that is seeded here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from twoclouds.aws import account
from twoclouds.aws.identity import identities
from twoclouds.wire.errors import NotSimulated
from twoclouds.wire.http import Request, Response

if TYPE_CHECKING:
    from moto.iam.models import IAMBackend
    from moto.s3.models import S3Backend

SERVICES = {
    "ecr": "lesson 4: images of one's own",
    "iam": "lesson 1: the execution role; ModelTrainer reads it",
    "kms": "lesson 7: keys of one's own for volumes and outputs",
    "s3": "lesson 1: data in, model out",
}
"""What moto answers here, and what calls it."""


class OtherServices:
    """moto's services, new and empty, with the prepared account in them; made at the first request that needs them."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._stubber: Any = None
        self._signed_in = identities.ADMINISTRATOR

    def check(self, service: str, operation: str) -> None:
        """Raise NotSimulated for a service that is neither moto's nor STS."""
        if service not in SERVICES and service != "sts":
            raise NotSimulated(f"{service}:{operation}" if operation else service)

    def send(self, service: str, operation: str, request: Request) -> Response:
        """moto's answer. Raises NotSimulated for an operation that it lacks."""
        self._open()
        if service == "iam" and (operation == "ListPolicies" or b"iam%3A%3Aaws%3Apolicy" in request.body):
            identities.load(self.iam)
        try:
            answer = self._stubber.process_request(_prepared(request))
        except NotImplementedError:
            answer = None
        if answer is None or (answer[0] == 404 and answer[2] == "Not yet implemented"):
            raise NotSimulated(f"{service}:{operation}")
        status, headers, body = answer
        return Response(status, dict(headers), body if isinstance(body, bytes) else body.encode())

    def sign_in(self, name: str) -> None:
        """From now on, the lab's own key is that of the user `name`."""
        self._signed_in = name
        if self._stubber is not None:
            identities.sign_in(self.iam, name)

    @property
    def iam(self) -> IAMBackend:
        """moto's IAM of the account."""
        from moto.iam.models import iam_backends

        self._open()
        return iam_backends[account.ACCOUNT]["aws"]

    @property
    def s3(self) -> S3Backend:
        """moto's S3 of the account."""
        from moto.s3.models import s3_backends

        self._open()
        return s3_backends[account.ACCOUNT]["aws"]

    @property
    def ecr(self) -> Any:
        """moto's ECR of the account."""
        from moto.ecr.models import ecr_backends

        self._open()
        return ecr_backends[account.ACCOUNT][account.REGION]

    @property
    def kms(self) -> Any:
        """moto's KMS of the account."""
        from moto.kms.models import kms_backends

        self._open()
        return kms_backends[account.ACCOUNT][account.REGION]

    def _open(self) -> None:
        if self._stubber is not None:
            return
        from moto.core.base_backend import BackendDict
        from moto.core.botocore_stubber import BotocoreStubber
        from moto.moto_api._internal import mock_random

        BackendDict.reset()
        mock_random.seed(self._seed)
        self._stubber = BotocoreStubber()
        self._prepare()

    def _prepare(self) -> None:
        import json

        self.s3.create_bucket(account.BUCKET, account.REGION)
        self.iam.create_role(
            role_name=account.ROLE_NAME,
            assume_role_policy_document=json.dumps(account.TRUST_POLICY),
            path="/",
            permissions_boundary="",
            description="What SageMaker may do for this course's jobs",
            tags=[],
            max_session_duration="3600",
        )
        self.iam.put_role_policy(account.ROLE_NAME, "TwoCloudsExecution", json.dumps(account.PERMISSIONS))
        identities.prepare(self.iam)
        self.iam.attach_role_policy(f"arn:aws:iam::aws:policy/{account.ROLE_POLICY}", account.ROLE_NAME)
        identities.sign_in(self.iam, self._signed_in)


@contextlib.contextmanager
def set_aside() -> Iterator[None]:
    """Let another lab hold moto for as long as the block lasts; then what moto held before is there again."""
    from moto.core.base_backend import BackendDict
    from moto.core.model_instances import model_data
    from moto.moto_api._internal import mock_random

    used, random = list(BackendDict._instances), mock_random.getstate()
    held = [(backend, dict(backend), _tables(backend)) for backend in used]
    tracked = [(kind, kind.instances_tracked) for kinds in model_data.values() for kind in kinds.values()]
    BackendDict._instances.clear()
    for kind, _ in tracked:
        kind.instances_tracked = []
    for backend, _, tables in held:
        backend.clear()
        for name in tables:
            getattr(backend, name).clear()
    try:
        yield
    finally:
        BackendDict.reset()
        for backend, accounts, tables in held:
            backend.update(accounts)
            for name, table in tables.items():
                getattr(backend, name).update(table)
        for kind, instances in tracked:
            kind.instances_tracked = instances
        BackendDict._instances.extend(used)
        mock_random.setstate(random)


def _tables(backend: Any) -> dict[str, dict[Any, Any]]:
    """What a service of moto's keeps beside its accounts, as S3 does the owners of all buckets."""
    return {name: dict(value) for name, value in vars(backend).items() if isinstance(value, dict)}


def _prepared(request: Request) -> Any:
    from botocore.awsrequest import AWSPreparedRequest
    from botocore.compat import HTTPHeaders

    headers = HTTPHeaders()
    for name, value in request.headers.items():
        headers[name] = value
    return AWSPreparedRequest(request.method, request.url, headers, request.body, False)
