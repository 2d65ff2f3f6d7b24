"""Runners: where submitted task bodies run."""
