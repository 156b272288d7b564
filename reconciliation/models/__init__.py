"""The rows of the books, one thing a file."""

from __future__ import annotations

from reconciliation.models.bill import Bill
from reconciliation.models.bill_file import BillFile, BillFilePart
from reconciliation.models.bill_line import BillLine
from reconciliation.models.difference import Difference
from reconciliation.models.fee_rule import FeeRule
from reconciliation.models.tally import Tally

__all__ = ["Bill", "BillFile", "BillFilePart", "BillLine", "Difference", "FeeRule", "Tally"]
