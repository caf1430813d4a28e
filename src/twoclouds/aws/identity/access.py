"""Whether a principal may: its policies, its permissions boundary, its session's policy, and the resource's own.

What a request needs is `needs.py`'s to say. The wording is that of "Troubleshoot access denied error messages" in
IAM's user guide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twoclouds.aws import account
from twoclouds.aws.errors import AccessDeniedException
from twoclouds.aws.identity import principals
from twoclouds.aws.identity.conditions import matches
from twoclouds.aws.identity.policies import ALLOWED, DENIED, SILENT, decide, statements

__all__ = ["DENIED", "Need", "Verdict", "judge", "refusal", "require", "surroundings"]

if TYPE_CHECKING:
    from twoclouds.aws.identity.principals import Principal
    from twoclouds.aws.state import State


@dataclass(frozen=True)
class Need:
    """An action on a resource, which a request must be allowed. `policy` is the resource's own policy, if it has one.

    `delegated` says that the caller's policies count only if the resource's lets the account in, as KMS has it;
    `quoted` that the service quotes the resource in its message, as S3 does.
    """

    action: str
    resource: str
    context: Mapping[str, Sequence[str]] = field(default_factory=dict)
    policy: str | None = None
    delegated: bool = False
    quoted: bool = False


@dataclass(frozen=True)
class Verdict:
    """IAM's decision, and the kind of policy that made it."""

    decision: str
    by: str = "identity-based policy"


def judge(state: State, principal: Principal, need: Need) -> Verdict:
    """IAM's evaluation logic within one account, now."""
    context = {**surroundings(state), **principal.context, **need.context}

    def say(*documents: str) -> str:
        return decide(documents, need.action, need.resource, context)

    resource_says, lets_in = _resource_says(principal, need, context)
    kinds = {"identity-based policy": say(*principal.policies), "resource-based policy": resource_says}
    limits = {
        kind: say(document)
        for kind, document in (("permissions boundary", principal.boundary), ("session policy", principal.session))
        if document is not None
    }
    for kind, said in (kinds | limits).items():
        if said == DENIED:
            return Verdict(DENIED, kind)
    if need.delegated and not lets_in and resource_says != ALLOWED:
        return Verdict(SILENT, "resource-based policy")
    if ALLOWED not in kinds.values():
        return Verdict(SILENT)
    return next((Verdict(SILENT, kind) for kind, said in limits.items() if said != ALLOWED), Verdict(ALLOWED))


def _resource_says(principal: Principal, need: Need, context: Mapping[str, Sequence[str]]) -> tuple[str, bool]:
    """What a resource's policy says to this principal, and whether it lets the account in. To name the account alone
    gives nobody in it a right; it lets their own policies decide."""
    found, lets_in = SILENT, False
    for statement in statements(need.policy) if need.policy else ():
        named = [name for name in statement.principals.get("AWS", ()) if _means(name, principal)]
        if not named or not statement.applies(need.action, need.resource, context):
            continue
        if not statement.allows:
            return DENIED, lets_in
        if any(name not in (principals.ROOT, account.ACCOUNT) for name in named):
            found = ALLOWED
        else:
            lets_in = True
    return found, lets_in


def _means(name: str, principal: Principal) -> bool:
    return name == "*" or any(matches(name, known, {}) for known in principal.names)


def refusal(state: State, principal: Principal, need: Need) -> str:
    """Why the principal may not do it, in AWS's words; "" if it may."""
    verdict = judge(state, principal, need)
    if verdict.decision == ALLOWED:
        return ""
    resource = f'"{need.resource}"' if need.quoted else need.resource
    if verdict.decision == DENIED:
        article = "an" if verdict.by[0] in "aeiou" else "a"
        because = f"with an explicit deny in {article} {verdict.by}"
    else:
        because = f"because no {verdict.by} allows the {need.action} action"
    return f"User: {principal.arn} is not authorized to perform: {need.action} on resource: {resource} {because}"


def require(state: State, principal: Principal, *needs: Need) -> None:
    """Raise AccessDeniedException for the first of the needs that the principal is not allowed."""
    for need in needs:
        message = refusal(state, principal, need)
        if message:
            raise AccessDeniedException(message)


def surroundings(state: State) -> dict[str, tuple[str, ...]]:
    """The condition keys that every request has."""
    clock = state.world.clock
    return {
        "aws:currenttime": (f"{clock.datetime:%Y-%m-%dT%H:%M:%SZ}",),
        "aws:epochtime": (str(int(clock.timestamp)),),
        "aws:principalaccount": (account.ACCOUNT,),
        "aws:requestedregion": (account.REGION,),
        "aws:securetransport": ("true",),
        "aws:sourceip": ("203.0.113.10",),
    }
