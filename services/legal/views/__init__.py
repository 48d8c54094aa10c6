"""Read models of the legal service."""

from chassis.store.views import View
from services.legal.views.documents import DOCUMENTS
from services.legal.views.matters import MATTERS

VIEWS: tuple[View, ...] = (DOCUMENTS, MATTERS)
