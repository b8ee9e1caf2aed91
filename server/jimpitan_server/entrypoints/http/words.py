"""Words on screens: Indonesian as written in the templates, English from the catalogue.

The catalogue is read as it stands (gettext .po, by Babel); nothing has to be compiled.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po
from fastapi import Request

CATALOGUES = Path(__file__).parent.parent / "web" / "locale"
INDONESIAN, ENGLISH = "id", "en"
LANGUAGES = (INDONESIAN, ENGLISH)
PARAMETER = "bahasa"


@cache
def catalogue(language: str) -> dict[str, str]:
    """Return what is shown for each sentence of the templates and each code of the program.

    Indonesian sentences stand in the templates, so its catalogue names the codes only.
    """
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        found = read_po(file, locale=language)
    return {str(one.id): str(one.string) for one in found if one.id and one.string}


def language_of(request: Request) -> str:
    """Return the language a person chose, by link or before; Indonesian otherwise."""
    for chosen in (request.query_params.get(PARAMETER), request.cookies.get(PARAMETER)):
        if chosen in LANGUAGES:
            return str(chosen)
    return INDONESIAN


def translator(language: str) -> Callable[..., str]:
    """Return the function that templates call `_`: a sentence, its parts filled in by name."""
    words = catalogue(language)

    def translate(sentence: str, **parts: object) -> str:
        text = words.get(sentence, sentence)
        return text % parts if parts else text

    return translate
