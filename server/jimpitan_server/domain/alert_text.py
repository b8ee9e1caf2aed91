"""What an alert says: which box, what, what next, and a link. No person, no donor, no sum.

The sentences are Indonesian; `say` gives them in the reader's language, and codes their words.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from jimpitan_server.domain.alert import SEVERITIES, AlertKind, Condition, worst
from jimpitan_server.domain.discrepancy import Severity

Say = Callable[..., str]
ShownAt = Callable[[datetime], str]
LINES_MAX = 20
PAGE = "/admin/peringatan"

WHAT = {
    AlertKind.BOX_SILENT: "Kotak %(box)s tidak memberi kabar sejak %(since)s.",
    AlertKind.BATTERY_EMPTY: "Baterai kotak %(box)s hampir habis.",
    AlertKind.GATEWAY_SILENT: "Gateway %(subject)s tidak membawa catatan sejak %(since)s.",
    AlertKind.BACKUP_OLD: "Cadangan data terlalu lama, atau belum ada.",
    AlertKind.REPORT_WAITING: "Sebuah laporan menunggu persetujuan.",
}
SENSOR_WHAT = {
    "beams": "Sensor cahaya kotak %(box)s terganggu.",
    "scale": "Timbangan kotak %(box)s tidak memberi tanda.",
    "motion": "Sensor gerak kotak %(box)s tidak memberi tanda.",
}
NEXT = {
    AlertKind.CASE: "Buka kasusnya dan tentukan tindakannya.",
    AlertKind.BOX_SILENT: "Telepon lokasi: apakah kotak masih di tempat dan menyala?",
    AlertKind.BATTERY_EMPTY: "Periksa kabel dan adaptornya hari ini.",
    AlertKind.SENSOR_SILENT: "Kotak masih mengirim kabar, tetapi sensornya perlu diperiksa.",
    AlertKind.GATEWAY_SILENT: "Periksa listrik dan jaringan gateway.",
    AlertKind.BACKUP_OLD: "Periksa disk cadangan, lalu jalankan jimpitan-server backup make.",
    AlertKind.REPORT_WAITING: "Baca laporannya, lalu setujui atau tarik.",
}
CASE_OF_BOX = "Kotak %(box)s: %(what)s."
SUBJECT_ONE = "Peringatan: %(line)s"
SUBJECT_MANY = "%(count)s peringatan, yang terberat: %(severity)s"
MORE = "… dan %(count)s lagi di halaman Peringatan."
TWICE = "Pesan ini mungkin sudah Anda terima sekali."
TRIAL = "Ini pesan percobaan. Peringatan akan datang lewat jalan ini."
SENTENCES = (
    *WHAT.values(),
    *SENSOR_WHAT.values(),
    *NEXT.values(),
    CASE_OF_BOX,
    SUBJECT_ONE,
    SUBJECT_MANY,
    MORE,
    TWICE,
    TRIAL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertText:
    """One message as every channel can carry it; `link` is None where no address is known."""

    subject: str
    lines: tuple[str, ...]
    link: str | None
    is_critical: bool = False

    @property
    def body(self) -> str:
        """Return the whole text, one thing a paragraph."""
        return "\n\n".join(self.lines if self.link is None else (*self.lines, self.link))


def path_of(condition: Condition) -> str:
    """Return where on this server a person sees what it is about."""
    match condition.kind:
        case AlertKind.CASE:
            return f"/admin/temuan/{condition.subject}"
        case AlertKind.REPORT_WAITING:
            return f"/admin/laporan/{condition.subject}"
        case AlertKind.BOX_SILENT | AlertKind.BATTERY_EMPTY | AlertKind.SENSOR_SILENT:
            return f"/admin/kotak/{condition.box}"
        case _:
            return PAGE


def said(condition: Condition, say: Say, shown_at: ShownAt) -> str:
    """Return what it is, in one sentence."""
    parts = {
        "box": condition.box or "–",
        "subject": condition.subject,
        "since": shown_at(condition.since),
    }
    if condition.kind is AlertKind.CASE:
        what = say(condition.what)
        return f"{what}." if condition.box is None else say(CASE_OF_BOX, **parts, what=what)
    if condition.kind is AlertKind.SENSOR_SILENT:
        return say(SENSOR_WHAT[condition.what], **parts)
    return say(WHAT[condition.kind], **parts)


def next_said(condition: Condition, say: Say) -> str:
    """Return what to do about it, in one sentence."""
    return say(NEXT[condition.kind])


def compose(
    conditions: Sequence[Condition],
    *,
    say: Say,
    shown_at: ShownAt,
    base_url: str | None,
    is_doubtful: bool = False,
) -> AlertText:
    """Return one message about all of these, the severest first; each is said once."""
    distinct = {(one.kind, one.subject): one for one in conditions}
    rising = sorted(
        distinct.values(), key=lambda one: (-SEVERITIES.index(one.severity), one.since)
    )
    shown = rising[:LINES_MAX]
    lines = [f"{said(one, say, shown_at)} {next_said(one, say)}" for one in shown]
    if len(rising) > LINES_MAX:
        lines.append(say(MORE, count=len(rising) - LINES_MAX))
    if is_doubtful:
        lines.append(say(TWICE))
    severest = worst([one.severity for one in rising])
    if len(rising) == 1:
        subject = say(SUBJECT_ONE, line=said(rising[0], say, shown_at))
    else:
        subject = say(SUBJECT_MANY, count=len(rising), severity=say(severest.value))
    path = path_of(rising[0]) if len(rising) == 1 else PAGE
    return AlertText(
        subject=subject,
        lines=tuple(lines),
        link=None if base_url is None else base_url.rstrip("/") + path,
        is_critical=severest is Severity.CRITICAL,
    )


def trial(*, say: Say, base_url: str | None) -> AlertText:
    """Return a message that only shows that it arrives."""
    link = None if base_url is None else base_url.rstrip("/") + PAGE
    return AlertText(subject=say(TRIAL), lines=(say(TRIAL),), link=link)
