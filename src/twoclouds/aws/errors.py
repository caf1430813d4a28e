"""Errors as the services send them: an exception's name is the code on the wire."""

from __future__ import annotations

from twoclouds.wire.http import Response


class AwsError(Exception):
    """A request that a service refuses. Nothing of it stays behind."""

    status = 400
    field = "message"

    @property
    def code(self) -> str:
        return type(self).__name__

    def response(self, request_id: str) -> Response:
        """The error in the wire form of AWS's JSON protocol."""
        return Response.of_json(
            {"__type": self.code, self.field: str(self)},
            status=self.status,
            headers={"x-amzn-ErrorType": self.code, "x-amzn-RequestId": request_id},
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


class ResourceNotFoundException(AwsError):
    """CloudWatch Logs: no such log group or stream."""


class ConflictException(AwsError):
    """SageMaker: something else depends on it."""

    field = "Message"
