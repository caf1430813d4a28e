"""Lists as SageMaker gives them: filtered by name, time and status, sorted, in pages that a NextToken goes on from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Protocol

from twoclouds.aws.errors import ValidationException
from twoclouds.aws.operations import Parameters

if TYPE_CHECKING:
    from twoclouds.aws.state import State

PAGE = 10
"""How many a list returns where MaxResults is not given (assumed; 100 is the most)."""


class Listed(Protocol):
    """What can be listed: it has a name, and times in ms since the lab opened."""

    @property
    def name(self) -> str: ...

    @property
    def created(self) -> int: ...

    @property
    def modified(self) -> int: ...

    @property
    def status(self) -> str: ...


def page(
    state: State,
    parameters: Parameters,
    items: Iterable[Any],
    *,
    member: str,
    summary: Callable[[Any], dict[str, Any]],
    order: str = "Descending",
    status_after_page: bool = False,
) -> dict[str, Any]:
    """One page of a list as `{member: [summary(item), …], "NextToken": …}`.

    Understood are NameContains, CreationTimeAfter and -Before, LastModifiedTimeAfter and -Before, StatusEquals, SortBy
    (Name, CreationTime, LastModifiedTime or Status), SortOrder (`order` where it is not given), MaxResults, NextToken.
    `status_after_page`: MaxResults are taken first, and StatusEquals leaves out some of them (ListTrainingJobs).
    """
    wanted = parameters.get("StatusEquals")
    chosen = [item for item in items if _passes(state, parameters, item)]
    if wanted and not status_after_page:
        chosen = [item for item in chosen if item.status == wanted]
    _sort(chosen, parameters.get("SortBy", "CreationTime"), parameters.get("SortOrder", order))
    shown, token = cut(chosen, parameters)
    if wanted and status_after_page:
        shown = [item for item in shown if item.status == wanted]
    return {member: [summary(item) for item in shown], **token}


def cut(items: list[Any], parameters: Parameters, *, size: int = PAGE) -> tuple[list[Any], dict[str, str]]:
    """The page of `items` that MaxResults and NextToken ask for, and the answer's NextToken if there are more.

    Raises ValidationException for a token that no list has given out.
    """
    token = parameters.get("NextToken") or "0"
    if not token.isdigit() or int(token) > len(items):
        raise ValidationException("Invalid NextToken.")
    first = int(token)
    last = first + (parameters.get("MaxResults") or size)
    return items[first:last], ({"NextToken": str(last)} if last < len(items) else {})


def _passes(state: State, parameters: Parameters, item: Listed) -> bool:
    if parameters.get("NameContains", "") not in item.name:
        return False
    for prefix, time in (("CreationTime", item.created), ("LastModifiedTime", item.modified)):
        epoch = state.epoch(time)
        after, before = parameters.get(f"{prefix}After"), parameters.get(f"{prefix}Before")
        if (after is not None and epoch <= after) or (before is not None and epoch >= before):
            return False
    return True


def _sort(items: list[Any], by: str, order: str) -> None:
    """In place; what is equal stays in the order in which it was made."""
    keys: dict[str, Callable[[Any], Any]] = {
        "Name": lambda item: item.name,
        "Status": lambda item: item.status,
        "LastModifiedTime": lambda item: item.modified,
    }
    items.sort(key=keys.get(by, lambda item: item.created), reverse=order == "Descending")
