"""Parts of Prefect's insides that tests and extensions import."""
