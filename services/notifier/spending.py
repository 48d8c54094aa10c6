"""Keeps gateways within what they may cost in a day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from chassis.logging import get_logger
from chassis.runtime.service import Service
from services.notifier.adapters.gateway import Parcel
from services.notifier.adapters.spend import Cap
from services.notifier.measured import note_spend
from services.notifier.views import spend
from services.notifier.ways import Way

log = get_logger(__name__)


@dataclass
class Spending:
    """The limits of all gateways; `ways` by channel."""

    ways: Mapping[str, Sequence[Way]]
    told: dict[str, date] = field(default_factory=dict)

    async def learn(self, service: Service, channel: str) -> None:
        """Read what restarts and other instances left in the store."""
        limits = [one.cap for one in self.ways[channel] if one.cap and one.cap.per_day]
        if not limits:
            return
        now = service.clock.now()
        async with service.pool.acquire(timeout=10) as connection:
            for cap in limits:
                cap.learn(cap.day(now), await spend.spent(connection, cap.gateway, cap.day(now)))

    def give_back(self, parcels: Iterable[Parcel]) -> None:
        """Forget what these attempts would have cost."""
        caps = {one.cap.gateway: one.cap for ways in self.ways.values() for one in ways if one.cap}
        for parcel in parcels:
            if parcel.charge is not None and parcel.charge.gateway in caps:
                caps[parcel.charge.gateway].give_back(parcel.charge)

    def note(self, service: Service) -> None:
        """Have the metrics say what gateways cost, and the log, once a day, which cost enough."""
        for channel, ways in self.ways.items():
            for way in ways:
                if way.cap is not None and way.cap.per_day:
                    self._note(service, channel, way.cap)

    def _note(self, service: Service, channel: str, cap: Cap) -> None:
        now = service.clock.now()
        today = cap.day(now)
        until = cap.next_day(now) if cap.reached == today else None
        note_spend(service, channel, cap.gateway, cap.spent.get(today, 0), until)
        if until is None or self.told.get(cap.gateway) == today:
            return
        self.told[cap.gateway] = today
        log.error(
            "gateway_spend_reached",
            reason=f"gateway '{cap.gateway}' of {channel} may cost {cap.per_day} a day and cost "
            f"{cap.spent.get(today, 0)}: it is not used until {until.isoformat()}",
            todo="look for what asks for so many notices; if they are right, raise spend_per_day "
            "of the gateway and start the notifier anew",
        )
