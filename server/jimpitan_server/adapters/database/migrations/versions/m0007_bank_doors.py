"""The banks' doors: profiles and keys of partners, tokens, sealed bodies, hints, refusals."""

import base64
import hashlib

import sqlalchemy as sa
from alembic import op

from jimpitan_server.adapters.database.append_only import protect, protect_from_removal

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

APPEND_ONLY = ("payment_hints", "payment_refunds", "bank_refusals")
ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID, NAME = sa.String(length=64), sa.String(length=200)
WORD, DIGEST = sa.String(length=40), sa.LargeBinary(length=32)
INSTANT = MONEY = sa.BigInteger()


def upgrade() -> None:
    """Move keys out of the partners, create every table, then protect those that only grow."""
    _partners()
    _keys()
    _move_keys()
    _tokens()
    _connections()
    _bodies()
    _hints()
    _refunds()
    _refusals()
    for table in APPEND_ONLY:
        protect(table)
    for table in ("bank_partner_keys", "hint_progress"):
        protect_from_removal(table)


def _fk(table: str, column: str, target: str, target_column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.{target_column}"], name=op.f(f"fk_{table}_{column}_{target}")
    )


def _of_partner(table: str) -> sa.ForeignKeyConstraint:
    return _fk(table, "partner_id", "bank_partners", "partner_id")


def _of_notification(table: str) -> sa.ForeignKeyConstraint:
    return _fk(table, "notification_id", "notifications", "notification_id")


def _partners() -> None:
    op.add_column(
        "bank_partners",
        sa.Column("profile", sa.Text(), server_default="snap-asymmetric", nullable=False),
    )
    op.add_column("bank_partners", sa.Column("url", NAME, nullable=True))
    op.add_column("bank_partners", sa.Column("client_key", ID, nullable=True))
    op.add_column(
        "bank_partners",
        sa.Column("token_path", NAME, server_default="/v1.0/access-token/b2b", nullable=False),
    )
    op.execute("UPDATE bank_partners SET client_key = partner_id")
    op.create_index("uq_bank_partners_client_key", "bank_partners", ["client_key"], unique=True)


def _keys() -> None:
    table = "bank_partner_keys"
    purposes = "'notification', 'token', 'request_key', 'request_secret'"
    op.create_table(
        table,
        sa.Column("key_id", ROW_NUMBER, nullable=False),
        sa.Column("partner_id", ID, nullable=False),
        sa.Column("purpose", WORD, nullable=False),
        sa.Column("fingerprint", ID, nullable=False),
        sa.Column("public_pem", sa.Text(), nullable=True),
        sa.Column("wrapped", sa.LargeBinary(length=20_480), nullable=True),
        sa.Column("valid_from", INSTANT, nullable=False),
        sa.Column("valid_until", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.Column("added_by", ID, nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.CheckConstraint(f"purpose IN ({purposes})", name=op.f(f"ck_{table}_purpose")),
        sa.CheckConstraint(
            "(public_pem IS NULL) <> (wrapped IS NULL)", name=op.f(f"ck_{table}_material")
        ),
        _of_partner(table),
        sa.PrimaryKeyConstraint("key_id", name=op.f(f"pk_{table}")),
    )
    op.create_index("ix_bank_partner_keys_partner_id", table, ["partner_id"])


def _move_keys() -> None:
    """Give each partner the key it had, as its first, counting since it was added."""
    rows = op.get_bind().execute(
        sa.text("SELECT partner_id, public_key_pem, created_at FROM bank_partners")
    )
    keys = sa.table(
        "bank_partner_keys",
        *(
            sa.column(name)
            for name in (
                "partner_id",
                "purpose",
                "fingerprint",
                "public_pem",
                "valid_from",
                "added_by",
                "added_at",
            )
        ),
    )
    moved = [
        {
            "partner_id": partner_id,
            "purpose": "notification",
            "fingerprint": _fingerprint(pem),
            "public_pem": pem,
            "valid_from": created_at,
            "added_by": "migration",
            "added_at": created_at,
        }
        for partner_id, pem, created_at in rows
    ]
    if moved:
        op.bulk_insert(keys, moved)
    op.drop_column("bank_partners", "public_key_pem")


def _fingerprint(pem: str) -> str:
    """Return the beginning of the SHA-256 of the key inside a PEM text."""
    lines = [line.strip() for line in pem.splitlines() if not line.startswith("-----")]
    return hashlib.sha256(base64.b64decode("".join(lines))).hexdigest()[:32]


def _tokens() -> None:
    op.create_table(
        "access_tokens",
        sa.Column("token_sha256", DIGEST, nullable=False),
        sa.Column("partner_id", ID, nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        _of_partner("access_tokens"),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_access_tokens")),
    )
    op.create_index("ix_access_tokens_partner_id", "access_tokens", ["partner_id", "issued_at"])


def _connections() -> None:
    op.create_table(
        "bank_connections",
        sa.Column("partner_id", ID, nullable=False),
        sa.Column("base_url", NAME, nullable=False),
        sa.Column("client_id", ID, nullable=False),
        sa.Column("profile", WORD, nullable=False),
        sa.Column("token_path", NAME, nullable=False),
        sa.Column("query_path", NAME, nullable=True),
        sa.Column("statement_path", NAME, nullable=True),
        sa.Column("channel_id", ID, nullable=False),
        sa.Column("merchant_id", ID, nullable=True),
        sa.Column("account_no", ID, nullable=True),
        sa.Column("statement_from", sa.Date(), nullable=True),
        sa.Column("connected_at", INSTANT, nullable=False),
        _of_partner("bank_connections"),
        sa.PrimaryKeyConstraint("partner_id", name=op.f("pk_bank_connections")),
    )
    op.create_table(
        "bank_backfills",
        sa.Column("partner_id", ID, nullable=False),
        sa.Column("done_until", sa.Date(), nullable=True),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _of_partner("bank_backfills"),
        sa.PrimaryKeyConstraint("partner_id", name=op.f("pk_bank_backfills")),
    )


def _bodies() -> None:
    op.create_table(
        "body_keys",
        sa.Column("bank_day", sa.Date(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(length=128), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("bank_day", name=op.f("pk_body_keys")),
    )
    op.create_table(
        "sealed_bodies",
        sa.Column("notification_id", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("bank_day", sa.Date(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(length=65_600), nullable=False),
        _of_notification("sealed_bodies"),
        _fk("sealed_bodies", "bank_day", "body_keys", "bank_day"),
        sa.PrimaryKeyConstraint("notification_id", name=op.f("pk_sealed_bodies")),
    )
    op.create_index("ix_sealed_bodies_bank_day", "sealed_bodies", ["bank_day"])


def _hints() -> None:
    table = "payment_hints"
    op.create_table(
        table,
        sa.Column("hint_id", ROW_NUMBER, nullable=False),
        sa.Column("partner_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("payment_key", NAME, nullable=False),
        sa.Column("cause", WORD, nullable=False),
        sa.Column("amount_idr", MONEY, nullable=False),
        sa.Column("reference", ID, nullable=True),
        sa.Column("partner_reference", ID, nullable=True),
        sa.Column("rrn", ID, nullable=True),
        sa.Column("claimed_box_id", ID, nullable=True),
        sa.Column("paid_at", INSTANT, nullable=False),
        sa.Column("bank_day", sa.Date(), nullable=False),
        sa.Column("notification_id", ROW_NUMBER, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.CheckConstraint("cause IN ('unsigned_body', 'paying')", name=op.f(f"ck_{table}_cause")),
        sa.CheckConstraint("amount_idr >= 0", name=op.f(f"ck_{table}_amount")),
        _of_partner(table),
        _fk(table, "account_id", "accounts", "account_id"),
        _of_notification(table),
        sa.PrimaryKeyConstraint("hint_id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(
            "partner_id", "payment_key", "amount_idr", name="uq_payment_hints_one_per_claim"
        ),
    )
    op.create_index("ix_payment_hints_claimed_box_id", table, ["claimed_box_id"])
    op.create_table(
        "hint_progress",
        sa.Column("hint_id", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("outcome", WORD, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "(outcome IS NULL) = (ended_at IS NULL)", name=op.f("ck_hint_progress_ended")
        ),
        _fk("hint_progress", "hint_id", "payment_hints", "hint_id"),
        sa.PrimaryKeyConstraint("hint_id", name=op.f("pk_hint_progress")),
    )
    op.create_index("ix_hint_progress_ended_at", "hint_progress", ["ended_at", "due_at"])


def _refunds() -> None:
    table = "payment_refunds"
    op.create_table(
        table,
        sa.Column("refund_id", ROW_NUMBER, nullable=False),
        sa.Column("partner_id", ID, nullable=False),
        sa.Column("payment_key", NAME, nullable=False),
        sa.Column("amount_idr", MONEY, nullable=False),
        sa.Column("notification_id", ROW_NUMBER, nullable=False),
        sa.Column("is_signed", sa.Boolean(), nullable=False),
        sa.Column("told_at", INSTANT, nullable=False),
        _of_partner(table),
        _of_notification(table),
        sa.PrimaryKeyConstraint("refund_id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(
            *("partner_id", "payment_key", "amount_idr", "is_signed"),
            name="uq_payment_refunds_one_per_refund",
        ),
    )


def _refusals() -> None:
    op.create_table(
        "bank_refusals",
        sa.Column("refusal_id", ROW_NUMBER, nullable=False),
        sa.Column("subject", ID, nullable=False),
        sa.Column("bank_day", sa.Date(), nullable=False),
        sa.Column("code", sa.String(length=7), nullable=False),
        sa.Column("reason", WORD, nullable=False),
        sa.Column("body_sha256", DIGEST, nullable=False),
        sa.Column("body_length", sa.Integer(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("refusal_id", name=op.f("pk_bank_refusals")),
    )
    op.create_index("ix_bank_refusals_subject", "bank_refusals", ["subject", "bank_day"])
    op.create_table(
        "bank_answers",
        sa.Column("subject", ID, nullable=False),
        sa.Column("bank_day", sa.Date(), nullable=False),
        sa.Column("code", sa.String(length=7), nullable=False),
        sa.Column("answers", sa.BigInteger(), nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("subject", "bank_day", "code", name=op.f("pk_bank_answers")),
    )
