"""The steps of an instance's work, made of its parts."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from chassis.runtime.blueprint import Blueprint
from chassis.runtime.consumer import Consumer
from chassis.runtime.erasure_journal import ErasureJournal
from chassis.runtime.figures import Figures
from chassis.runtime.forgetting import Forgetting
from chassis.runtime.reading import Reading
from chassis.runtime.relay import Relay
from chassis.runtime.round import Round
from chassis.runtime.service import Service
from chassis.runtime.trimming import Trimming
from chassis.runtime.wakes import Wakes
from chassis.store.sweeping import Sweeper


def wire(
    service: Service,
    blueprint: Blueprint,
    reading: Reading,
    consumer: Consumer,
    *,
    probe: Callable[[str], None],
    strict: bool,
) -> Round:
    """The round of a service; `probe` is called at the points where tests crash the process."""
    wakes = Wakes(
        service.store,
        service.committing,
        service.leases,
        blueprint.wakes,
        service.clock,
        service.signals,
        service.metrics,
        probe,
        service.projector.letters,
        service.settings.wake_batch_size,
        strict,
    )
    relay = Relay(
        service.name,
        service.store,
        service.leases,
        service.bus,
        blueprint.publish,
        service.metrics,
        probe,
        service.projector.letters,
        service.handed,
        service.published,
        service.settings.relay_batch_size,
        strict,
    )
    return Round(
        leases=service.leases,
        reading=reading,
        consumer=consumer,
        wakes=wakes,
        workers=[partial(worker, service) for worker in blueprint.workers],
        forgetting=Forgetting(service.pool, service.bus, blueprint.forgets),
        trimming=Trimming(service.pool, service.bus, blueprint.read_by),
        journal=ErasureJournal(service.settings.erasures if blueprint.forgets else None),
        projector=service.projector,
        relay=relay,
        signals=service.signals,
        bells=service.bells,
        metrics=service.metrics,
        sweeper=Sweeper(service.pool, timedelta(days=service.settings.access_days)),
        figures=Figures(service.pool, service.metrics, service.leases, blueprint.figures),
        clock=service.clock,
    )
