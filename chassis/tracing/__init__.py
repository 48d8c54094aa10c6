"""Traces: what one billing event or one request led to, across services and days.

`spans` knows which span the work at hand belongs to, `traces` begins and continues them; only
`otlp` knows OpenTelemetry, and it is imported where traces are on.
"""
