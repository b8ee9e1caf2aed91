"""Channels under test: each with its door, an address, and how its service is told to answer."""

import base64
import json
from datetime import timedelta

import http_ece
from alert_services import Mailbox, Service
from alert_town import FakeDoor
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jimpitan_server.adapters.alert_push import PushDoor, PushKey
from jimpitan_server.adapters.alert_smtp import SmtpDoor, SmtpServer
from jimpitan_server.adapters.alert_telegram import TelegramDoor
from jimpitan_server.adapters.alert_whatsapp import WhatsAppDoor
from jimpitan_server.domain.alert_message import Answer, Outcome, Why
from jimpitan_server.domain.alert_text import AlertText
from jimpitan_server.services.ports_alerts import Door
from server_boxes import StepClock

TOKEN = "110201543:contoh-token-uji"
TEXT = AlertText(
    subject="Peringatan: Kotak box-0001 tidak memberi kabar",
    lines=("Kotak box-0001 tidak memberi kabar.\tTelepon   lokasi.", "Baris kedua."),
    link="https://contoh.id/admin/kotak/box-0001",
    is_critical=True,
)
OK_BY_CHANNEL: dict[str, tuple[int, object]] = {
    "telegram": (200, {"ok": True, "result": {"message_id": 1}}),
    "whatsapp": (200, {"messaging_product": "whatsapp", "messages": [{"id": "wamid.1"}]}),
    "push": (201, None),
}


class Browser:
    """A browser that subscribed, and opens what it is sent."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = bytes(range(16))

    def subscription(self, url: str) -> str:
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": encoded(point), "auth": encoded(self.auth)}
        return json.dumps({"endpoint": f"{url}/push/abc", "expirationTime": None, "keys": keys})

    def open(self, body: bytes) -> bytes:
        opened: bytes = http_ece.decrypt(
            body, private_key=self.key, auth_secret=self.auth, version="aes128gcm"
        )
        return opened


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


BROWSER = Browser()
KEY = PushKey(ec.generate_private_key(ec.SECP256R1()))


class Rig:
    """One channel under test: its door, an address, and how its service is told to answer."""

    def __init__(self, channel: str, service: Service | Mailbox | FakeDoor) -> None:
        self.channel, self.service = channel, service
        clock = StepClock()
        self.address = "12345678"
        self.door: Door
        if isinstance(service, FakeDoor):
            self.door = service
        elif isinstance(service, Mailbox):
            server = SmtpServer(
                host="127.0.0.1", port=service.port, tls="none", sender="kotak@contoh.id"
            )
            self.door, self.address = SmtpDoor(server, clock), "siti@contoh.id"
        elif channel == "telegram":
            self.door = TelegramDoor(service.url, TOKEN, clock)
        elif channel == "whatsapp":
            self.door = WhatsAppDoor(service.url, "10000001", "jimpitan_peringatan", TOKEN, clock)
            self.address = "6281200000001"
        else:
            self.door = PushDoor(KEY, "mailto:admin@contoh.id", ("127.0.0.1",), clock)
            self.address = BROWSER.subscription(service.url)

    def will(self, what: str) -> None:
        """Let the service answer the next time as the real one does in this case."""
        if isinstance(self.service, FakeDoor):
            self.service.answers.append(FAKED[what])
        elif isinstance(self.service, Mailbox):
            self.service.replies.append(MAIL_REPLIES[what])
        else:
            status, fields, headers = HTTP_ANSWERS[self.channel][what]
            self.service.will(status, fields, **headers)


FAKED = {
    "broken": Answer(Outcome.LATER, Why.BROKEN),
    "refused": Answer(Outcome.REFUSED, Why.REFUSED),
    "gone": Answer(Outcome.GONE, Why.GONE),
    "unauthorised": Answer(Outcome.LATER, Why.UNAUTHORISED),
    "too_many": Answer(Outcome.LATER, Why.TOO_MANY, timedelta(seconds=35)),
}
MAIL_REPLIES = {
    "broken": "451 4.3.0 try again later",
    "refused": "552 5.3.4 too big",
    "gone": "550 5.1.1 no such mailbox",
    "unauthorised": "530 5.7.0 authentication required",
}


def _telegram(code: int, description: str, **parameters: int) -> tuple[int, object, dict]:
    told = {"ok": False, "error_code": code, "description": description}
    return code, told | ({"parameters": parameters} if parameters else {}), {}


def _whatsapp(status: int, code: int, **headers: str) -> tuple[int, object, dict]:
    error = {"message": f"(#{code}) Contoh", "type": "OAuthException", "code": code}
    return status, {"error": error}, headers


HTTP_ANSWERS: dict[str, dict[str, tuple[int, object, dict]]] = {
    "telegram": {
        "broken": (502, None, {}),
        "refused": _telegram(400, "Bad Request: message text is empty"),
        "gone": _telegram(403, "Forbidden: bot was blocked by the user"),
        "unauthorised": _telegram(401, "Unauthorized"),
        "too_many": _telegram(429, "Too Many Requests: retry after 35", retry_after=35),
    },
    "whatsapp": {
        "broken": _whatsapp(500, 131000),
        "refused": _whatsapp(400, 132001),
        "unauthorised": _whatsapp(401, 190),
        "too_many": _whatsapp(429, 130429, Retry_After="35"),
    },
    "push": {
        "broken": (500, None, {}),
        "refused": (413, None, {}),
        "gone": (410, None, {}),
        "unauthorised": (403, None, {}),
        "too_many": (429, None, {"Retry_After": "35"}),
    },
}


async def send(rig: Rig, key: str = "1-1-1") -> Answer:
    """Send the text through a channel."""
    return await rig.door.send(rig.address, TEXT, key=key)
