"""The words a policy pack may use, shared by every pack."""

from typing import Literal

TaskKind = Literal[
    "verify_debt",
    "reconcile",
    "clearing_plan",
    "adjust_plan",
    "phone_call",
    "visit",
    "serve_notice",
    "photo_evidence",
    "asset_investigation",
    "case_meeting",
    "inventory",
    "storage",
    "dispute_review",
    "third_party_investigation",
    "report_upward",
    "estate_review",
]
NoticeFate = Literal["failed", "returned", "refused", "no_address", "opted_out"]
"""What may become of a notice that does not reach the debtor."""
DisputeChange = Literal["opened", "upheld", "reduced", "rejected"]

REPORTS = (
    "receivables_detail",
    "ageing",
    "arrears_analysis",
    "arrears_by_segment",
    "effectiveness",
    "recovery_analysis",
    "arrears_summary",
    "register",
    "arrears_register",
    "commission_statement",
    "collection_rate",
    "handset_split",
)
"""Reports a monthly entry can store."""

CONTACT_TASKS = frozenset({"phone_call", "visit"})
"""Tasks that reach the debtor, so they count as contacts (contact rule of all packs)."""
