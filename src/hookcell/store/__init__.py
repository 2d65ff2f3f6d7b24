"""Stores: where runs are kept."""
