"""Read models of the notifier."""

from chassis.store.views import View
from services.notifier.views.calls import CALLS
from services.notifier.views.listed import LISTED
from services.notifier.views.notices import NOTICES
from services.notifier.views.parts import PARTS
from services.notifier.views.spend import SPEND

VIEWS: tuple[View, ...] = (NOTICES, LISTED, CALLS, SPEND, PARTS)
