"""Registered letters and EMS: lists for the post office, and what the post says of them after."""
