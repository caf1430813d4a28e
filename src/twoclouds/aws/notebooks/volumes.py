"""Storage volumes: what they hold is kept, and costs by the gigabyte and month, whether a machine runs or not."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from twoclouds.aws import catalog
from twoclouds.aws.account import CLOUD
from twoclouds.aws.errors import ValidationException
from twoclouds.aws.identity import kms
from twoclouds.world.bill import Line, Phase

if TYPE_CHECKING:
    from twoclouds.aws.state import State
    from twoclouds.world.world import World

HOURS = 730
"""Of a month, as AWS counts them."""


def attach(world: World, resource: str, gigabytes: int, *, rate: str, owner: str = "", phase: Phase = "idle") -> Line:
    """Begin to bill for a volume, now, at a rate of `data/rates.csv`; `world.bill.close` ends it."""
    monthly = catalog.rate(world, rate)
    return world.bill.open(
        account=CLOUD,
        resource=f"{resource}/volume",
        item=f"ML storage, {gigabytes} GB",
        phase=phase,
        hourly=monthly * gigabytes / Decimal(HOURS),
        owner=owner or resource,
    )


def check_key(state: State, role_arn: str, key: str | None) -> None:
    """Raise ValidationException unless SageMaker can encrypt a job's volumes with a key (VolumeKmsKeyId), for which its
    role needs kms:CreateGrant. The words are KMS's."""
    if key:
        try:
            kms.check(state, role_arn, key, kms.GRANT)
        except kms.KmsError as error:
            raise ValidationException(str(error)) from None
