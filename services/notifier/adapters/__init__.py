"""Gateways a notice leaves through."""
