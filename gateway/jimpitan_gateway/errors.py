"""What can stop the gateway, as sentences for the person who must act.

GatewayError
├── SettingMissing     a setting that has no safe default is not there
├── SpoolFull          the disk takes no more; acknowledgements stop until it does
├── ServerUnreachable  no answer, or one that promises nothing; try again later
├── ServerFailed       the server fell over this batch; send it in smaller parts, later
├── ServerRefused      the server will not take the batch as it is
└── TokenRefused       the server does not know this gateway
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
