"""Releases: only what the publisher signed is carried, whole, and for as long as it is named."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from jimpitan_gateway.bench.publish import machine_of, make_key, read_key, release_file
from jimpitan_gateway.errors import (
    FileRefused,
    GatewayError,
    ReleaseRefused,
    ServerUnreachable,
)
from jimpitan_gateway.releases import Carrier, public_key, read_release, step_releases
from jimpitan_wire import release, topics

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
FILES = {"jimpitan_box/box.mpy": b"M\x06" + b"b" * 3000, "jimpitan_wire/cbor.mpy": b"M\x06c"}


def made(version="0.2.0", key=KEY, files=None, floor="0.1.0"):
    files = FILES if files is None else files
    return release_file(files, key, version=version, floor=floor, machine="esp32s3-mpy6")


def test_what_was_signed_is_read_and_cut_into_blocks():
    found = read_release(made(), PUBLIC)
    assert (found.head.version, found.head.number, found.head.files) == ("0.2.0", 2000, 2)
    assert found.fingerprint == hashlib.sha256(found.manifest).digest()
    blocks = dict(found.blocks())
    assert len(blocks) == -(-(len(found.manifest) + len(found.content)) // release.BLOCK_LENGTH)
    joined = b"".join(blocks[topics.block_topic(found.fingerprint, n)] for n in range(len(blocks)))
    assert joined == found.manifest + found.content


@given(st.integers(0, len(made()) - 1), st.integers(1, 255))
def test_no_changed_byte_passes(at, change):
    raw = bytearray(made())
    raw[at] ^= change
    with pytest.raises(ReleaseRefused):
        read_release(bytes(raw), PUBLIC)


@given(st.integers(0, len(made()) - 1))
def test_no_truncated_file_passes(length):
    with pytest.raises(ReleaseRefused):
        read_release(made()[:length], PUBLIC)


@given(st.binary(max_size=200))
def test_any_other_bytes_are_refused(raw):
    with pytest.raises(ReleaseRefused):
        read_release(raw, PUBLIC)


def test_another_publisher_is_refused():
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    with pytest.raises(ReleaseRefused, match="publisher"):
        read_release(made(key=other), PUBLIC)


def test_a_release_that_is_too_long_is_refused():
    with pytest.raises(ReleaseRefused, match="megabyte"):
        read_release(bytes(2 << 20), PUBLIC)


class Door:
    """A server that names what it is told to."""

    def __init__(self):
        self.files = {}
        self.asked = []
        self.is_up = True

    def offer(self, raw):
        name = read_release(raw, KEY.public_key().public_bytes_raw()).fingerprint.hex()
        self.files[name] = raw
        return name

    def releases(self):
        if not self.is_up:
            raise ServerUnreachable("no server")
        return list(self.files)

    def release(self, fingerprint):
        self.asked.append(fingerprint)
        return self.files[fingerprint]


class Desk:
    """A carrier with what the broker retains, and what the spool remembers."""

    def __init__(self):
        self.retained, self.noted, self.sent = {}, {}, 0
        self.room = 10_000
        self.door = Door()
        self.carrier = Carrier(PUBLIC, self.retain, self.noted.__setitem__)

    def retain(self, messages):
        messages = list(messages)
        if len(messages) > self.room:
            return False
        for topic, payload in messages:
            self.sent += 1
            if payload:
                self.retained[topic] = payload
            else:
                self.retained.pop(topic, None)
        return True

    def step(self, connection=1):
        return step_releases(
            self.carrier, self.door, noted=dict(self.noted), connection=connection
        )


def test_a_named_release_is_fetched_once_and_retained():
    desk = Desk()
    name = desk.door.offer(made())
    assert len(desk.step()) == 1
    assert desk.retained == dict(read_release(made(), PUBLIC).blocks())
    sent = desk.sent
    assert desk.step() == []
    assert (desk.door.asked, desk.sent) == ([name], sent)


def test_a_new_connection_to_the_broker_retains_it_again_without_asking_the_server():
    desk = Desk()
    name = desk.door.offer(made())
    desk.step(1)
    desk.retained.clear()
    desk.step(2)
    assert len(desk.retained) > 0
    assert desk.door.asked == [name]


def test_what_is_no_longer_named_is_taken_back_also_after_a_restart():
    desk = Desk()
    desk.door.offer(made())
    desk.step()
    desk.carrier = Carrier(PUBLIC, desk.retain, desk.noted.__setitem__)
    desk.door.files.clear()
    assert "no longer" in desk.step()[0]
    assert desk.retained == {}
    assert desk.step() == []


def test_what_the_publisher_did_not_sign_is_not_carried_and_said_once():
    desk = Desk()
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    desk.door.files["ab" * 32] = made(key=other)
    assert "refused" in desk.step()[0]
    assert desk.step() == []
    assert desk.retained == {}


def test_a_release_that_came_damaged_is_asked_for_again_ten_minutes_later():
    desk = Desk()
    name = desk.door.offer(made())
    good, desk.door.files[name] = desk.door.files[name], b"<html>Please log in</html>"
    assert "refused" in desk.step()[0]
    desk.door.files[name] = good
    steps = 0
    while not desk.retained:
        desk.step()
        steps += 1
    assert steps == 61
    assert desk.carrier.refused == 1


def test_blocks_that_find_no_room_are_left_again():
    desk = Desk()
    desk.door.offer(made())
    desk.room = 1
    assert "next step" in desk.step()[0]
    desk.room = 10_000
    assert "is offered" in desk.step()[0]
    assert len(desk.door.asked) == 1


def test_one_release_that_fails_does_not_make_the_others_come_again():
    desk = Desk()
    desk.door.offer(made())
    desk.step()
    sent = desk.sent
    desk.door.files["ab" * 32] = b"no release"
    desk.step(1)
    desk.step(1)
    assert desk.sent == sent


def test_a_server_that_sends_another_release_than_it_names_is_not_believed():
    desk = Desk()
    desk.door.files["ab" * 32] = made()
    assert "another release" in desk.step()[0]
    assert desk.retained == {}


def test_a_server_that_is_away_changes_nothing():
    desk = Desk()
    desk.door.offer(made())
    desk.step()
    before = dict(desk.retained)
    desk.door.is_up = False
    with pytest.raises(GatewayError):
        desk.step()
    assert desk.retained == before


def test_at_most_four_releases_are_carried():
    desk = Desk()
    for number in range(6):
        desk.door.offer(made(f"0.{number + 2}.0"))
    desk.step()
    assert len(desk.door.asked) == 4


@pytest.mark.parametrize("text", ["", "zz", "ab" * 31, "ab" * 33])
def test_a_public_key_is_sixty_four_hex_digits(text):
    with pytest.raises(GatewayError, match="64 hex"):
        public_key(text)


def test_a_key_is_made_once_and_only_for_its_owner(tmp_path):
    path = tmp_path / "publisher.pem"
    public = make_key(path)
    assert read_key(path).public_key().public_bytes_raw() == public
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(FileRefused, match="never written over"):
        make_key(path)
    path.chmod(0o644)
    with pytest.raises(FileRefused, match="chmod 600"):
        read_key(path)


def test_what_is_no_key_is_refused(tmp_path):
    path = tmp_path / "publisher.pem"
    with pytest.raises(FileRefused, match="cannot be read"):
        read_key(path)
    path.write_bytes(b"no key")
    path.chmod(0o600)
    with pytest.raises(FileRefused, match="no private key"):
        read_key(path)


@pytest.mark.parametrize(
    ("version", "floor"), [("0.2", "0.1.0"), ("0.2.0", "x"), ("0.2.0", "0.3.0")]
)
def test_versions_that_make_no_sense_make_no_release(version, floor):
    with pytest.raises(FileRefused):
        made(version, floor=floor)


def test_files_of_two_compilers_make_no_release():
    assert machine_of(FILES) == "esp32s3-mpy6"
    with pytest.raises(FileRefused):
        machine_of({"a.mpy": b"M\x06", "b.mpy": b"M\x05"})
    with pytest.raises(FileRefused):
        machine_of({"a.py": b"print()"})
