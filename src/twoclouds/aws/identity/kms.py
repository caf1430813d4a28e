"""Keys: moto keeps them; who may use one is decided by its policy and the principal's.

Offered to the nouns: `check` for the execution role, where a service encrypts or decrypts on its behalf.
https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twoclouds.aws import account
from twoclouds.aws.identity import iam, s3_needs
from twoclouds.aws.identity.access import Need
from twoclouds.wire.http import Request

if TYPE_CHECKING:
    from twoclouds.aws.state import State

ENCRYPT, DECRYPT, GRANT, DATA_KEY = "kms:Encrypt", "kms:Decrypt", "kms:CreateGrant", "kms:GenerateDataKey"


class KmsError(Exception):
    """A key cannot be used: `code` and message as KMS gives them."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def check(state: State, role_arn: str, key_id: str, *actions: str) -> None:
    """Raise KmsError unless a job under this role may do these things with a key: an id, an ARN or an alias."""
    key = _find(state, key_id)
    for action in actions:
        refused = iam.refused(state, role_arn, Need(action, key.arn, {}, key.policy, delegated=True))
        if refused:
            raise KmsError("AccessDeniedException", refused)


def needs_of_s3(state: State, request: Request) -> list[Need]:
    """What an S3 request needs of a key: to write with one, or to read what was written with one."""
    bucket, name = s3_needs.place(request)
    key_id = request.headers.get("x-amz-server-side-encryption-aws-kms-key-id")
    action = DATA_KEY
    if request.method == "GET" and name and bucket in state.others.s3.buckets:
        stored: Any = state.others.s3.buckets[bucket].keys.get(name)
        key_id, action = getattr(stored, "kms_key_id", None), DECRYPT
    if not key_id:
        return []
    try:
        key = _find(state, key_id)
    except KmsError:
        return []
    return [Need(action, key.arn, {}, key.policy, delegated=True, quoted=True)]


def need(state: State, action: str, key_id: str) -> Need:
    """What a request to KMS itself needs, given the key that it names."""
    try:
        key = _find(state, key_id)
    except KmsError:
        return Need(action, f"arn:aws:kms:{account.REGION}:{account.ACCOUNT}:key/{key_id}")
    return Need(action, key.arn, {}, key.policy, delegated=True)


def _find(state: State, key_id: str) -> Any:
    backend = state.others.kms
    name = key_id.rpartition(":")[2] if key_id.startswith("arn:") else key_id
    found = backend.get_key_id_from_alias(name) if name.startswith("alias/") else name.removeprefix("key/")
    if found not in backend.keys:
        arn = f"arn:aws:kms:{account.REGION}:{account.ACCOUNT}:key/{name.removeprefix('key/')}"
        raise KmsError("NotFoundException", f"Key '{arn}' does not exist")
    key = backend.keys[found]
    if key.key_state != "Enabled":
        raise KmsError("DisabledException", f"{key.arn} is disabled.")
    return key
