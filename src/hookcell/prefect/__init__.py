"""Prefect's dialect: the names, signatures and strictness of Prefect 3; what happens comes from hookcell."""
