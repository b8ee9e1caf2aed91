"""What the bench assigns to a box: its id, key and epoch, its Wi-Fi, its broker, whom to trust.

It lies in the vault as one value, a list of [name, value] pairs as the bench sent it, so that
it is whole or not there. The key goes in and never out.
"""

from jimpitan_wire import cbor, cose, topics
from jimpitan_wire.errors import Malformed, WireError

MYPY = False
if MYPY:
    from jimpitan_box.ports import Vault

# Where it lies in the vault: the one that counts, one that was brought, and who was wiped.
IDENTITY, STAGED, RETIRED = "identity", "staged", "retired"
LENGTH_MAX = 3600  # one value of NVS, with room
CA_LENGTH_MAX = 2048
SEALED_LENGTH_MAX = 1024
NUMBER_MAX = 0x7FFFFFFF  # NVS holds 31 bits of a number
PORT_MAX = 65535
# Name, type, shortest and longest: Wi-Fi by IEEE 802.11 (32) and WPA2 (63), host by RFC 1035.
TEXTS = (
    ("box", 1, topics.BOX_LENGTH_MAX),
    ("wifi_name", 0, 32),
    ("wifi_password", 0, 63),
    ("broker_host", 0, 253),
    ("broker_login", 0, 32),
    ("broker_password", 0, 64),
)
BYTES = (
    ("key", 0, cose.KEY_LENGTH),
    ("ca", 0, CA_LENGTH_MAX),
    ("sealed", 0, SEALED_LENGTH_MAX),
)
NUMBERS = (("epoch", 0, NUMBER_MAX), ("broker_port", 0, PORT_MAX), ("seq_last", 0, NUMBER_MAX))


class Assignment:
    """The checked fields of one assignment."""

    def __init__(self, fields: "dict[str, object]") -> None:
        self.box = topics.checked_box(str(fields["box"]))
        self.epoch = int(str(fields["epoch"]))
        self.key = _bytes(fields, "key")
        self.wifi_name = str(fields["wifi_name"])
        self.wifi_password = str(fields["wifi_password"])
        self.broker_host = str(fields["broker_host"])
        self.broker_port = int(str(fields["broker_port"]))
        self.broker_login = str(fields["broker_login"])
        self.broker_password = str(fields["broker_password"])
        self.ca = _bytes(fields, "ca")
        self.sealed = _bytes(fields, "sealed")
        self.seq_last = int(str(fields["seq_last"]))

    @property
    def login(self) -> "tuple[str, bytes] | None":
        """Return name and password for the broker, None where it wants none."""
        if not self.broker_login:
            return None
        return self.broker_login, self.broker_password.encode()


def parse(content: bytes) -> Assignment:
    """Return the assignment that `content` encodes; raise `Malformed` when one part is wrong."""
    if len(content) > LENGTH_MAX:
        raise Malformed("an assignment has at most 3600 bytes")
    pairs = cbor.decode(content)
    fields: "dict[str, object]" = {}
    if not isinstance(pairs, list):
        raise Malformed("an assignment is a list of pairs")
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[0], str):
            raise Malformed("an assignment is a list of pairs")
        if pair[0] in fields:
            raise Malformed("a name stands twice in the assignment")
        fields[pair[0]] = pair[1]
    _check(fields)
    return Assignment(fields)


def kept(vault: "Vault", name: str) -> "Assignment | None":
    """Return an assignment in the vault, None when there is none that can be read."""
    content = vault.get(name)
    try:
        return parse(content) if content else None
    except WireError:
        return None


def retired(vault: "Vault") -> "list[object]":
    """Return [box, epoch, last number] of the identity that was wiped from this box."""
    content = vault.get(RETIRED)
    try:
        found = cbor.decode(content) if content else None
    except WireError:
        found = None
    return found if isinstance(found, list) and len(found) == 3 else ["", 0, 0]


def wiped_before(vault: "Vault") -> "tuple[int, int] | None":
    """Return (epoch, last number) of this id's life before it was wiped here, if any."""
    identity, before = kept(vault, IDENTITY), retired(vault)
    if identity is None or before[0] != identity.box:
        return None
    return int(str(before[1])), int(str(before[2]))


def with_key_of(content: bytes, holder: Assignment) -> bytes:
    """Return a checked assignment that came without a key, with the key a box has already."""
    pairs = cbor.decode(content)
    kept: "list[object]" = [["key", holder.key], ["sealed", holder.sealed]]
    if isinstance(pairs, list):
        kept += [pair for pair in pairs if pair[0] not in {"key", "sealed"}]
    return cbor.encode(kept)


def _check(fields: "dict[str, object]") -> None:
    for name, length_min, length_max in TEXTS:
        text = fields.setdefault(name, "")
        if not isinstance(text, str) or not length_min <= len(text.encode()) <= length_max:
            raise Malformed("%s is no text of the right length" % name)
    for name, length_min, length_max in BYTES:
        content = fields.setdefault(name, b"")
        if not isinstance(content, bytes) or not length_min <= len(content) <= length_max:
            raise Malformed("%s has not the right length" % name)
    key = fields["key"]
    if isinstance(key, bytes) and len(key) not in {0, cose.KEY_LENGTH}:
        raise Malformed("key has not the right length")
    for name, value_min, value_max in NUMBERS:
        value = fields.setdefault(name, 0)
        if value is True or value is False or not isinstance(value, int):
            raise Malformed("%s is no whole number" % name)
        if not value_min <= value <= value_max:
            raise Malformed("%s is out of bounds" % name)


def _bytes(fields: "dict[str, object]", name: str) -> bytes:
    content = fields[name]
    if not isinstance(content, bytes):
        raise Malformed("%s has not the right length" % name)
    return content
