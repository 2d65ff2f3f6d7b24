"""Tools of Prefect's that its users and their tests import."""
