"""What the metrics say of legal's business, by creditor."""

from chassis.runtime.figures import Figure

FIGURES = (
    Figure(
        "select creditor, stage, count(*) from view_matters where stage <> 'closed' group by 1, 2",
        {"open_matters": "Matters that are not closed."},
        ("stage",),
    ),
)
