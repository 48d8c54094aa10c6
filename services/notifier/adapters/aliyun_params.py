"""What the variables of a registered text get of a notice."""

from collections.abc import Sequence
from typing import NamedTuple

from chassis.errors import Misconfigured
from services.notifier.adapters.gateway import Parcel
from services.notifier.rendering.plain import VARIABLES
from services.notifier.settings.sms_gateways import AliyunTemplate

_OF_PARCEL = frozenset({"text", "notice"})


class Unfit(NamedTuple):
    """A parameter that cannot be sent: the code of why, and the sentence, without its value."""

    code: str
    why: str


def wanted(templates: Sequence[AliyunTemplate]) -> frozenset[str]:
    """The values that registered texts name."""
    named = {one.variable for template in templates for one in template.params.values()}
    return frozenset(named - _OF_PARCEL)


def require_known(which: str, templates: Sequence[AliyunTemplate]) -> None:
    """Raise `Misconfigured` where a registered text wants what no notice has."""
    known = VARIABLES | _OF_PARCEL
    for template in templates:
        for name, one in template.params.items():
            if one.variable not in known:
                raise Misconfigured(
                    f"ARREARS_NOTIFIER_SMS_GATEWAYS: {which}: params of template {template.code}: "
                    f"'{name}' wants '{one.variable}', which no notice has; there are: "
                    + ", ".join(sorted(known))
                )


def filled(template: AliyunTemplate, parcel: Parcel) -> dict[str, str] | Unfit:
    """What the variables get; a name that is too long is cut, anything else is not sent."""
    given = {
        "name": parcel.name,
        "account": parcel.account,
        **parcel.values,
        "text": parcel.body,
        "notice": parcel.notice_id,
    }
    found = {}
    for name, one in template.params.items():
        value = given.get(one.variable, "")
        if one.variable == "name":
            value = value[: one.max]
        fault = _fault(value, one.max)
        if fault is not None:
            told = f"template {template.code}: '{name}' ({one.variable}) {fault.why}"
            return Unfit(f"aliyun.{fault.code}.{name}", told)
        found[name] = value
    return found


def _fault(value: str, limit: int) -> Unfit | None:
    if not value:
        return Unfit("param_missing", "has no value")
    if len(value) > limit:
        return Unfit("param_too_long", f"has {len(value)} characters, at most {limit} are taken")
    return None
