"""Addresses as people write them into fields: rule 16."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.words.addresses.mail import mail_addresses
from contracts.words.addresses.phone import phone_numbers
from contracts.words.addresses.postal import postal_address
from contracts.words.vocabulary import CHANNELS
from services.notifier.domain.destinations import Profile, destinations
from services.notifier.domain.terms import Terms

FIRST, SECOND = "+8613800138000", "+8613900139000"
FIXED = "+8687163512345"


@pytest.mark.parametrize(
    ("raw", "texts", "calls"),
    [
        ("138 0013 8000", [FIRST], [FIRST]),
        ("+86-138-0013-8000", [FIRST], [FIRST]),
        ("tel:0086 13800138000", [FIRST], [FIRST]),
        ("＋８６（１３８）００１３８０００", [FIRST], [FIRST]),
        ("\u202a13800138000\u202c", [FIRST], [FIRST]),
        ("13800138000.0", [FIRST], [FIRST]),
        ("13800138000/13900139000", [FIRST, SECOND], [FIRST, SECOND]),
        ("13800138000；13900139000，13800138000", [FIRST, SECOND], [FIRST, SECOND]),
        ("138 0013 8000 139 0013 9000", [FIRST, SECOND], [FIRST, SECOND]),
        ("0871-63512345、13800138000（妻子，同住）", [FIRST], [FIXED, FIRST]),
        ("(0871)63512345", [], [FIXED]),
        ("０８７１－６３５１２３４５转８０１", [], [FIXED]),
        ("0871-63512345-801", [], [FIXED]),
        ("手机：13800138000（停机）；张三13900139000", [FIRST, SECOND], [FIRST, SECOND]),
        ("张三【13800138000】", [FIRST], [FIRST]),
        ("13800138000 (old: 13900139000)", [FIRST], [FIRST]),
        ("13800138000（妻子", [FIRST], [FIRST]),
        ("400-800-8000", [], ["+864008008000"]),
    ],
)
def test_numbers_are_read_as_people_write_them(
    raw: str, texts: list[str], calls: list[str]
) -> None:
    assert phone_numbers(raw, "sms", "CN") == texts
    assert phone_numbers(raw, "voice", "CN") == calls


@given(st.from_regex(r"(\+|\+86|138)?[0-9]{4,12}", fullmatch=True))
def test_a_number_that_stands_alone_is_read_as_among_other_characters(raw: str) -> None:
    for channel in ("sms", "voice"):
        assert phone_numbers(raw, channel, "CN") == phone_numbers(f"({raw})", channel, "CN")


@pytest.mark.parametrize(
    "raw",
    [
        *("", "无", "n/a", "-", "()", "////", "+"),
        *("00000000000", "11111111111", "12345678901", "88888888", "123456789"),
        *("138001380001", "1380013800", "+99 138 0013 8000", "138 0013 8000 1", "1.38E+10"),
    ],
)
@pytest.mark.parametrize("channel", ["sms", "voice"])
def test_numbers_that_cannot_exist_are_none(raw: str, channel: str) -> None:
    assert phone_numbers(raw, channel, "CN") == []


@pytest.mark.parametrize(
    ("raw", "region", "number"),
    [
        ("030/1234567", "DE", "+49301234567"),
        ("+44 (0)20 7946 0958", "CN", "+442079460958"),
        ("(201) 555-0123", "US", "+12015550123"),
        ("0171 1234567 (privat)", "DE", "+491711234567"),
    ],
)
def test_area_codes_are_written_as_each_country_does(raw: str, region: str, number: str) -> None:
    assert phone_numbers(raw, "voice", region) == [number]


def test_where_a_country_does_not_tell_mobile_numbers_any_may_take_texts() -> None:
    assert phone_numbers("(201) 555-0123", "sms", "US") == ["+12015550123"]


@pytest.mark.parametrize(
    ("zone", "country"),
    [
        ("Asia/Shanghai", "CN"),
        ("PRC", "CN"),
        ("Europe/Berlin", "DE"),
        ("Asia/Calcutta", "IN"),
        ("UTC", "CN"),
        ("Etc/GMT-8", "CN"),
    ],
)
def test_numbers_without_a_country_code_are_those_of_the_creditors_country(
    zone: str, country: str
) -> None:
    assert Terms("acme", zone).country == country


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("a@e.com; b@e.com", ["a@e.com", "b@e.com"]),
        ("a@e.com/b@e.com、c@e.com，a@e.com", ["a@e.com", "b@e.com", "c@e.com"]),
        ('Accounts <a@e.com>, "Zhang, San" <b@e.com>', ["a@e.com", "b@e.com"]),
        ("old@e.com <a@e.com>", ["a@e.com"]),
        ("mailto:a@e.com?subject=bill", ["a@e.com"]),
        ("a＠e.com", ["a@e.com"]),
        ("ａ＠ｅ．ｃｏｍ。", ["a@e.com"]),
        ("a @ e。com", ["a@e.com"]),
        ("a@e.com（财务；王）", ["a@e.com"]),
        ("王会计(a@e.com)", ["a@e.com"]),
        ("邮箱：a@e.com", ["a@e.com"]),
        ("邮箱a@e.com财务部", ["a@e.com"]),
        ("E-Mail: 'a@e.com'", ["a@e.com"]),
        ("a@e.com b@e.com", ["a@e.com", "b@e.com"]),
        ("n/a, a@e.com", ["a@e.com"]),
        ("A.B@E.COM", ["A.B@e.com"]),
        ("a@例子.中国", ["a@xn--fsqu00a.xn--fiqs8s"]),
        ("a@mail.abc例子.com", ["a@mail.xn--abc-xc0e315c.com"]),
        ("a@e.com\r\nBcc: c@d.ee", ["a@e.com", "c@d.ee"]),
        *((raw, []) for raw in ("", "n/a", "无", "a@b", "@e.com", "a..b@e.com", "a@e..com")),
        *((raw, []) for raw in ("李@e.com", "a@1.2.3.4", "a@e.invalid", "a@", "a@-e.com")),
    ],
)
def test_mail_addresses_are_found_whatever_is_around_them(raw: str, found: list[str]) -> None:
    assert mail_addresses(raw) == found


@pytest.mark.parametrize("raw", ["", " ", "n/a", "N.A.", "无", "（暂无）", "-", "——", "0", "xx"])
def test_what_fills_an_address_in_is_none(raw: str) -> None:
    assert postal_address(raw) is None


@pytest.mark.parametrize("raw", ["无锡市人民路1号", "空港路1号", "None Street 5", "X路0号"])
def test_any_other_text_is_a_postal_address(raw: str) -> None:
    assert postal_address(f" {raw}\n") == raw


NUMBERS = st.sampled_from([FIRST, SECOND, FIXED, "+442079460958", "+12015550123", "+81312345678"])
MAILS = st.sampled_from(["a@e.com", "b.c+d@mail.example.org", "o'hara@e.co.uk", "x_1@e-f.cn"])
SEPARATORS = st.sampled_from([";", "；", ", ", "，", "/", " / ", "、", "\n", " ; "])
REMARKS = st.sampled_from(["", "(home)", "（妻子，同住）", " [旧]", "【财务；王】"])


def _wide(text: str) -> str:
    return "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in text)


@given(st.lists(st.tuples(NUMBERS, REMARKS, SEPARATORS, st.booleans()), min_size=1, max_size=5))
def test_every_number_of_a_field_is_found_in_order(
    entries: list[tuple[str, str, str, bool]],
) -> None:
    raw = "".join(
        (_wide(one) if wide else one) + remark + mark for one, remark, mark, wide in entries
    )
    assert phone_numbers(raw, "voice", "CN") == list(dict.fromkeys(one[0] for one in entries))


@given(st.lists(st.tuples(MAILS, REMARKS, SEPARATORS, st.booleans()), min_size=1, max_size=5))
def test_every_mail_address_of_a_field_is_found_in_order(
    entries: list[tuple[str, str, str, bool]],
) -> None:
    raw = "".join(
        (f"Some Body <{one}>" if named else one) + remark + mark
        for one, remark, mark, named in entries
    )
    assert mail_addresses(raw) == list(dict.fromkeys(one[0] for one in entries))


@given(st.text(alphabet='0123456789+-/ ().;:,、（）转@<>"ax无\u200b\n', max_size=60) | st.text())
def test_whatever_a_field_holds_only_clean_addresses_come_out(raw: str) -> None:
    for channel in ("sms", "voice"):
        for number in phone_numbers(raw, channel, "CN"):
            assert phone_numbers(number, channel, "CN") == [number]
    for address in mail_addresses(raw):
        assert address.isascii()
        assert mail_addresses(address) == [address]


PERSON = Profile(
    name="张三丰",
    phones=("010-12345678 / 138 0013 8000", "+8613900139000"),
    emails=("not an address", "zhang@example.com; b@example.com"),
    addresses=(" ", "n/a", "河东路18号"),
    registered_address="北街7号",
)


def _to(profile: Profile, channel: str, recipients: str = "first", *failed: str) -> list[str]:
    found = destinations(profile, channel, recipients, "CN", failed)
    return [one.address for one in found]


def _places(profile: Profile, channel: str, *failed: str) -> list[str]:
    return [one.place for one in destinations(profile, channel, "first", "CN", failed)]


def test_the_first_usable_address_of_the_channel_is_taken() -> None:
    assert _to(PERSON, "sms") == ["+8613800138000"]
    assert _to(PERSON, "voice") == ["+861012345678"]
    assert _to(PERSON, "email") == ["zhang@example.com"]
    assert _to(PERSON, "letter") == ["河东路18号"]
    assert _to(PERSON, "public_list") == ["public_list"]


def test_what_failed_comes_after_all_others_and_is_still_better_than_none() -> None:
    assert _places(PERSON, "sms") == ["phone:1"]
    assert _places(PERSON, "sms", "phone:1") == ["phone:2"]
    assert _places(PERSON, "sms", "phone:1", "phone:2") == ["phone:1"]
    assert _places(PERSON, "voice", "phone:1") == ["phone:0"]
    assert _to(PERSON, "email", "first", "email:0") == ["b@example.com"]
    assert _to(PERSON, "letter", "first", "address:0") == ["北街7号"]
    assert _to(PERSON, "ems", "registered", "registered") == ["北街7号"]


def test_paper_falls_back_to_the_registered_address() -> None:
    profile = Profile(name="张三丰", addresses=("无",), registered_address="北街7号")
    for channel in ("letter", "registered_letter", "ems"):
        assert _to(profile, channel) == ["北街7号"]


def test_each_other_leaves_the_registered_and_repeated_ones_out() -> None:
    profile = Profile(addresses=("甲路", "北街7号", "乙路", "甲路"), registered_address="北街7号")
    assert _to(profile, "ems", "each_other") == ["甲路", "乙路"]
    assert _to(profile, "ems", "registered") == ["北街7号"]


@pytest.mark.parametrize("channel", [one for one in CHANNELS if one != "public_list"])
def test_who_gave_nothing_cannot_be_reached(channel: str) -> None:
    nothing = Profile(name="张三丰", phones=("0",), emails=("无",), registered_address="n/a")
    for recipients in ("first", "registered", "each_other"):
        assert _to(nothing, channel, recipients) == []
