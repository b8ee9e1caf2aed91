"""How cases look in answers: whole rupiah in fields that end in `_idr`, times in UTC."""

from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import datetime

from jimpitan_server.adapters.case_desk import CaseFigures, CollectorFigures
from jimpitan_server.domain.case import CaseEvent
from jimpitan_server.domain.case_figures import COLLECTIONS_MIN, Ageing, Figures
from jimpitan_server.domain.host_figures import HostFigures, name_order
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.services.act_on_case import Acted, Refusal
from jimpitan_server.services.ports_cases import CaseHistory, CasePage, CaseView

Json = dict[str, object]
NAMES = {"number": "discrepancy_id", "box": "box_id", "at_stake": "at_stake_idr"}


def of_view(view: CaseView) -> Json:
    """Return one case as it is listed."""
    return {NAMES.get(one.name, one.name): _plain(getattr(view, one.name)) for one in fields(view)}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.amount if isinstance(value, Rupiah) else value


def of_page(page: CasePage) -> Json:
    """Return a page; `next` is there when more follow."""
    more: Json = {} if page.next_cursor is None else {"next": page.next_cursor}
    return {"discrepancies": [of_view(one) for one in page.cases]} | more


def of_event(event: CaseEvent) -> Json:
    """Return one thing that happened."""
    return {
        "number": event.number,
        "at": event.at.isoformat(),
        "actor": event.actor,
        "event": event.kind.value,
        "detail": dict(event.detail),
    }


def of_history(history: CaseHistory) -> Json:
    """Return one case with its events, and what is proposed."""
    ending = history.case.ending
    proposal = None
    if ending is not None and history.case.resolved_at is None:
        proposal = {"by": ending.by, "at": ending.at.isoformat()}
        proposal |= {"code": ending.code, "reason": str(ending.reason)}
    return {
        "discrepancy": of_view(history.view),
        "events": [of_event(one) for one in history.events],
        "proposal": proposal,
        "approved_by": history.case.approved_by,
        "names": dict(history.name_by_id),
    }


def of_acted(acted: Acted) -> Json:
    """Return how a case stands after an action."""
    return {
        "discrepancy": acted.case.discrepancy,
        "state": acted.case.state.value,
        "events": acted.case.events,
        "event": None if acted.event is None else of_event(acted.event),
    }


def of_refusals(refusals: Iterable[Refusal]) -> Json:
    """Return why nothing was done about any of many cases."""
    return {
        "error": "bulk_refused",
        "message": "Nothing was done: leave out the cases that are named, or look at each.",
        "refusals": [
            {"discrepancy": one.number, "error": one.code, "message": one.sentence}
            for one in refusals
        ],
    }


def of_figures(figures: Figures) -> Json:
    """Return figures over some cases."""
    found = asdict(figures)
    found["at_stake_idr"] = figures.at_stake.amount
    del found["at_stake"]
    return found


def _of_ageing(one: Ageing) -> Json:
    return {
        "days_from": one.days_from,
        "days_to": one.days_to,
        "count": one.count,
        "at_stake_idr": one.at_stake.amount,
    }


def of_all_figures(found: CaseFigures, *, after: str, limit: int) -> Json:
    """Return the figures of the programme, and those of a page of boxes in order of their ids."""
    boxes = [box for box in found.by_box if box > after]
    shown: Json = {
        "programme": of_figures(found.programme),
        "ageing": [_of_ageing(one) for one in found.ageing],
        "boxes": [{"box": box} | of_figures(found.by_box[box]) for box in boxes[:limit]],
        "is_partial": found.is_partial,
    }
    return shown if len(boxes) <= limit else shown | {"next": boxes[limit - 1]}


def of_hosts(found: Iterable[HostFigures], *, after: str, limit: int) -> Json:
    """Return a page of institutions in the order of their names; `after` is the last one seen."""
    hosts = [one for one in found if name_order(one.host) > name_order(after)]
    shown: Json = {
        "counts_min": COLLECTIONS_MIN,
        "hosts": [_of_host(one) for one in hosts[:limit]],
    }
    return shown if len(hosts) <= limit else shown | {"next": hosts[limit - 1].host}


def _of_host(one: HostFigures) -> Json:
    known: Json = {"host": one.host, "containers": one.containers}
    if one.figures is None:
        return known | {"too_few": True}
    return known | {"too_few": False, "counts": one.counts, "figures": of_figures(one.figures)}


def of_collector(collector: str, found: CollectorFigures) -> Json:
    """Return the figures over one person's collections, or that they are too few to say."""
    shown: Json = {"collector": collector, "collections_min": COLLECTIONS_MIN}
    if found.figures is None:
        return shown | {"too_few": True}
    return shown | {
        "too_few": False,
        "collections": found.collections,
        "figures": of_figures(found.figures),
    }
