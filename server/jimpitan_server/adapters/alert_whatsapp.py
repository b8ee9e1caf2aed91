"""Alerts by the WhatsApp Cloud API: a template message, the only kind a business may begin with.

The approved template has a body with two parts: what it is about, and where to look.
"""

import json
import re
from dataclasses import dataclass, field

from jimpitan_server.adapters.alert_http import (
    JSON_TYPE,
    UNREACHABLE,
    Post,
    of_status,
    post,
    retry_after,
)
from jimpitan_server.adapters.bounded_post import Answered, Silent
from jimpitan_server.domain.alert_message import Answer, Outcome, Why
from jimpitan_server.domain.alert_text import AlertText
from jimpitan_server.domain.clock import Clock

# A part may hold no line break and no run of more than 4 blanks, and a body with its parts at most
# 1024 characters (as Twilio documents what WhatsApp refuses: errors 63013 and 63021).
WHAT_LENGTH_MAX, WHERE_LENGTH_MAX = 600, 300
# Error codes of the Cloud API (WhatsApp error codes, 2026-06): throughput, spam, pair, app limits.
TOO_MANY = {4, 80007, 130429, 131048, 131056}
UNAUTHORISED = {0, 3, 10, 190, 131005, 131031}
PASSING = {1, 2, 131000, 131016, 131057, 133004}
LANGUAGE = "id"


@dataclass(frozen=True, slots=True)
class WhatsAppDoor:
    """`Door` of one WhatsApp number; an address is a number in E.164 without the plus."""

    base_url: str
    phone_id: str
    template: str
    token: str = field(repr=False)
    clock: Clock
    post: Post = post

    async def send(self, address: str, text: AlertText, *, key: str) -> Answer:  # noqa: ARG002
        """Send a text; the API knows no key, so one that is sent again comes again."""
        what = _part(" ".join([text.subject, *text.lines[:1]]), WHAT_LENGTH_MAX)
        where = _part(text.link or text.subject, WHERE_LENGTH_MAX)
        body = {"type": "body", "parameters": [what, where]}
        content = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": address,
            "type": "template",
            "template": {
                "name": self.template,
                "language": {"code": LANGUAGE},
                "components": [body],
            },
        }
        url = f"{self.base_url.rstrip('/')}/{self.phone_id}/messages"
        headers = JSON_TYPE | {"Authorization": f"Bearer {self.token}"}
        try:
            answered = await self.post(url, headers, json.dumps(content).encode())
        except Silent:
            return UNREACHABLE
        return self._meaning(answered)

    def _meaning(self, answered: Answered) -> Answer:
        error = answered.fields().get("error")
        code = error.get("code") if isinstance(error, dict) else None
        now = self.clock.now()
        if code in TOO_MANY:
            return Answer(Outcome.LATER, Why.TOO_MANY, retry_after(answered, now))
        if code in UNAUTHORISED or (type(code) is int and 200 <= code <= 299):
            return Answer(Outcome.LATER, Why.UNAUTHORISED)
        if code in PASSING:
            return Answer(Outcome.LATER, Why.BROKEN)
        return of_status(answered, now)


def _part(text: str, length_max: int) -> dict[str, str]:
    return {"type": "text", "text": re.sub(r"\s+", " ", text).strip()[:length_max]}
