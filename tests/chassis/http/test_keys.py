"""When the keys of tokens are loaded, and how long they count."""

import asyncio
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from jwt.algorithms import OKPAlgorithm, RSAAlgorithm

from chassis.errors import Misconfigured, Transient
from chassis.http.key_sources import from_issuer, from_url
from chassis.http.keys import Keys, KeySet
from chassis.settings import Settings

ISSUER = "https://login.example/realms/one"
WELL_KNOWN = "/realms/one/.well-known/openid-configuration"


class Provider:
    """An identity provider of a few lines: `keys` are its keys' ids, None means that it is down."""

    def __init__(self, *keys: str) -> None:
        self.keys: tuple[str, ...] | None = keys
        self.issuer = ISSUER
        self.place = "https://keys.example/one"
        self.headers: dict[str, str] = {}
        self.asked: list[str] = []
        self.goes_on = asyncio.Event()
        self.goes_on.set()
        self.now = 0.0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        await self.goes_on.wait()
        if self.keys is None:
            return httpx.Response(503)
        if request.url.path == WELL_KNOWN:
            return httpx.Response(200, json={"issuer": self.issuer, "jwks_uri": self.place})
        listed = [_public(kid) for kid in self.keys]
        return httpx.Response(200, json={"keys": listed}, headers=self.headers)

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self))

    def known(self, **given: Any) -> Keys:
        load = from_url(self.place, self.client())
        return Keys(load, monotonic=lambda: self.now, **given)


def _public(kid: str) -> dict[str, Any]:
    jwk = OKPAlgorithm.to_jwk(Ed25519PrivateKey.generate().public_key(), as_dict=True)
    return {**jwk, "kid": kid}


async def held(keys: Keys, *kids: str) -> list[bool]:
    found = [await keys.get(kid) is not None for kid in kids]
    await asyncio.sleep(0)
    return found


async def test_a_new_key_is_found_but_invented_ones_do_not_reach_the_provider() -> None:
    provider = Provider("old")
    keys = provider.known()
    assert await held(keys, "old") == [True]
    provider.keys = ("old", "new")
    assert await held(keys, "new") == [False]
    provider.now += 30
    assert await held(keys, "new") == [True]
    for unknown in range(20):
        assert await held(keys, f"invented-{unknown}") == [False]
    assert len(provider.asked) == 2


async def test_many_requests_at_once_load_once() -> None:
    provider = Provider("one")
    keys = provider.known()
    provider.goes_on.clear()
    waiting = [asyncio.create_task(keys.get(kid)) for kid in ["one", "two"] * 50]
    await asyncio.sleep(0)
    waiting[0].cancel()  # who began it goes away: the others still get what it loads
    provider.goes_on.set()
    found = await asyncio.gather(*waiting[1:])
    assert [key is not None for key in found] == ([False, True] * 50)[:99]
    assert len(provider.asked) == 1


async def test_a_withdrawn_key_counts_no_longer_than_the_set_it_was_in() -> None:
    provider = Provider("old", "withdrawn")
    keys = provider.known(seconds=300)
    assert await held(keys, "withdrawn") == [True]
    provider.keys = ("old",)
    provider.now = 299
    await keys.get("old")  # at three quarters of the life of the set it is loaded beside requests
    provider.now = 300
    assert await held(keys, "withdrawn", "old") == [False, True]


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("public, max-age=100", 100),
        ("max-age=1", 30),
        ("no-store", 30),
        ("max-age=999999", 300),
        ("", 300),
    ],
)
async def test_the_provider_says_how_long_within_bounds(said: str, seconds: int) -> None:
    provider = Provider("old")
    provider.headers = {"cache-control": said}
    keys = provider.known(seconds=300)
    await keys.get("old")
    provider.keys = ()
    provider.now = seconds * 0.75 - 1
    assert await held(keys, "old") == [True]
    assert len(provider.asked) == 1
    provider.now = seconds
    assert await held(keys, "old") == [False]


async def test_the_last_good_keys_count_while_the_provider_is_down_but_not_for_ever() -> None:
    provider = Provider("old")
    keys = provider.known(seconds=300, stale_seconds=1000)
    await keys.get("old")
    provider.keys = None
    for now in (301, 600, 1299):
        provider.now = now
        assert await held(keys, "old", "invented") == [True, False]
    provider.now = 1300
    with pytest.raises(Transient):
        await keys.get("old")
    provider.now, provider.keys = 1340, ("new",)
    assert await held(keys, "new") == [True]


async def test_the_last_good_keys_count_whatever_went_wrong_with_the_next() -> None:
    provider = Provider("old")
    load, wrong = from_url(provider.place, provider.client()), [False]

    async def faulty() -> KeySet:
        if wrong[0]:
            raise PermissionError
        return await load()

    keys = Keys(faulty, seconds=300, monotonic=lambda: provider.now)
    assert await held(keys, "old") == [True]
    wrong[0], provider.now = True, 301
    assert await held(keys, "old", "invented") == [True, False]


async def test_who_is_down_makes_no_request_wait() -> None:
    provider = Provider("old")
    keys = provider.known(seconds=300)
    await keys.get("old")
    provider.keys, provider.now = None, 300
    await keys.get("old")
    provider.goes_on.clear()
    provider.now = 400
    assert await held(keys, "old") == [True]
    assert len(provider.asked) == 3
    provider.goes_on.set()


async def test_a_set_that_was_never_reached_is_transient_and_tried_again() -> None:
    provider = Provider("one")
    keys = provider.known()
    given, provider.keys = provider.keys, None
    with pytest.raises(Transient):
        await keys.get("one")
    provider.keys = given
    assert await held(keys, "one") == [True]


async def test_keys_for_other_uses_and_weak_ones_are_not_known() -> None:
    small = generate_private_key(65537, 1024)  # noqa: S505
    weak = RSAAlgorithm.to_jwk(small.public_key(), as_dict=True)
    listed = [_public("enc") | {"use": "enc"}, weak | {"kid": "weak"}, "nonsense", _public("good")]
    answer = httpx.Response(200, json={"keys": listed})
    client = httpx.AsyncClient(transport=httpx.MockTransport(lambda _request: answer))
    keys = Keys(from_url("https://keys.example/", client), monotonic=lambda: 0.0)
    assert await held(keys, "enc", "weak", "good") == [False, False, True]


async def test_discovery_leads_to_the_keys() -> None:
    provider = Provider("one")
    load = from_issuer(ISSUER, Settings(), provider.client())
    assert await held(Keys(load), "one") == [True]
    assert provider.asked == [WELL_KNOWN, "/one"]


@pytest.mark.parametrize(
    ("issuer", "place", "said"),
    [
        ("https://login.example/realms/two", "https://keys.example/one", "letter by letter"),
        (f"{ISSUER}/", "https://keys.example/one", "letter by letter"),
        (ISSUER, "http://keys.example/one", "as https"),
        (ISSUER, "https://[keys.example/", "is no URL"),
        (ISSUER, "https://keys.example:https/", "is no URL"),
    ],
)
async def test_a_provider_that_is_another_gives_no_keys(issuer: str, place: str, said: str) -> None:
    provider = Provider("one")
    provider.issuer, provider.place = issuer, place
    with pytest.raises(Misconfigured, match=said):
        await from_issuer(ISSUER, Settings(), provider.client())()


@pytest.mark.parametrize("issuer", ["login.example", "ftp://login.example", f"{ISSUER}?a=b"])
def test_an_issuer_is_a_url(issuer: str) -> None:
    with pytest.raises(Misconfigured, match="ARREARS_OIDC_ISSUER"):
        from_issuer(issuer, Settings())
