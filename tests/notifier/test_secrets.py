"""A secret that could be guessed from one signed call is refused at the start."""

from typing import Any

import pytest

from chassis.errors import Misconfigured
from tests.notifier.conftest import Open

URL = "https://gateway.example"
SHORT: dict[str, dict[str, Any]] = {
    "ARREARS_NOTIFIER_SMS_SECRET": {"sms_url": URL, "sms_secret": "s" * 31},
    "ARREARS_NOTIFIER_VOICE_SECRET": {"voice_url": URL, "voice_secret": "whsec_" + "czEy" * 10},
    "ARREARS_NOTIFIER_CALLBACK_SECRETS": {"callback_secrets": {"sms": ["s" * 32, "s" * 31]}},
    "ARREARS_NOTIFIER_UNSUBSCRIBE_SECRET": {
        "public_url": URL,
        "unsubscribe_secret": f"{'n' * 32} old",
    },
    "SMS gateway a": {
        "sms_gateways": [{"name": "a", "kind": "http", "url": URL, "secret": "s" * 31}]
    },
}


@pytest.mark.parametrize("setting", SHORT)
async def test_nobody_guesses_a_secret(open_world: Open, setting: str) -> None:
    with pytest.raises(Misconfigured, match=rf"{setting}.*at least 32 bytes") as refused:
        await open_world(**SHORT[setting])
    assert "ssss" not in str(refused.value)


async def test_a_secret_of_a_channel_that_there_is_not_is_refused_at_the_start(
    open_world: Open,
) -> None:
    with pytest.raises(Misconfigured) as refused:
        await open_world(callback_secrets={"sms": "s" * 32, "SMS": "s" * 32})
    assert str(refused.value) == (
        "ARREARS_NOTIFIER_CALLBACK_SECRETS: there is no channel 'SMS', "
        "there are sms, email, voice, letter, registered_letter, ems, public_list"
    )
