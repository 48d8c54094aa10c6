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
    debtor: Debtor = {
        "name": full_name(rng),
        "kind": "natural_person",
        "phones": [phone(number)],
        "addresses": [address(rng)],
    }
    if rng.random() < 0.8:
        debtor["emails"] = [f"debtor{number:04d}@example.com"]
    return debtor


def company(rng: Random, number: int) -> Debtor:
    """Return a company with a seat and a legal representative."""
    town = rng.choice(_TOWNS)
    seat = address(rng, town)
    name = f"{town[:2]}{rng.choice(_GIVEN)}{rng.choice(_GIVEN)}{rng.choice(_TRADES)}有限公司"
    return {
        "name": name,
        "kind": "company",
        "legal_representative": full_name(rng),
        "registered_address": seat,
        "phones": [phone(number)],
        "emails": [f"accounts{number:04d}@example.com"],
        "addresses": [seat],
    }


def registered_person(rng: Random, number: int) -> Debtor:
    """Return a natural person whose identity card gives another address than the debtor did."""
    return {**person(rng, number), "registered_address": address(rng)}


def either(rng: Random, number: int) -> Debtor:
    """Return a company, or as often a person."""
    return company(rng, number) if rng.random() < 0.5 else registered_person(rng, number)


def full_name(rng: Random) -> str:
    """Return the name of a person."""
    given = "".join(rng.choice(_GIVEN) for _ in range(1 + rng.randrange(2)))
    return rng.choice(_SURNAMES) + given


def phone(number: int) -> str:
    """Return a number of the test block."""
    return f"+86138001{number:05d}"


def address(rng: Random, town: str | None = None) -> str:
    """Return a street address, in a town if one is given."""
    return f"{town or rng.choice(_TOWNS)}{rng.choice(_STREETS)}{1 + rng.randrange(199)}号"
