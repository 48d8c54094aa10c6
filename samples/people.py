"""Invented debtors: names put together at random, numbers from a block of test numbers."""

from random import Random

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建文辉玲海燕"
_TOWNS = ("青山县", "宁远市", "临江市", "新河市", "安平县", "永乐镇")
_STREETS = ("河东路", "北街", "建设路", "长安街", "工业大道", "解放路", "人民路")
_TRADES = ("机电设备", "建材", "物流", "餐饮管理", "纺织", "电子科技", "印务", "食品")

Debtor = dict[str, object]


def person(rng: Random, number: int) -> Debtor:
    """Return a natural person; `number` keeps phone and e-mail apart from everybody else's."""
    given = "".join(_pick(rng, _GIVEN) for _ in range(1 + rng.randrange(2)))
    debtor: Debtor = {
        "name": _pick(rng, _SURNAMES) + given,
        "kind": "natural_person",
        "phones": [_phone(number)],
        "addresses": [_address(rng)],
    }
    if rng.random() < 0.8:
        debtor["emails"] = [f"debtor{number:04d}@example.com"]
    return debtor


def company(rng: Random, number: int) -> Debtor:
    """Return a company with a seat and a legal representative."""
    town = _pick(rng, _TOWNS)
    seat = _address(rng, town)
    name = f"{town[:2]}{_pick(rng, _GIVEN)}{_pick(rng, _GIVEN)}{_pick(rng, _TRADES)}有限公司"
    return {
        "name": name,
        "kind": "company",
        "legal_representative": _pick(rng, _SURNAMES) + _pick(rng, _GIVEN),
        "registered_address": seat,
        "phones": [_phone(number)],
        "emails": [f"accounts{number:04d}@example.com"],
        "addresses": [seat],
    }


def _phone(number: int) -> str:
    return f"+86138001{number:05d}"


def _address(rng: Random, town: str | None = None) -> str:
    return f"{town or _pick(rng, _TOWNS)}{_pick(rng, _STREETS)}{1 + rng.randrange(199)}号"


def _pick(rng: Random, choices: "str | tuple[str, ...]") -> str:
    return choices[rng.randrange(len(choices))]
