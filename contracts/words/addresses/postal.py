"""Postal addresses: any text counts that is not there to fill the field in."""

from contracts.words.addresses.field import plain

_NOTHING = frozenset(
    (
        *("na", "none", "null", "nil", "nan", "undefined", "unknown", "notknown", "tbd", "test"),
        *("noaddress", "nofixedabode", "unbekannt", "keine"),
        *("无", "無", "空", "没有", "沒有", "暂无", "暫無", "未知", "未填", "不详", "不詳", "不明"),
        *(
            "不知道",
            "待定",
            "待补",
            "待补充",
            "同上",
            "无地址",
            "地址不详",
            "地址不明",
            "无固定住所",
        ),
    )
)
"""What people write where they know no address, letters and digits only."""


def postal_address(raw: str) -> str | None:
    """The address on one line; `None` when the field is empty or says that there is none."""
    address = " ".join(raw.split())
    said = "".join(char for char in plain(address).casefold() if char.isalnum())
    return None if said in _NOTHING or not said.strip("0x") else address
