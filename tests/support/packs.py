"""Policies that do one thing."""

AT_ONCE = """
id: at-once
version: 1
title: {zh: 立即, en: At once}
for: testing
description: One text message as soon as something is overdue.
source: none
contact: {from: "00:00", until: "24:00", contacts_max: 100, window_days: 1, calls_per_day_max: 1}
steps:
  - {id: call, source: none, when: {day: 3000}, do: [task: {kind: phone_call, owner: collector}]}
reactions:
  - id: remind
    source: none
    on: {case: opened}
    do: [notice: {purpose: reminder, channels: [sms]}]
"""
"""The version before reads it too (`tests/rolling`)."""
