"""Tables of the manual and the guides that are rendered between two marks."""

import sys
from collections.abc import Callable
from pathlib import Path


def with_table(manual: str, table: str, begin: str, end: str) -> str:
    """Return a text with what stands between two marks rendered anew."""
    before, _, rest = manual.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n{table}\n{end}{after}"


def write_or_compare(
    paper: Path, rendered: Callable[[str], str], compare: Callable[[], list[str]]
) -> int:
    """Render a paper's table anew when asked with `--write`; else say what is old in it."""
    if "--write" in sys.argv[1:]:
        paper.write_text(rendered(paper.read_text(encoding="utf-8")), encoding="utf-8")
        return 0
    wrong = compare()
    sys.stderr.write("".join(f"{sentence}\n" for sentence in wrong))
    return 1 if wrong else 0
