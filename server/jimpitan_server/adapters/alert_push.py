"""Alerts as notifications of a browser: Web Push (RFC 8030), sealed (RFC 8291), signed (RFC 8292).

A subscription names an address on the network, so a person could make this server knock at any
door: only push services that are named in the settings are knocked at, over https.
"""

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from jimpitan_server.adapters.alert_http import (
    UNREACHABLE,
    Post,
    is_safe_url,
    of_status,
    post,
)
from jimpitan_server.adapters.bounded_post import Silent
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.database.secret_rows import keep_secret_once, wrapped_secret
from jimpitan_server.adapters.keyring import MasterKey
from jimpitan_server.domain.alert_message import Answer, Outcome, Why
from jimpitan_server.domain.alert_text import AlertText
from jimpitan_server.domain.clock import Clock
from jimpitan_server.domain.errors import Malformed

PUSH_KEY_NAME = "web-push"
PRIVATE_LENGTH, POINT_LENGTH, AUTH_LENGTH = 32, 65, 16
SALT_LENGTH = 16
KEPT_S = 24 * 3600  # after a day the push service may forget what it could not bring
VALID_S = 12 * 3600  # RFC 8292, section 2: at most 24 h
TEXT_LENGTH_MAX = 1500  # of 4096 bytes that a push service must take (RFC 8030, section 7.2)
ENDPOINT_LENGTH_MAX = 1000
TOPIC_LENGTH_MAX = 32  # RFC 8030, section 5.4


@dataclass(frozen=True, slots=True)
class PushKey:
    """The key by which push services know this server."""

    private: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def public(self) -> str:
        """Return the public key as a browser wants it: an uncompressed point, URL-safe base64."""
        point = self.private.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )
        return urlsafe_b64encode(point).decode().rstrip("=")


async def push_key(database: Database, master: MasterKey, clock: Clock) -> PushKey:
    """Return the key, made now when there is none yet."""
    async with database.read() as connection:
        wrapped = await wrapped_secret(connection, PUSH_KEY_NAME)
    if wrapped is None:
        number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
        fresh = master.wrap(number.to_bytes(PRIVATE_LENGTH, "big"), purpose=PUSH_KEY_NAME)
        async with database.write() as connection:
            await keep_secret_once(connection, PUSH_KEY_NAME, wrapped=fresh, now=clock.now())
            wrapped = await wrapped_secret(connection, PUSH_KEY_NAME)
    assert wrapped is not None
    secret = int.from_bytes(master.unwrap(wrapped, purpose=PUSH_KEY_NAME), "big")
    return PushKey(ec.derive_private_key(secret, ec.SECP256R1()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Where a browser listens, and what only it can open."""

    endpoint: str
    point: bytes
    auth: bytes = field(repr=False)

    @property
    def label(self) -> str:
        """Return the name of the push service, which is all that may be shown."""
        return urlsplit(self.endpoint).hostname or ""


def subscription_of(told: str, hosts: Sequence[str]) -> Subscription:
    """Return the subscription that a browser gave as JSON, or refuse it."""
    try:
        fields: Any = json.loads(told)
        keys = fields["keys"]
        found = Subscription(
            endpoint=str(fields["endpoint"]),
            point=_bytes_of(keys["p256dh"]),
            auth=_bytes_of(keys["auth"]),
        )
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), found.point)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Malformed("This is no push subscription.", code="alert_address") from None
    if len(found.auth) != AUTH_LENGTH or len(found.point) != POINT_LENGTH:
        raise Malformed("This is no push subscription.", code="alert_address")
    if len(found.endpoint) > ENDPOINT_LENGTH_MAX or not is_believed(found.endpoint, hosts):
        raise Malformed("This push service is not in the settings.", code="alert_address")
    return found


def is_believed(endpoint: str, hosts: Sequence[str]) -> bool:
    """Tell whether an address belongs to a push service that is named in the settings."""
    try:
        host = urlsplit(endpoint).hostname or ""
    except ValueError:
        return False
    is_named = any(host == one or host.endswith("." + one) for one in hosts)
    return is_named and is_safe_url(endpoint)


def _bytes_of(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True, slots=True)
class PushDoor:
    """`Door` of browsers; an address is a subscription as JSON."""

    key: PushKey
    contact: str
    hosts: Sequence[str]
    clock: Clock
    post: Post = post

    async def send(self, address: str, text: AlertText, *, key: str) -> Answer:
        """Send a text; `key` is the topic, so the same again replaces what still waits."""
        try:
            subscription = subscription_of(address, self.hosts)
        except Malformed:
            return Answer(Outcome.GONE, Why.GONE)
        sealed = seal(_content(text), subscription)
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Encoding": "aes128gcm",
            "TTL": str(KEPT_S),
            "Urgency": "high" if text.is_critical else "normal",
            "Topic": key[:TOPIC_LENGTH_MAX],
            "Authorization": self._signed(subscription.endpoint),
        }
        try:
            answered = await self.post(subscription.endpoint, headers, sealed)
        except Silent:
            return UNREACHABLE
        if answered.status in {404, 410}:  # RFC 8030, section 7.3: it has expired or was ended
            return Answer(Outcome.GONE, Why.GONE)
        return of_status(answered, self.clock.now())

    def _signed(self, endpoint: str) -> str:
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int(self.clock.now().timestamp()) + VALID_S,
            "sub": self.contact,
        }
        signed: str = Vapid02(self.key.private).sign(claims)["Authorization"]
        return signed


def seal(content: bytes, subscription: Subscription) -> bytes:
    """Return content that only this browser can open."""
    sealed: bytes = http_ece.encrypt(
        content,
        salt=os.urandom(SALT_LENGTH),
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=subscription.point,
        auth_secret=subscription.auth,
        version="aes128gcm",
    )
    return sealed


def _content(text: AlertText) -> bytes:
    body = "\n".join(text.lines)[:TEXT_LENGTH_MAX]
    content = {"title": text.subject[:200], "body": body, "url": text.link or ""}
    return json.dumps(content, ensure_ascii=False).encode()
