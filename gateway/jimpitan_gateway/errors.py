"""What can stop the gateway, as sentences for the person who must act.

GatewayError
├── SettingMissing     a setting that has no safe default is not there
├── SpoolFull          the disk takes no more; acknowledgements stop until it does
├── ServerUnreachable  no answer, or one that promises nothing; try again later
├── ServerFailed       the server fell over this batch; send it in smaller parts, later
├── ServerRefused      the server will not take the batch as it is
├── TokenRefused       the server does not know this gateway
├── BackupRefused      a backup of the spool cannot be made or put in again
├── ReleaseRefused     a release of the firmware is not what the publisher signed
└── BenchFailed        something at the bench: a cable, a box, a file
    ├── ToolMissing        a program or library of the bench is not installed
    ├── PortMissing        no such port, or it went away
    ├── PortBusy           another program has the port open
    ├── BoxSilent          nothing on the port answers as a box does
    ├── BoxRefused         the box will not do what was asked
    ├── WrongImage         the file is no MicroPython for the chip of the box
    ├── FlashFailed        the flashing tool ended with an error
    ├── FileRefused        a file cannot be read or written
    └── EnrolmentRefused   the server did not take the new key
"""


class GatewayError(Exception):
    """Root of every error the gateway raises."""


class SettingMissing(GatewayError):
    """Set the named environment variable, then start again."""


class SpoolFull(GatewayError):
    """Free space on the disk of the spool; nothing is lost meanwhile."""


class ServerUnreachable(GatewayError):
    """The server did not answer in a way that promises anything; nothing is lost meanwhile."""


class ServerFailed(GatewayError):
    """The server answered with an error of its own; look at its log. Nothing is lost meanwhile."""


class ServerRefused(GatewayError):
    """The server refused the whole batch; send it in smaller parts."""


class TokenRefused(GatewayError):
    """Ask the admin for a new gateway token: `jimpitan-server gateway add`."""


class ReleaseRefused(GatewayError):
    """Take the file from the publisher again; no box is told of it meanwhile."""


class BackupRefused(GatewayError):
    """Do what the sentence says; the spool is as it was."""


class BenchFailed(GatewayError):
    """Root of what goes wrong at the bench; every step there can be repeated."""


class ToolMissing(BenchFailed):
    """Install the bench: pip install "jimpitan[bench]"."""


class PortMissing(BenchFailed):
    """Plug the box in, or name another port with --port."""


class PortBusy(BenchFailed):
    """Close the other program, then try again."""


class BoxSilent(BenchFailed):
    """Try another port or cable; flash the box when it is new."""


class BoxRefused(BenchFailed):
    """The box says why; `code` is short and fixed, for programs."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"The box refuses: {sentence}.")
        self.code = code


class WrongImage(BenchFailed):
    """Take the official image for ESP32_GENERIC_S3 from the MicroPython project."""


class FlashFailed(BenchFailed):
    """Read what the tool said; hold BOOT while plugging in when it found no chip."""


class FileRefused(BenchFailed):
    """Name another file."""


class EnrolmentRefused(BenchFailed):
    """The server says why; `code` is short and fixed, for programs."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
