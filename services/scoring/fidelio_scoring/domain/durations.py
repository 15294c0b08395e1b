"""Time is counted in whole milliseconds: floats of days would let boundaries slip."""

from datetime import timedelta

DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS
DAY = timedelta(days=1)
MILLISECOND = timedelta(milliseconds=1)
