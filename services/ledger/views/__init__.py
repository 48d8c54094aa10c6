"""The ledger's read models."""

from chassis.store.views import View
from services.ledger.views.accounts import ACCOUNTS
from services.ledger.views.erasures import ERASURES
from services.ledger.views.numbers import NUMBERS
from services.ledger.views.open_items import OPEN_ITEMS
from services.ledger.views.payments import PAYMENTS
from services.ledger.views.receipts import RECEIPTS

VIEWS: tuple[View, ...] = (ACCOUNTS, NUMBERS, OPEN_ITEMS, PAYMENTS, RECEIPTS, ERASURES)
