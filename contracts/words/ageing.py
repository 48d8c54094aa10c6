"""Ageing: the buckets that what is owed is counted in, by how long it has been overdue."""

BUCKETS: tuple[tuple[str, int], ...] = (
    ("0", 0),
    ("1-30", 30),
    ("31-60", 60),
    ("61-90", 90),
    ("91-180", 180),
    ("181-365", 365),
)
"""Name and last day of each bucket but the last; 0 is what is not overdue."""
LAST_BUCKET = "366+"
BUCKET_NAMES = (*(name for name, _ in BUCKETS), LAST_BUCKET)


def bucket_of(days: int) -> str:
    """The bucket of a number of days overdue."""
    return next((name for name, last in BUCKETS if days <= last), LAST_BUCKET)
