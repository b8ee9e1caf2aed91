"""The table of what boxes weighed in the holding periods of counts: derived, made anew at will."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Table

from jimpitan_server.adapters.database.metadata import Id, Instant, metadata

# Without a mass the box weighed nothing in that period, or says nothing of it.
count_masses = Table(
    "count_masses",
    metadata,
    Column("collection_id", Id, ForeignKey("collections.collection_id"), primary_key=True),
    Column("mass_mg", BigInteger),
    Column("squares", BigInteger, nullable=False),
    Column("lost_mg", BigInteger, nullable=False),
    Column("deposits", BigInteger, nullable=False),
    Column("deposits_weighed", BigInteger, nullable=False),
    Column("is_whole", Boolean, nullable=False),
    # False while records of the period are still waited for.
    Column("is_settled", Boolean, nullable=False),
    Column("weighed_at", Instant, nullable=False),
)
