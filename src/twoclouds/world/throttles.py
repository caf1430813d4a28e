"""How often something may be asked: token buckets that fill as virtual time passes."""

from __future__ import annotations

from dataclasses import dataclass

from twoclouds.world.clock import SECOND, Clock


@dataclass
class _Bucket:
    """`thousandths` of a token, as of `time` (ms)."""

    thousandths: int
    time: int


class Throttles:
    """Buckets by name, each full at first. While `on` is False, nobody is ever kept waiting."""

    def __init__(self, clock: Clock) -> None:
        self.on = False
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def take(self, name: str, *, per_second: int, burst: int) -> int:
        """Take a token of a bucket that holds `burst` and gets `per_second` new ones: 0; or, if there is none, the ms
        until there will be one."""
        if not self.on:
            return 0
        now, full = self._clock.now, burst * 1000
        bucket = self._buckets.setdefault(name, _Bucket(full, now))
        gained = (now - bucket.time) * per_second * 1000 // SECOND
        bucket.thousandths, bucket.time = min(full, bucket.thousandths + gained), now
        if bucket.thousandths >= 1000:
            bucket.thousandths -= 1000
            return 0
        return -(-(1000 - bucket.thousandths) * SECOND // (per_second * 1000))

    def left(self, name: str, *, burst: int) -> int:
        """How many whole tokens a bucket holds, as of when somebody last asked."""
        return self._buckets[name].thousandths // 1000 if name in self._buckets else burst
