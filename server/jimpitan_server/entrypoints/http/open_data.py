"""Approved reports as open data: one line for each report, and one for each host within it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from jimpitan_server.domain.report import Report, ReportState
from jimpitan_server.domain.report_hosts import HostFigures
from jimpitan_server.entrypoints.http.table import Column

WHOLE = "seluruh program"
OTHERS = "instansi lain dan kode bersama"


@dataclass(frozen=True, slots=True)
class Line:
    """A report as a whole (`host` is None), or one host within it."""

    report: Report
    host: HostFigures | None

    @property
    def is_withdrawn(self) -> bool:
        """Return whether no figure of it is told any more."""
        return self.report.state is ReportState.WITHDRAWN


def _name(line: Line) -> str:
    if line.host is None:
        return WHOLE
    return line.host.host or OTHERS


def _counted(line: Line) -> int | None:
    if line.is_withdrawn:
        return None
    return line.host.counted_idr if line.host else line.report.figures.counted_idr


def _confirmed(line: Line) -> int | None:
    if line.is_withdrawn:
        return None
    return line.host.qris_confirmed_idr if line.host else line.report.figures.qris_confirmed_idr


def _boxes(line: Line) -> int | None:
    if line.is_withdrawn:
        return None
    return line.host.boxes if line.host else line.report.figures.boxes_counted


OPEN_DATA: tuple[Column[Line], ...] = (
    Column("laporan", "laporan", lambda one: one.report.report_id),
    Column("dari", "dari", lambda one: one.report.span.first),
    Column("sampai", "sampai", lambda one: one.report.span.last),
    Column("keadaan", "keadaan", lambda one: one.report.state.value),
    Column("instansi", "instansi", _name, is_word=True),
    Column("kotak", "kotak", _boxes),
    Column("tunai", "tunai terhitung (Rp)", _counted),
    Column("qris", "QRIS terkonfirmasi bank (Rp)", _confirmed),
    Column("segel", "segel buku kas", lambda one: one.report.figures.root),
    Column("disetujui", "disetujui", lambda one: one.report.approved_at),
)


def open_lines(reports: Iterable[Report]) -> Iterator[Line]:
    """Yield the lines of reports; of a withdrawn one its days alone."""
    for report in reports:
        line = Line(report, None)
        yield line
        if not line.is_withdrawn:
            yield from (Line(report, host) for host in report.figures.hosts)
