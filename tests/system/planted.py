"""Texts that are planted wherever one can be written, to be looked for afterwards."""

from collections.abc import Mapping
from typing import Any

NAME, OTHER_NAME = "欧阳漱玉", "慕容清越"
DEBTOR = {
    "name": NAME,
    "kind": "natural_person",
    "id_number": "110101199003077758",
    "legal_representative": "司马长风",
    "registered_address": "平川市解放路77号院",
    "phones": ["+8613912345678"],
    "emails": ["shuyu.ouyang@example.com"],
    "addresses": ["青山县河东路1818号"],
}
PROFILE = {
    "debtor": DEBTOR,
    "guarantors": [{"name": "诸葛静姝", "phone": "+8613787654321"}],
    "mandate": "DD-62220212345",
    "attributes": {"employer": "平川市第二纺织厂", "remark": "Owes since the Quixote affair"},
    "number": "滇Z·99817",
}
NOTES = {
    "observation": "seen at Zanzibar Cafe",
    "upstream": "neighbour Pumpernickel told",
    "reply": "called from +8613700001111",
    "promise": "will sell the Stradivarius",
    "dispute": "signature forged by Moriarty",
    "resolution": "Moriarty did not forge it",
    "application": "treated at Charité Berlin",
    "hold": "lives with Rumpelstiltskin",
    "task": "identity seen by Ms Dulcinea",
    "adjustment": "rebate for Sancho Panza",
    "invoice": "Loan for the Rocinante",
    "poison": "Dorotea of Andalusia",
    "changed": "Cardenio the Ragged",
    "reversal": "cheque of Altisidora",
    "invoice_number": "Dulcinea/2026/00007",
    "payment_number": "Receipt of Sansón Carrasco",
}

NOT_IN_THE_COPY = {NOTES[one] for one in ("invoice", "adjustment", "reversal")}
"""What a debtor's copy leaves out: what no service keeps."""
OTHERS_POISON = "Ginés of Pasamonte"


def texts(value: Any) -> list[str]:
    """All texts of a nested value that could tell who somebody is."""
    if isinstance(value, Mapping):
        return [text for key, each in value.items() if key != "kind" for text in texts(each)]
    if isinstance(value, list):
        return [text for each in value for text in texts(each)]
    return [value]


PLANTED = [*texts(PROFILE), *NOTES.values()]
