"""Alerts by a Telegram bot (Bot API, method sendMessage)."""

import json
from dataclasses import dataclass, field
from datetime import timedelta

from jimpitan_server.adapters.alert_http import (
    JSON_TYPE,
    UNREACHABLE,
    Post,
    of_status,
    post,
)
from jimpitan_server.adapters.bounded_post import Silent
from jimpitan_server.domain.alert_message import Answer, Outcome, Why
from jimpitan_server.domain.alert_text import AlertText
from jimpitan_server.domain.clock import Clock

TEXT_LENGTH_MAX = 4096  # Bot API, sendMessage: "1-4096 characters after entities parsing"


@dataclass(frozen=True, slots=True)
class TelegramDoor:
    """`Door` of a bot; an address is the number of a chat. The token is part of the address."""

    base_url: str
    token: str = field(repr=False)
    clock: Clock
    post: Post = post

    async def send(self, address: str, text: AlertText, *, key: str) -> Answer:  # noqa: ARG002
        """Send a text; Telegram knows no key, so one that is sent again comes again."""
        content = {
            "chat_id": int(address),
            "text": text.body[:TEXT_LENGTH_MAX],
            "link_preview_options": {"is_disabled": True},
            "disable_notification": not text.is_critical,
        }
        url = f"{self.base_url.rstrip('/')}/bot{self.token}/sendMessage"
        try:
            answered = await self.post(url, JSON_TYPE, json.dumps(content).encode())
        except Silent:
            return UNREACHABLE
        told = answered.fields()
        parameters = told.get("parameters")
        asked = parameters.get("retry_after") if isinstance(parameters, dict) else None
        described = str(told.get("description", "")).lower()
        if answered.status == 429 and type(asked) is int and 0 <= asked < 10**9:
            return Answer(Outcome.LATER, Why.TOO_MANY, timedelta(seconds=asked))
        if answered.status == 403 or "chat not found" in described:
            return Answer(Outcome.GONE, Why.GONE)  # blocked the bot, left, or was never there
        if answered.status == 404:  # what the API says to a token that it does not know
            return Answer(Outcome.LATER, Why.UNAUTHORISED)
        return of_status(answered, self.clock.now())
