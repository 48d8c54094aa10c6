"""A policy pack in which everything is as long, and every figure as large, as the format allows."""

import json
from typing import Any

from contracts.base import AMOUNT_MAX
from services.dunning.policy import Pack
from services.dunning.policy.load import loads
from services.dunning.policy.parts import DAYS_MAX, TIMES_MAX, VERSION_MAX, YEARS_MAX

NAME = "N" * 128
OTHER_NAME = "O" * 128
WORD = "w" * 64
"""What people may write over HTTP for a name."""
LABEL = "部" * 200
CHANNELS = ["sms", "email", "voice", "letter", "registered_letter", "ems", "public_list"]


def _step_id(letter: str) -> str:
    return letter * 32


_Action = dict[str, dict[str, Any]]
NOTICE: _Action = {
    "notice": {
        "purpose": "final_demand",
        "channels": CHANNELS,
        "recipients": "each_other",
        "respond_within_days": DAYS_MAX,
        "template": NAME,
    }
}
VISIT: _Action = {"task": {"kind": "visit", "owner": "segment", "with_owners": [LABEL] * 10}}
COURT: list[_Action] = [
    {"restrict": {"service": NAME}},
    {"restrict": {"service": OTHER_NAME}},
    {"refer": {"to": NAME}},
    {"legal": {"document": "preservation_application"}},
]
"""What only a case can bring about."""
CHARGE: _Action = {"charge": {"item": NAME, "ratio": 10**6, "due_in_days": DAYS_MAX}}
FEE: _Action = {"charge": {"item": NAME, "amount": AMOUNT_MAX, "due_in_days": 0}}
ALERT: _Action = {"alert": {"kind": NAME}}
EVERYTHING: list[_Action] = [
    NOTICE,
    VISIT,
    *COURT,
    CHARGE,
    FEE,
    ALERT,
    {"direct_debit": {}},
    {"write_off": {}},
]
ASKED: _Action = {
    "approval": {"for": WORD, "by": LABEL, "holds_steps": False, "then": [NOTICE, FEE, *COURT]}
}


def extreme_pack(version: int = VERSION_MAX, *, minimum_overdue: int = 0) -> Pack:
    """The pack; below `minimum_overdue` no case opens."""
    return loads(json.dumps(_pack(version, minimum_overdue)))


def _pack(version: int, minimum_overdue: int) -> dict[str, Any]:
    reactions: list[dict[str, Any]] = [
        _reaction("a", {"observation": ["seen"]}, EVERYTHING),
        _reaction("b", {"observation": ["asked"]}, [ASKED]),
        _reaction("c", {"plan": "broken"}, [CHARGE]),
        _reaction("d", {"case": "closed"}, [NOTICE, *COURT]),
        _reaction("e", {"mandate": "withdrawn"}, [NOTICE, FEE]),
        _reaction("f", {"observation": ["paid"]}, [{"restore": {}}]),
        _reaction("g", {"observation": ["class"]}, [{"classify": {"as": NAME}}]),
        _reaction("h", {"delivery": ["failed", "no_address"]}, [NOTICE, ALERT]),
        _reaction("i", {"classified": [NAME, OTHER_NAME]}, [ALERT, VISIT]),
    ]
    monthly = {"id": _step_id("m"), "source": "x", "monthly": [1, 15, 31]}
    return {
        "id": "p" * 64,
        "version": version,
        "title": {"zh": "极端", "en": "Extreme"},
        "for": "tests",
        "description": "a pack for tests",
        "source": "none",
        "minimum_overdue": minimum_overdue,
        "unmatched_days": DAYS_MAX,
        "contact": {
            "from": "00:00",
            "until": "24:00",
            "contacts_max": TIMES_MAX,
            "window_days": 7,
            "calls_per_day_max": 1,
        },
        "terms": {
            "due_days": DAYS_MAX,
            "late_fee": {"rate_per_day": "0." + "9" * 30, "cap_ratio": 10**6, "starts": "started"},
        },
        "steps": _steps(),
        "reactions": reactions,
        "before_due": [
            {"id": _step_id("t"), "source": "x", "days": 30, "do": [NOTICE, *COURT, FEE]}
        ],
        "calendar": [
            {
                **monthly,
                "scope": "accounts",
                "where": "open_items",
                "do": [*EVERYTHING, {"grade": {}}],
            },
            {
                **monthly,
                "id": _step_id("n"),
                "scope": "creditor",
                "do": [ALERT, VISIT, {"approval": {"for": "commission", "by": LABEL}}],
            },
            {**monthly, "id": _step_id("o"), "scope": "segments", "do": [VISIT]},
        ],
        "limitation": {
            "years": 1,
            "near_days": 300,
            "restarted_by": ["delivered_demand", "promise", "part_payment"],
            "near": EVERYTHING,
            "expired": EVERYTHING,
        },
        "grading": [{"as": OTHER_NAME, "below_days": 400}, {"as": NAME}],
        "commission": {
            "from": "payment",
            "rates": [{"rate": 1, "expired_years_below": YEARS_MAX}, {"rate": 1}],
        },
        "decisions": {"late_after_days": 1, "alert": NAME},
        "credit": {"agreement_required": True, "arrears_ratio_max": "0.0001"},
        "cash_desk": {"compare": "running_total", "alert": NAME},
        "segments": {WORD: LABEL, "other": LABEL},
    }


def _steps() -> list[dict[str, Any]]:
    asks = {"for": WORD, "by": LABEL}
    done = [
        [NOTICE, VISIT],
        [{"start_late_fee": {}}, *COURT],
        [CHARGE, {"grade": {}}, {"write_off": {}}],
        [ASKED],
    ]
    steps: list[dict[str, Any]] = [
        {"id": _step_id(letter), "source": "x", "when": {"then_days": 0}, "do": do}
        for letter, do in zip("uvwx", done, strict=True)
    ]
    asking = {"id": _step_id("y"), "approval": asks, "do": [*COURT, FEE]}
    return [*steps, {"source": "x", "when": {"then_days": 0}, **asking}]


def _reaction(letter: str, on: dict[str, Any], do: list[_Action]) -> dict[str, Any]:
    return {"id": _step_id(letter), "source": "x", "on": on, "do": do}
