"""What the metrics say of the notifier's business, by creditor."""

from chassis.runtime.figures import Figure
from services.notifier.views.notices import UNJUDGED

FIGURES = (
    Figure(
        "select creditor, channel, count(*) from view_notices where due group by 1, 2",
        {"notices_due": "Notices that could go now, or whose fate is being found out."},
        ("channel",),
    ),
    Figure(
        f"select creditor, reason, count(*) from view_notices where {UNJUDGED} group by 1, 2",  # noqa: S608
        {"notices_unjudged": "Notices that wait since a rule cannot be evaluated."},
        ("reason",),
    ),
)
