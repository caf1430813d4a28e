"""How each service says no before it has even looked at a request: in the codes and the wire form of its protocol."""

from __future__ import annotations

from xml.sax.saxutils import escape

from twoclouds.wire.http import Response

QUERY = frozenset({"iam", "sts"})
"""The services that answer in the XML of AWS's query protocol. S3 has an XML of its own, the others answer in JSON."""

AUTHENTICATION = {
    "json": {
        "missing": (400, "MissingAuthenticationTokenException", "Missing Authentication Token"),
        "unknown": (400, "UnrecognizedClientException", "The security token included in the request is invalid."),
        "expired": (400, "ExpiredTokenException", "The security token included in the request is expired"),
    },
    "query": {
        "missing": (403, "MissingAuthenticationToken", "Request is missing Authentication Token"),
        "unknown": (403, "InvalidClientTokenId", "The security token included in the request is invalid."),
        "expired": (403, "ExpiredToken", "The security token included in the request is expired"),
    },
    "s3": {
        "missing": (403, "AccessDenied", "Access Denied"),
        "unknown": (403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
        "expired": (400, "ExpiredToken", "The provided token has expired."),
    },
}
"""https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html and S3's list of error codes."""


def unauthenticated(service: str, kind: str, request_id: str) -> Response:
    """The request's signature is `missing`, `unknown` or `expired`."""
    status, code, message = AUTHENTICATION[_protocol(service)][kind]
    return _answer(service, status, code, message, request_id)


def denied(service: str, message: str, request_id: str) -> Response:
    """The caller is known, and may not do this."""
    protocol = _protocol(service)
    status = 400 if protocol == "json" else 403
    return _answer(
        service, status, "AccessDeniedException" if protocol == "json" else "AccessDenied", message, request_id
    )


def error(service: str, status: int, code: str, message: str, request_id: str) -> Response:
    """Any other error of a service."""
    return _answer(service, status, code, message, request_id)


def _protocol(service: str) -> str:
    return "s3" if service == "s3" else "query" if service in QUERY else "json"


def _answer(service: str, status: int, code: str, message: str, request_id: str) -> Response:
    protocol = _protocol(service)
    if protocol == "json":
        headers = {"x-amzn-ErrorType": code, "x-amzn-RequestId": request_id}
        body = {"__type": code, "message": message, "Message": message}
        return Response.of_json(body, status=status, headers=headers, content_type="application/x-amz-json-1.1")
    named = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
    request = f"<RequestId>{request_id}</RequestId>"
    text = f"<ErrorResponse><Error><Type>Sender</Type>{named}</Error>{request}</ErrorResponse>"
    if protocol == "s3":
        text = f"<Error>{named}{request}</Error>"
    return Response(status, {"Content-Type": "text/xml", "x-amzn-RequestId": request_id}, text.encode())
