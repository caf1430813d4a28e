"""Credentials inside a job: the container asks a local address for them, and they are its role's.

As in "Container credential provider" of the SDKs' reference: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI on 169.254.170.2.
What a job then asks of S3 is checked against its role.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from twoclouds.aws import account, iam
from twoclouds.wire.errors import NotSimulated
from twoclouds.wire.http import Request, Response

if TYPE_CHECKING:
    from twoclouds.aws.state import State

HOST = "169.254.170.2"
LASTS = timedelta(hours=6)
"""How long a job's credentials are valid (assumed)."""

ACTIONS = {
    "GET": "s3:GetObject",
    "HEAD": "s3:GetObject",
    "PUT": "s3:PutObject",
    "POST": "s3:PutObject",
    "DELETE": "s3:DeleteObject",
}
"""What a method on an object needs; on a bucket, GET and HEAD need s3:ListBucket."""


def path_for(state: State, role_arn: str) -> str:
    """Begin a session of a role, and return where its container can fetch the credentials."""
    key = "ASIA" + state.world.ids.hex("aws/session", role_arn, length=16).upper()
    state.sessions[key] = role_arn
    return f"/v2/credentials/{key}"


def answer(state: State, request: Request) -> Response:
    """The credentials that a container asks for."""
    key = request.path.rpartition("/")[2]
    if key not in state.sessions:
        raise NotSimulated(f"http://{HOST}{request.path}")
    until = state.world.clock.datetime + LASTS
    return Response.of_json(
        {
            "AccessKeyId": key,
            "SecretAccessKey": "two-clouds-needs-no-secret",
            "Token": f"session-{key}",
            "Expiration": f"{until:%Y-%m-%dT%H:%M:%SZ}",
            "RoleArn": state.sessions[key],
        }
    )


def refusal(state: State, service: str, request: Request) -> Response | None:
    """AccessDenied, if a job's role signed this S3 request and may not make it."""
    signed = re.search(r"Credential=(ASIA\w+)/", request.headers.get("authorization", ""))
    role = state.sessions.get(signed[1]) if signed else None
    if role is None or service != "s3":
        return None
    action, resource = _wanted(request)
    if iam.permits(state, role, action, resource):
        return None
    who = f"arn:aws:sts::{account.ACCOUNT}:assumed-role/{role.rpartition('/')[2]}/SageMaker"
    message = (
        f'User: {who} is not authorized to perform: {action} on resource: "{resource}" '
        f"because no identity-based policy allows the {action} action"
    )
    body = f"<Error><Code>AccessDenied</Code><Message>{escape(message)}</Message></Error>"
    return Response(403, {"Content-Type": "application/xml"}, body.encode())


def _wanted(request: Request) -> tuple[str, str]:
    """The action and the resource of an S3 request, its bucket named in the host or in the path."""
    before, _, rest = request.host.partition(".s3.")
    path = f"/{before}{request.path}" if rest else request.path
    bucket, _, key = path.lstrip("/").partition("/")
    if key:
        return ACTIONS.get(request.method, "s3:*"), f"arn:aws:s3:::{bucket}/{key}"
    return ("s3:ListBucket" if request.method in ("GET", "HEAD") else "s3:*"), f"arn:aws:s3:::{bucket}"
