"""The people of the account that every lab prepares: users, and what each may do. Whoever is signed in owns the key
that the lab gives to the SDKs."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from twoclouds.aws import account

if TYPE_CHECKING:
    from moto.iam.models import IAMBackend

KEY = "AKIATWOCLOUDSEXAMPLE"
SECRET = "two-clouds-needs-no-secret"
ADMINISTRATOR = "administrator"

_BUCKET = f"arn:aws:s3:::{account.BUCKET}"
_READ_LOGS = {"Effect": "Allow", "Action": ["logs:Describe*", "logs:Get*", "logs:FilterLogEvents"], "Resource": "*"}
_READ_ROLE = {
    "Effect": "Allow",
    "Action": ["iam:GetRole", "iam:SimulatePrincipalPolicy"],
    "Resource": account.ROLE_ARN,
}

PEOPLE: dict[str, tuple[tuple[str, ...], list[dict[str, Any]]]] = {
    ADMINISTRATOR: (("AdministratorAccess",), []),
    "data-scientist": (
        ("AmazonSageMakerFullAccess",),
        [
            {
                "Effect": "Allow",
                "Action": "iam:PassRole",
                "Resource": account.ROLE_ARN,
                "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
            },
            {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"{_BUCKET}/*"},
            {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetBucketLocation"], "Resource": _BUCKET},
            _READ_LOGS,
            _READ_ROLE,
        ],
    ),
    "compute-operator": (
        ("AmazonSageMakerReadOnly",),
        [
            {
                "Effect": "Allow",
                "Action": ["sagemaker:*NotebookInstance*", "sagemaker:Stop*", "sagemaker:Update*Capacities"],
                "Resource": "*",
            },
            {"Effect": "Allow", "Action": "servicequotas:*", "Resource": "*"},
        ],
    ),
    "reader": (("AmazonSageMakerReadOnly",), [_READ_LOGS]),
}
"""Of each user the AWS managed policies that are attached, and an inline policy's statements (assumed: every account
writes its own)."""


def prepare(iam: IAMBackend) -> None:
    """Make the users."""
    for name, (managed, statements) in PEOPLE.items():
        iam.create_user(region_name=account.REGION, user_name=name)
        for policy in managed:
            load(iam, policy)
            iam.attach_user_policy(f"arn:aws:iam::aws:policy/{policy}", name)
        if statements:
            document = {"Version": "2012-10-17", "Statement": statements}
            iam.put_user_policy(name, "two-clouds", json.dumps(document))


def sign_in(iam: IAMBackend, name: str) -> None:
    """Give the lab's key to the user `name`, and to nobody else."""
    key = None
    for user in iam.users.values():
        for held in [held for held in user.access_keys if held.access_key_id == KEY]:
            user.access_keys.remove(held)
            key = held
    if key is None:
        key = iam.create_access_key(name)
        iam.users[name].access_keys.remove(key)
        key.access_key_id, key.secret_access_key = KEY, SECRET
    key.user_name = name
    iam.users[name].access_keys.append(key)


def load(iam: IAMBackend, *names: str) -> None:
    """Let moto know AWS managed policies, all of them if none is named: it does not by itself, for there are many."""
    from moto.iam.models import AWSManagedPolicy

    for name in names or _published():
        data = _published()[name]
        arn = f"arn:aws:iam::aws:policy{data['Path']}{name}"
        if arn not in iam.managed_policies:
            policy = AWSManagedPolicy.from_data(name, account.ACCOUNT, "aws", data)
            iam.managed_policies[arn] = policy
            iam.aws_managed_policies.append(policy)


@cache
def _published() -> dict[str, Any]:
    """moto's copy of what AWS publishes."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    return dict(json.loads(aws_managed_policies_data))
