"""What can go wrong in the server, and what the caller may do.

ServerError                500   a bug or a broken part: nothing was committed
├── Malformed              422   the request does not follow the grammar: do not repeat it
├── NotAuthenticated       401   who are you? log in, or send a valid token
├── NotAllowed             403   known, but not for this
├── NotFound               404   there is no such thing
├── Conflict               409   it cannot be done in the present state
├── TooLarge               413   more bytes or items than one request may carry
├── TooMany                429   slow down; try again later
├── Unavailable            503   the database is away: send the same request again
└── Misconfigured          –     a setting is missing or unsafe: the program does not start
"""


class ServerError(Exception):
    """Root of every error the server raises on purpose."""

    status = 500
    code = "server_error"

    def __init__(self, sentence: str, *, code: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        if code is not None:
            self.code = code


class Malformed(ServerError):
    """The request does not follow the grammar; the same bytes will never be accepted."""

    status = 422
    code = "malformed"


class NotAuthenticated(ServerError):
    """Nobody we know stands behind this request."""

    status = 401
    code = "not_authenticated"


class NotAllowed(ServerError):
    """We know who asks, and this is not for them."""

    status = 403
    code = "not_allowed"


class NotFound(ServerError):
    """There is no such thing."""

    status = 404
    code = "not_found"


class Conflict(ServerError):
    """It cannot be done in the present state of things."""

    status = 409
    code = "conflict"


class TooLarge(ServerError):
    """More than one request may carry: send less at once."""

    status = 413
    code = "too_large"


class TooMany(ServerError):
    """Too many requests in too short a time: wait, then try again."""

    status = 429
    code = "too_many"


class Unavailable(ServerError):
    """A part we need is away; nothing changed, and the same request may be sent again."""

    status = 503
    code = "unavailable"


class Misconfigured(ServerError):
    """A setting is missing or unsafe, so the program does not start."""

    code = "misconfigured"
