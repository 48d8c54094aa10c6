"""A store and the key it is sealed with."""

import asyncio
import base64
from pathlib import Path

import pytest

from chassis import kek
from chassis.bus.embedded import EmbeddedBus
from chassis.errors import Misconfigured
from chassis.runtime.instance import Instance
from chassis.settings import Settings
from tests.chassis import toy
from tests.chassis.conftest import OpenToy

OTHER = base64.b64encode(b"o" * 32).decode()


async def sealed_store(open_toy: OpenToy, bus: EmbeddedBus) -> Instance:
    service = await open_toy()
    await toy.send(bus, "a", toy.payment(1, "a", 5, collected_by="Zhang"))
    await service.step()
    return service


async def test_an_instance_with_another_key_does_not_start_and_says_why(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await sealed_store(open_toy, bus)
    with pytest.raises(Misconfigured, match=r"ARREARS_KEK is not the one the toy store is sealed"):
        await open_toy(settings={"kek": OTHER})
    members = await service.pool.fetchval("select count(*) from members")
    assert members == 1  # it never joined
    same = await open_toy()
    assert (await same.read("account-acme/a"))[0].amount == 5


async def test_no_key_is_made_for_a_store_with_data(
    open_toy: OpenToy, bus: EmbeddedBus, tmp_path: Path
) -> None:
    await sealed_store(open_toy, bus)
    elsewhere = tmp_path / "elsewhere"
    with pytest.raises(Misconfigured, match=rf"neither ARREARS_KEK nor the file {elsewhere}/kek"):
        await open_toy(settings={"data_dir": elsewhere})
    assert not (elsewhere / "kek").exists()


async def test_a_file_with_another_key_is_named(
    open_toy: OpenToy, bus: EmbeddedBus, tmp_path: Path
) -> None:
    await sealed_store(open_toy, bus)
    (tmp_path / "kek").write_text(OTHER)
    with pytest.raises(Misconfigured, match=rf"{tmp_path}/kek is not the one"):
        await open_toy()


async def test_a_file_that_holds_no_text_is_named(open_toy: OpenToy, tmp_path: Path) -> None:
    (tmp_path / "kek").write_bytes(b"\xbf" * 32)
    with pytest.raises(Misconfigured, match=rf"{tmp_path}/kek is not base64"):
        await open_toy()


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "kek").mkdir()
    with pytest.raises(Misconfigured, match=rf"{tmp_path}/kek cannot be read"):
        kek.present(Settings(data_dir=tmp_path), make=False)


async def test_of_instances_that_start_at_once_with_keys_of_their_own_one_wins(
    open_toy: OpenToy, tmp_path: Path
) -> None:
    opened = await asyncio.gather(
        *(open_toy(settings={"data_dir": tmp_path / str(number)}) for number in range(3)),
        return_exceptions=True,
    )
    refused = [one for one in opened if isinstance(one, BaseException)]
    assert len(refused) == 2
    for each in refused:
        assert isinstance(each, Misconfigured), each


async def test_a_store_from_before_takes_the_key_that_opens_it_and_no_other(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await sealed_store(open_toy, bus)
    await service.pool.execute("update store_meta set key_check = null")
    with pytest.raises(Misconfigured, match="is not the one"):
        await open_toy(settings={"kek": OTHER})
    await open_toy()
    assert await service.pool.fetchval("select key_check is not null from store_meta")
