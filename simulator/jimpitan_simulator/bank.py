"""A bank: keeps the account, signs notifications (SNAP BI, service 52), writes the statement.

The signer is the bank's own and shares no code with the server that checks it: SHA256withRSA
over `POST:{path}:{hex sha256 of body}:{timestamp}` (scheme S2).
"""

import base64
import csv
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from jimpitan_simulator.ledger import Payment

WIB = timezone(timedelta(hours=7), "WIB")
MERCHANT = "SIMPROGRAMME"
PATH = "/v1.0/qr/qr-mpm-notify"
ACCOUNT = "sim-account"
PROFILE = "bsi"
COLUMNS = ("TrxId", "Tanggal", "Trx Time", "D/K", "Mutasi", "Saldo", "Keterangan")


@dataclass(frozen=True, slots=True)
class Credit:
    """One credit of the programme's account."""

    at: datetime
    amount_idr: int
    text: str


@dataclass(slots=True)
class Bank:
    """One bank with one account of the programme and one key pair, made for this run."""

    partner: str = "simbank"
    opening_idr: int = 1_000_000
    credits: list[Credit] = field(default_factory=list)
    key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    )
    _external_id: int = 0

    def public_pem(self) -> str:
        """Return the key that the programme registers for this partner."""
        public = self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return public.decode()

    def body(self, payment: Payment, at: datetime, terminal: str | None) -> bytes:
        """Return the body of the notification of one payment; `terminal` None is a shared code."""
        extra = {"merchantName": MERCHANT, "paidTime": at.isoformat(timespec="seconds")}
        if terminal is not None:
            extra["terminalId"] = terminal
        return json.dumps(
            {
                "originalReferenceNo": payment.reference,
                "originalPartnerReferenceNo": "",
                "latestTransactionStatus": "00",
                "transactionStatusDesc": "Success",
                "amount": {"value": f"{payment.amount_idr}.00", "currency": "IDR"},
                "additionalInfo": extra,
            },
            separators=(",", ":"),
        ).encode()

    def headers(self, body: bytes, at: datetime) -> dict[str, str]:
        """Return the signed headers for one attempt; every attempt has a new external id."""
        self._external_id += 1
        timestamp = at.astimezone(WIB).isoformat(timespec="seconds")
        digest = hashlib.sha256(body).hexdigest()
        signature = self.key.sign(
            f"POST:{PATH}:{digest}:{timestamp}".encode(), padding.PKCS1v15(), hashes.SHA256()
        )
        return {
            "Content-Type": "application/json",
            "X-TIMESTAMP": timestamp,
            "X-SIGNATURE": base64.b64encode(signature).decode(),
            "X-PARTNER-ID": self.partner,
            "X-EXTERNAL-ID": f"{self._external_id:012d}",
            "CHANNEL-ID": "95221",
        }

    def credit(self, at: datetime, amount_idr: int, text: str) -> None:
        """Put money into the account."""
        self.credits.append(Credit(at, amount_idr, text))

    def statement(self, lines: Sequence[Credit]) -> str:
        """Return the statement as CSV: semicolons, `1.000,00`, running balance, oldest first."""
        page = io.StringIO()
        writer = csv.writer(page, delimiter=";", lineterminator="\r\n")
        writer.writerow(COLUMNS)
        balance = self.opening_idr
        for line in sorted(lines, key=lambda line: (line.at, line.text)):
            balance += line.amount_idr
            local = line.at.astimezone(WIB)
            writer.writerow(
                (
                    hashlib.sha256(line.text.encode()).hexdigest()[:12].upper(),
                    local.strftime("%d/%m/%Y"),
                    local.strftime("%H:%M:%S"),
                    "K",
                    _rupiah(line.amount_idr),
                    _rupiah(balance),
                    line.text,
                )
            )
        return page.getvalue()


def _rupiah(amount_idr: int) -> str:
    return f"{amount_idr:,}".replace(",", ".") + ",00"
