"""Microsoft Entra ID: the sign-in of an application with its secret (OAuth 2.0 client credentials).

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

from __future__ import annotations

from urllib.parse import parse_qs

from twoclouds.azure.account import CLIENT, LOGIN, TENANT
from twoclouds.azure.errors import AzureError
from twoclouds.azure.identity import principals
from twoclouds.azure.jobs import job_identity
from twoclouds.azure.state import State
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route


def describe_tenant(state: State, request: Request, tenant: str) -> Response:
    """The tenant's OpenID configuration."""
    _check_tenant(tenant)
    return Response.of_json(
        {
            "authorization_endpoint": f"https://{LOGIN}/{TENANT}/oauth2/v2.0/authorize",
            "token_endpoint": f"https://{LOGIN}/{TENANT}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"https://{LOGIN}/{TENANT}/oauth2/v2.0/devicecode",
            "issuer": f"https://{LOGIN}/{TENANT}/v2.0",
            "jwks_uri": f"https://{LOGIN}/{TENANT}/discovery/v2.0/keys",
            "tenant_region_scope": "NA",
            "cloud_instance_name": "microsoftonline.com",
        }
    )


def issue_token(state: State, request: Request, tenant: str) -> Response:
    """An access token for the audience that the scope names; valid for an hour from now."""
    _check_tenant(tenant)
    form = {name: values[-1] for name, values in parse_qs(request.body.decode(errors="replace")).items()}
    for field in ("grant_type", "client_id", "scope"):
        if not form.get(field, "").strip():
            return _refusal(
                "invalid_request", f"AADSTS900144: The request body must contain the following parameter: '{field}'."
            )
    people = (person for person, _ in principals.PEOPLE.values())
    who = next((person for person in people if person.client_id == form.get("client_id")), None)
    if who is None:
        return _refusal(
            "unauthorized_client",
            f"AADSTS700016: Application with identifier '{form.get('client_id')}' was not found in the directory "
            "'Two Clouds'. This can happen if the application has not been installed by the administrator of the "
            "tenant or consented to by any user in the tenant. You may have sent your authentication request to the "
            "wrong tenant.",
        )
    audience = form["scope"].split()[0].removesuffix("/.default").rstrip("/")
    token = principals.token(state, who, audience, lab=who.client_id == CLIENT)
    return Response.of_json(
        {
            "token_type": "Bearer",
            "expires_in": principals.LIFETIME,
            "ext_expires_in": principals.LIFETIME,
            "access_token": token,
        }
    )


def run_token(state: State, run: str, *, expires: int) -> str:
    """The token with which a job's script calls Azure ML: it acts as who submitted the job. `expires` is in seconds
    since the epoch."""
    who = job_identity.submitter(state, run)
    return principals.token(state, who, "https://ml.azure.com", lasts=expires - int(state.world.clock.timestamp))


def _check_tenant(tenant: str) -> None:
    if tenant != TENANT:
        raise AzureError(400, "invalid_tenant", f"AADSTS90002: Tenant '{tenant}' not found.")


def _refusal(error: str, description: str) -> Response:
    return Response.of_json({"error": error, "error_description": description}, status=400)


_SIGN_IN = "lesson 1 (DefaultAzureCredential)"

ROUTES = (
    Route(
        "GET",
        LOGIN,
        "/{tenant}/v2.0/.well-known/openid-configuration",
        describe_tenant,
        "Microsoft Entra ID - OpenID Configuration",
        _SIGN_IN,
    ),
    Route("POST", LOGIN, "/{tenant}/oauth2/v2.0/token", issue_token, "Microsoft Entra ID - Token", _SIGN_IN),
)
