"""Faults injected into a running platform, one scenario after another; `make chaos`."""
