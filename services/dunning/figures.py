"""What the metrics say of dunning's business, by creditor."""

from chassis.runtime.figures import PROPOSALS, Figure

FIGURES = (
    Figure(
        """
        select creditor, coalesce(currency, ''), count(*), sum(owed) from view_accounts
        where case_id is not null group by 1, 2""",
        {
            "open_cases": "Cases that are open or paused.",
            "owed_in_cases": "Principal open on their accounts, in minor units.",
        },
        ("currency",),
    ),
    Figure(
        "select creditor, count(*) from view_tasks where state = 'open' group by 1",
        {"open_tasks": "Tasks that people have yet to do."},
    ),
    Figure(
        "select creditor, what, count(*) from view_decisions where state = 'pending' group by 1, 2",
        {"decisions_pending": "Applications and approvals that wait for a person."},
        ("what",),
    ),
    PROPOSALS,
)
