"""The sample creditors: one for every policy pack, the first three the biggest."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from random import Random

from samples import accounts as of
from samples.accounts import Account, Fields


@dataclass(frozen=True)
class Creditor:
    """How one creditor bills; its id is that of its policy pack.

    `months` are those billed and `items` what for, in turn; `amounts` are minor units from and to.
    `due_days` None leaves the due date to the pack. `owed` is what the account's own figures say,
    in place of items and amounts. `details` go with each invoice. `seen` is a kind of observation
    and its note, made of accounts that pay late or never. `old` is how many days before the
    platform says so an invoice was issued, from and to. `collectors` bring in what comes late; with
    `cash` they take notes and hand them in.
    """

    id: str
    name: str
    prefix: str
    accounts: int
    account: Account
    items: tuple[str, ...]
    amounts: tuple[int, int]
    due_days: int | None
    months: tuple[int, ...] = (1, 3, 5, 6)
    share_billed: float = 0.9
    owed: Callable[[Fields], list[tuple[str, int]]] | None = None
    details: Callable[[Random, date], Fields] | None = None
    seen: tuple[str, str] | None = None
    old: tuple[int, int] = (0, 0)
    collectors: tuple[str, ...] = ()
    cash: bool = False


CREDITORS = (
    Creditor(
        "county-hospital", "青山县人民医院", "ZY", 60, of.persons("inpatient"), ("medical_fee",),
        (40_000, 2_500_000), None, months=(1, 2, 4, 5, 6), share_billed=0.4,
    ),
    Creditor(
        "mobile", "临江移动", "YD", 70, of.persons("public"), ("telephone_fee",),
        (1_900, 29_900), 20, months=(3, 4, 5, 6), share_billed=0.96,
    ),
    Creditor(
        "service-company", "宁远综合服务有限公司", "KH", 50, of.companies("enterprise"),
        ("service_fee",), (150_000, 6_000_000), 15, months=(1, 2, 4, 6), share_billed=0.75,
    ),
    Creditor(
        "company-receivables", "新河机械销售有限公司", "XS", 7, of.companies("trade"), ("goods",),
        (300_000, 6_000_000), 30,
    ),
    Creditor(
        "creditor-debtor", "安平商贸公司", "ZW", 7, of.mixed, ("purchase_price", "loan_instalment"),
        (100_000, 3_000_000), 30,
    ),
    Creditor(
        "property-group", "永乐物业集团", "WJ", 7, of.mixed, ("management_fee", "other_fee"),
        (60_000, 300_000), 20, seen=("absconded", "人去楼空，物品仍在"),
    ),
    Creditor(
        "unit-users", "临江职业学院后勤处", "SY", 7, of.companies("unit"),
        ("water", "electricity", "property_fee", "rent"), (30_000, 1_200_000), 15,
        seen=("malicious", "有能力而拒不缴纳"),
    ),
    Creditor(
        "property-service", "宁远物业服务有限公司", "WF", 7, of.persons("residential"),
        ("property_fee",), (30_000, 240_000), 20,
    ),
    Creditor(
        "tax-arrears", "新河市税务局", "NS", 7, of.taxpayer, ("value_added_tax", "income_tax"),
        (200_000, 5_000_000), 15,
    ),
    Creditor(
        "medical", "临江市第二医院", "BR", 7, of.patient, ("medical_fee",), (30_000, 1_800_000), 10,
        share_billed=0.7, months=(1, 2, 4, 5, 6),
    ),
    Creditor(
        "mall-abnormal", "宁远购物中心", "PW", 7, of.companies("tenant"),
        ("rent", "management_fee", "electricity"), (400_000, 3_000_000), 10,
        seen=("shop_closed", "店铺闭门，未见营业"),
    ),
    Creditor(
        "telecom-segments", "新河电信", "ZQ", 7, of.segmented, ("communication", "ict", "other"),
        (20_000, 900_000), 20,
    ),
    Creditor(
        "parking", "青山停车管理公司", "TC", 7, of.motorist,
        ("parking_fee", "overtime_fee", "violation_fine"), (1_000, 12_000), 10,
        details=of.parked, seen=("plate_seen", "入口识别到车牌"),
    ),
    Creditor(
        "luquan-telecom", "禄劝电信", "LQ", 7, of.persons("public"), ("communication_fee",),
        (3_000, 60_000), 20, collectors=("昆明代理行甲", "昆明代理行乙"),
    ),
    Creditor(
        "clearing-office", "东风厂清欠办", "QQ", 6, of.companies("trade"), ("goods",),
        (800_000, 6_000_000), 30, months=(1, 2, 3), old=(60, 1_080),
        collectors=("刘清", "陈远"),
    ),
    Creditor(
        "project-arrears", "临江建设工程公司", "XM", 6, of.companies("project"),
        ("progress_payment", "equipment"), (1_000_000, 8_000_000), 30,
    ),
    Creditor(
        "post-office", "安平邮政局", "YZ", 6, of.agreement_customer,
        ("bulk_mail", "newspapers", "parcels"), (20_000, 900_000), 25,
    ),
    Creditor(
        "debt-recovery", "永乐资产服务公司", "QK", 6, of.mixed, ("loan",), (100_000, 2_500_000), 20,
    ),
    Creditor(
        "three-stage", "新河广电网络", "GD", 6, of.persons("household"), ("network_fee",),
        (3_000, 36_000), 15,
    ),
    Creditor(
        "unicom-handset", "通远联通", "CD", 7, of.handset_buyer, ("handset", "usage"), (0, 0), 10,
        months=(1, 3), share_billed=1.0, owed=of.handset_debts,
        seen=("fraud", "以他人证件办理入网"), collectors=("曹勇", "马兰"), cash=True,
    ),
    Creditor(
        "property-fees", "翠湖花园物业", "FH", 6, of.owner, ("property_fee",), (15_000, 60_000), 20,
        months=(3, 4, 5, 6),
    ),
)  # fmt: skip
