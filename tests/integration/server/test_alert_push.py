"""Web Push: only the browser opens it, only named services are knocked at."""

import json

import http_ece
import pytest
from alert_rigs import BROWSER, KEY, TEXT, Rig, decoded, encoded, send
from alert_services import http_service
from cryptography.hazmat.primitives.asymmetric import ec
from jimpitan_server.adapters.alert_push import (
    PushDoor,
    Subscription,
    is_believed,
    push_key,
    seal,
    subscription_of,
)
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.alert_message import Outcome
from jimpitan_server.domain.errors import Malformed
from py_vapid import Vapid02
from server_boxes import FRIDAY, StepClock

pytestmark = pytest.mark.integration


class TestPush:
    async def test_only_the_browser_opens_it_and_the_service_knows_who_sent(self) -> None:
        with http_service(201, None) as service:
            await send(Rig("push", service), key="7-9-3")
            (asked,) = service.asked
        content = json.loads(BROWSER.open(asked.body))
        assert content["title"] == TEXT.subject
        assert content["url"] == TEXT.link
        assert asked.headers["content-encoding"] == "aes128gcm"
        assert (asked.headers["urgency"], asked.headers["topic"]) == ("high", "7-9-3")
        assert int(asked.headers["ttl"]) > 0
        scheme, signed = asked.headers["authorization"].split(" ", 1)
        parts = dict(part.split("=", 1) for part in signed.split(","))
        assert (scheme, parts["k"]) == ("vapid", KEY.public)
        assert Vapid02.verify(f"{scheme} {signed}")
        claims = json.loads(decoded(parts["t"].split(".")[1]))
        assert claims["aud"] == service.url
        assert claims["sub"] == "mailto:admin@contoh.id"
        assert claims["exp"] == int(FRIDAY.timestamp()) + 12 * 3600

    def test_a_browser_opens_what_rfc_8291_sealed(self) -> None:
        # RFC 8291, appendix A: the receiver's keys and the message of the example.
        private = int.from_bytes(decoded("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), "big")
        message = decoded(
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLoc"
            "InmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLV"
            "WGNWQexSgSxsj_Qulcy4a-fN"
        )
        opened = http_ece.decrypt(
            message,
            private_key=ec.derive_private_key(private, ec.SECP256R1()),
            auth_secret=decoded("BTBZMqHH6r4Tts7J_aSIgg"),
            version="aes128gcm",
        )
        assert opened == b"When I grow up, I want to be a watermelon"

    def test_each_sealing_is_another(self) -> None:
        subscription = subscription_of(BROWSER.subscription("http://127.0.0.1:1"), ["127.0.0.1"])
        assert isinstance(subscription, Subscription)
        one, other = seal(b"x", subscription), seal(b"x", subscription)
        assert one != other
        assert BROWSER.open(one) == BROWSER.open(other) == b"x"

    def test_no_other_door_is_knocked_at_than_those_of_push_services(self) -> None:
        hosts = ("fcm.googleapis.com", "notify.windows.com")
        assert is_believed("https://fcm.googleapis.com/fcm/send/x", hosts)
        assert is_believed("https://wns2-sg2p.notify.windows.com/w/?token=x", hosts)
        for wrong in (
            "http://fcm.googleapis.com/x",
            "https://fcm.googleapis.com.contoh.id/x",
            "https://127.0.0.1/x",
            "https://169.254.169.254/latest",
            "https://fcm.googleapis.com@contoh.id/x",
            "ftp://fcm.googleapis.com/x",
            "https://[",
            "",
        ):
            assert not is_believed(wrong, hosts), wrong

    @pytest.mark.parametrize(
        "told",
        [
            "",
            "[]",
            "{}",
            '{"endpoint": "https://fcm.googleapis.com/x", "keys": {"p256dh": "AA", "auth": "AA"}}',
            '{"endpoint": "https://fcm.googleapis.com/x", "keys": []}',
        ],
    )
    async def test_what_is_no_subscription_is_refused(self, told: str) -> None:
        with pytest.raises(Malformed):
            subscription_of(told, ["fcm.googleapis.com"])
        door = PushDoor(KEY, "mailto:admin@contoh.id", (), StepClock())
        assert (await door.send(told, TEXT, key="1")).outcome is Outcome.GONE

    def test_keys_that_are_no_point_of_the_curve_are_refused(self) -> None:
        point = b"\x04" + b"\x01" * 64
        keys = {"p256dh": encoded(point), "auth": encoded(bytes(16))}
        told = json.dumps({"endpoint": "https://fcm.googleapis.com/x", "keys": keys})
        with pytest.raises(Malformed):
            subscription_of(told, ["fcm.googleapis.com"])


async def test_the_key_for_browsers_is_made_once_and_sealed(program: Program) -> None:
    keys = [await push_key(program.database, program.master, program.clock) for _ in range(2)]
    assert keys[0].public == keys[1].public
    assert len(decoded(keys[0].public)) == 65
