"""Kinds that several services name: of notices and how they go out, documents, decisions, roles."""

from typing import Literal, get_args

Purpose = Literal["bill", "reminder", "arrears_notice", "demand", "final_demand"]
"""What a notice is for."""
Channel = Literal["sms", "email", "voice", "letter", "registered_letter", "ems", "public_list"]
"""How a notice goes out; `ems` is the postal express service, whose receipt counts in court."""
CHANNELS: tuple[Channel, ...] = get_args(Channel)
PHONE_CHANNELS = frozenset({"sms", "voice"})
PAPER_CHANNELS = frozenset({"letter", "registered_letter", "ems"})
POSTED_CHANNELS = frozenset({"registered_letter", "ems"})
"""Letters that the post gives a receipt for."""
Recipients = Literal["first", "registered", "each_other"]
"""Whom a notice goes to: the first usable address, the registered one, each other one."""
Choosing = Literal["in_order", "cheapest"]
Masking = Literal["persons", "all", "none"]
"""Whose names are masked where everybody may read them."""
DeliveryResult = Literal["delivered", "signed", "refused", "returned", "failed"]
"""What becomes of a notice that went out."""
DELIVERY_RESULTS: tuple[DeliveryResult, ...] = get_args(DeliveryResult)

Document = Literal[
    "lawyer_letter",
    "complaint",
    "preservation_application",
    "enforcement_application",
    "guarantee_order",
    "seizure_order",
]
DOCUMENTS: tuple[Document, ...] = get_args(Document)
LegalStep = Literal["filed", "hearing", "judgment", "settled", "enforced", "frozen", "seized"]
"""How a matter proceeds in court."""

Decision = Literal["approved", "rejected"]
"""What is decided on an approval or an application."""
DisputeKind = Literal["objection", "hearing", "statement", "appeal", "complaint"]
DisputeOutcome = Literal["upheld", "rejected", "reduced"]

ItemStatus = Literal["open", "settled", "cancelled", "written_off"]
Allocation = Literal["principal_first", "charges_first"]
"""What of an item money pays first."""
LateFeeStart = Literal["due", "started"]
"""When late fees start: by themselves once an item is due, or when the process starts them."""

Role = Literal[
    "collector",
    "sales",
    "finance",
    "operations",
    "property",
    "administration",
    "legal",
    "manager",
]
"""What people at the creditor do."""
STAFF: tuple[Role, ...] = get_args(Role)
