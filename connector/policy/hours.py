"""Business hours: whether the team is at work, and when a time limit counted in working hours ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_DAYS_AHEAD = 60
"""How far ahead an opening is looked for; beyond it the hours count as never open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Opening hours by weekday (Monday first) as (start, end) minutes after local midnight, in order.

    `limit_sends` says whether automatic sends wait for opening hours or only the time limits of people do.
    """

    timezone: str
    days: tuple[tuple[tuple[int, int], ...], ...]
    limit_sends: bool = True

    def open_at(self, at: datetime) -> bool:
        """Whether the team is at work at this moment."""
        local = at.astimezone(ZoneInfo(self.timezone))
        minute = local.hour * 60 + local.minute
        return any(start <= minute < end for start, end in self.days[local.weekday()])

    def after(self, since: datetime, *, minutes: float) -> datetime:
        """The moment at which this many working minutes have passed since then, in UTC.

        Hours that never open count as always open: a hand-off without a time limit would be forgotten.
        """
        left = timedelta(minutes=minutes)
        first = since.astimezone(ZoneInfo(self.timezone)).date()
        # From the day before: an opening that ends at 24:00 may still run where the clocks were changed.
        for offset in range(-1, _DAYS_AHEAD):
            for start, end in self._openings(first + timedelta(days=offset)):
                begin = max(start, since)
                if end - begin >= left:
                    return begin + left
                left -= max(end - begin, timedelta())
        return since + timedelta(minutes=minutes)

    def _openings(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        return tuple((self._moment(day, start), self._moment(day, end)) for start, end in self.days[day.weekday()])

    def _moment(self, day: date, minute: int) -> datetime:
        """Local wall-clock time as UTC; minute 1440 is the next midnight."""
        day, minute = day + timedelta(days=minute // 1440), minute % 1440
        local = datetime.combine(day, time(minute // 60, minute % 60), tzinfo=ZoneInfo(self.timezone))
        return local.astimezone(UTC)
