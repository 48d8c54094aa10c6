"""What the metrics say of the notifier's business, by creditor."""

from chassis.runtime.figures import Figure

FIGURES = (
    Figure(
        "select creditor, channel, count(*) from view_notices where due group by 1, 2",
        {"notices_due": "Notices that could go now, or whose fate is being found out."},
        ("channel",),
    ),
    Figure(
        """
        select creditor, reason, count(*) from view_notices
        where state = 'waiting' and reason in ('time_zone', 'terms', 'profile', 'ledger')
        group by 1, 2""",
        {"notices_unjudged": "Notices that wait since a rule cannot be evaluated."},
        ("reason",),
    ),
)
