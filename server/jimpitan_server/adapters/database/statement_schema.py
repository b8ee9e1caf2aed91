"""The table of what statements say about where an account stood before and after them."""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Index, Table

from jimpitan_server.adapters.database.metadata import Id, Money, metadata
from jimpitan_server.adapters.database.schema import RowNumber

statement_stretches = Table(
    "statement_stretches",
    metadata,
    Column(
        "import_id",
        RowNumber,
        ForeignKey("statement_imports.import_id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("account_id", Id, ForeignKey("accounts.account_id"), nullable=False),
    Column("first_on", Date, nullable=False),
    Column("last_on", Date, nullable=False),
    Column("opening_idr", Money, nullable=False),
    Column("closing_idr", Money, nullable=False),
    CheckConstraint("first_on <= last_on", name="days"),
    Index("ix_statement_stretches_account_id", "account_id", "first_on"),
)
