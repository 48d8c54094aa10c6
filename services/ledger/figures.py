"""What the metrics say of the ledger's business, by creditor."""

from chassis.runtime.figures import PROPOSALS, Figure

FIGURES = (
    Figure(
        """
        select creditor, currency, sum(principal), sum(overdue), count(*) filter (where overdue > 0)
        from view_accounts group by 1, 2""",
        {
            "owed": "Principal of all open items, in minor units.",
            "overdue": "Of this, what is overdue.",
            "accounts_overdue": "Accounts on which something is overdue.",
        },
        ("currency",),
    ),
    PROPOSALS,
)
