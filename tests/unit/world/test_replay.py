"""A run, told again over the time that it takes."""

from __future__ import annotations

from itertools import accumulate

import pytest

from twoclouds.world.container import Line, Transcript
from twoclouds.world.replay import STEPS, replay


def transcript(*lines: tuple[float, str], slept: float = 0) -> Transcript:
    printed = tuple(Line(at, "stdout", text) for at, text in lines)
    return Transcript(lines=printed, exit_code=0, outcome="exited", slept=slept)


def times(run: Transcript, span: int) -> list[tuple[int, str]]:
    steps = list(replay(run, span))
    return list(zip(accumulate(pause for pause, _ in steps), (text for _, text in steps), strict=True))


def test_lines_are_spread_evenly() -> None:
    assert times(transcript((0, "a"), (0, "b"), (0, "c")), 40) == [(10, "a\n"), (20, "b\n"), (30, "c\n"), (40, "")]


def test_a_script_that_sleeps_prints_when_it_wakes() -> None:
    run = transcript((0, "a"), (30, "b"), slept=30)
    assert times(run, 90_000) == [(20_000, "a\n"), (70_000, "b\n"), (90_000, "")]


def test_a_sleep_longer_than_the_declared_time_is_drawn_together() -> None:
    run = transcript((0, "a"), (50, "b"), (100, "c"), slept=100)
    assert times(run, 10_000) == [(0, "a\n"), (5_000, "b\n"), (10_000, "c\n"), (10_000, "")]


def test_nothing_printed_is_only_time() -> None:
    assert times(transcript(), 1000) == [(1000, "")]


@pytest.mark.parametrize("count", [STEPS, STEPS + 1, 100_000])
def test_a_long_log_grows_in_few_steps_and_loses_nothing(count: int) -> None:
    steps = times(transcript(*((0.0, str(number)) for number in range(count))), 1000)
    assert len(steps) <= STEPS + 1
    assert "".join(text for _, text in steps).split() == [str(number) for number in range(count)]
    assert steps[-1][0] == 1000
