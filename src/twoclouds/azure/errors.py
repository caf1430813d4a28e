"""What Azure answers when it says no: an error with a status, a code and a message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twoclouds.wire.http import Response
from twoclouds.world.storage import ObjectNotFound


class AzureError(Exception):
    """Becomes the error body that Azure Resource Manager and Azure ML send; nothing was changed by the request."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        target: str = "",
        details: tuple[tuple[str, str], ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.target = target
        self.details = details
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """The answer as it goes over the wire."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.target:
            error["target"] = self.target
        if self.details:
            error["details"] = [{"code": code, "message": message} for code, message in self.details]
        headers = {"x-ms-error-code": self.code, **self.headers}
        return Response.of_json({"error": error}, status=self.status, headers=headers)


class StorageNotFound(AzureError, ObjectNotFound):
    """A container, or a blob in it, that a service of the workspace needs and that somebody has deleted."""

    def __init__(self, what: str) -> None:
        super().__init__(404, "UserError", f"The workspace's storage account has no {what}: it does not exist.")


def resource_not_found(kind: str, name: str, group: str) -> AzureError:
    """Azure Resource Manager's answer for a resource that is not in a resource group."""
    return AzureError(
        404,
        "ResourceNotFound",
        f"The Resource '{kind}/{name}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def user_error(status: int, message: str) -> AzureError:
    """Azure ML's own answer to a request that cannot be met; its code is `UserError`."""
    return AzureError(status, "UserError", message)


def bad_request(message: str, *problems: str) -> AzureError:
    """A request that is not what its operation takes."""
    return AzureError(400, "BadRequest", message, details=tuple(("InvalidProperty", text) for text in problems))
