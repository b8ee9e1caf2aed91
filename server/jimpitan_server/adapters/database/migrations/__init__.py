"""The Alembic environment: the steps by which the schema came to be what it is."""
