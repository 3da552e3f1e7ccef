"""Exports of generators to the formats of other runtimes, checked in these runtimes."""
