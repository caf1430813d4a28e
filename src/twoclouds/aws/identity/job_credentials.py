"""Credentials inside a job: the container asks a local address for them, and they are its role's.

As in "Container credential provider" of the SDKs' reference: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI on 169.254.170.2.
What a job then asks of any service is checked against its role, as everybody's requests are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twoclouds.aws.identity import iam, principals
from twoclouds.wire.errors import NotSimulated
from twoclouds.wire.http import Request, Response
from twoclouds.world.clock import SECOND

if TYPE_CHECKING:
    from twoclouds.aws.state import State

HOST = "169.254.170.2"
LASTS = 6 * 3600 * SECOND
"""How long a job's credentials are valid from when its container asks for them (assumed)."""


def path_for(state: State, role_arn: str) -> str:
    """Begin a session of a role, and return where its container can fetch the credentials."""
    return f"/v2/credentials/{principals.begin_session(state, role_arn, iam.SESSION, lasts=LASTS).key}"


def answer(state: State, request: Request) -> Response:
    """The credentials that a container asks for."""
    session = state.sessions.get(request.path.rpartition("/")[2])
    if session is None:
        raise NotSimulated(f"http://{HOST}{request.path}")
    session.expires = state.world.clock.now + LASTS
    until = state.world.clock.at(session.expires)
    return Response.of_json(
        {
            "AccessKeyId": session.key,
            "SecretAccessKey": session.secret,
            "Token": session.token,
            "Expiration": f"{until:%Y-%m-%dT%H:%M:%SZ}",
            "RoleArn": session.role_arn,
        }
    )
