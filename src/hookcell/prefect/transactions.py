"""Not in hookcell. Tasks are not rolled back."""

from hookcell.prefect.elsewhere import stubs_of
from hookcell.prefect.outside import TRANSACTIONS

_NAMES = """
AsyncTransaction BaseTransaction CommitMode IsolationLevel Transaction TransactionState atransaction
get_transaction transaction
"""
__getattr__ = stubs_of("transactions", TRANSACTIONS, _NAMES)
