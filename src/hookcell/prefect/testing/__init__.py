"""What makes code that uses Prefect's names easy to test; see also `hookcell.testing`."""
