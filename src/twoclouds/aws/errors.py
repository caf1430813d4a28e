"""Errors as the services send them: an exception's name is the code on the wire."""

from __future__ import annotations

from typing import Any

from twoclouds.wire.http import Response


class AwsError(Exception):
    """A request that a service refuses. Nothing of it stays behind."""

    status = 400
    field = "message"

    def __init__(self, message: str = "", *, took: int = 0, **members: Any) -> None:
        """`took` is how long it takes to come, in ms of virtual time; `members` what else the service says about it."""
        super().__init__(message)
        self.took = took
        self.members = members

    @property
    def code(self) -> str:
        return type(self).__name__

    def response(self, request_id: str) -> Response:
        """The error in the wire form of AWS's JSON protocol."""
        return Response.of_json(
            {"__type": self.code, self.field: str(self) or None, **self.members},
            status=self.status,
            headers={"x-amzn-ErrorType": self.code, "x-amzn-RequestId": request_id},
            took=self.took,
            content_type="application/x-amz-json-1.1",
        )


class ValidationException(AwsError):
    """A value breaks a rule of its field, or of the service."""


class SerializationException(AwsError):
    """A value is not of its field's type at all."""


class ResourceInUse(AwsError):
    """SageMaker: the name is taken."""

    field = "Message"


class ResourceLimitExceeded(AwsError):
    """SageMaker: the account's quota is too small. Nothing queues."""

    field = "Message"


class InvalidParameterException(AwsError):
    """CloudWatch Logs: a parameter is missing or wrong."""


class ResourceNotFoundException(AwsError):
    """CloudWatch Logs: no such log group or stream."""


class ConflictException(AwsError):
    """SageMaker: something else depends on it."""

    field = "Message"


class ThrottlingException(AwsError):
    """Too many requests at a time. The runtime says no more about it."""


class ValidationError(AwsError):
    """SageMaker's runtime: the request cannot be served."""

    field = "Message"


class ModelError(AwsError):
    """SageMaker's runtime: the model's container answered with an error, or not in time."""

    status = 424
    field = "Message"


class ModelNotReadyException(AwsError):
    """SageMaker's runtime: nothing is there yet that could answer."""

    status = 429
    field = "Message"


class ServiceUnavailable(AwsError):
    """SageMaker's runtime: the service cannot answer now."""

    status = 503
    field = "Message"


class ObjectNotFoundException(AwsError):
    """Application Auto Scaling: no such target or policy."""

    field = "Message"


class AccessDeniedException(AwsError):
    """The caller may not do this."""


class AuthenticationFailed(Exception):
    """Nobody whom the account knows signed the request: its signature is `missing`, `unknown` or `expired`."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class QueryError(AwsError):
    """An error of a service that speaks the query protocol (IAM, STS), by its code."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self._code = code
        self.status = status

    @property
    def code(self) -> str:
        return self._code


class ResourceNotFound(AwsError):
    """SageMaker: no such job."""

    field = "Message"
