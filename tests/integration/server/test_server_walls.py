"""The figures on a wall and in another website's frame."""

import re

import pytest
from money_town import Town, town

__all__ = ["town"]
pytestmark = pytest.mark.integration


async def test_a_wall_shows_each_figure_with_how_it_is_known(town: Town) -> None:
    await town.count_cash()
    await town.program.money.reconcile()
    town.clock.step(seconds=2)
    shown = await town.page("/tv")
    for word in ("perkiraan sensor", "terhitung", "terkonfirmasi bank", "Rp\u00a020.500"):
        assert word in shown
    assert "Laporan" not in shown, "nothing was approved"
    answer = await town.client.get("/tv")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


async def test_a_widget_may_stand_in_any_frame_and_has_no_form_and_needs_no_script(
    town: Town,
) -> None:
    await town.count_cash()
    town.clock.step(seconds=2)
    await town.enter("admin")
    answer = await town.client.get("/sematan")
    assert "frame-ancestors *" in answer.headers["content-security-policy"]
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "Rp\u00a020.500" in answer.text
    for word in ("<form", "csrf", "/admin", "onload"):
        assert word not in answer.text
    scripts = re.findall(r"<script[^>]*>", answer.text)  # one of our own that renews the figures
    assert all('src="/static/widget-' in one for one in scripts)


async def test_both_are_english_too(town: Town) -> None:
    for path in ("/tv", "/sematan"):
        assert "counted" in (await town.client.get(path, params={"bahasa": "en"})).text
