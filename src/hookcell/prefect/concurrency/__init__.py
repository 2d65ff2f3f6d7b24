"""Not in hookcell. How much runs at once is up to the runner of a flow."""
