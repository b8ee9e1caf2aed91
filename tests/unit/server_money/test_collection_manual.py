"""The page about collections names every kind, state and rule there is."""

import pytest
from components import ROOT
from jimpitan_server.domain.collection_discrepancies import CollectionFinding
from jimpitan_server.domain.container import Tier
from jimpitan_server.domain.visit_plan import Rhythm, VisitFinding, VisitState
from jimpitan_server.domain.witness import WitnessState
from jimpitan_server.services.journey import Known, StepName, StepState
from jimpitan_server.services.receipt import ReceiptState

PAGE = (ROOT / "server" / "collections.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "word",
    [
        *CollectionFinding,
        *WitnessState,
        *VisitFinding,
        *VisitState,
        *Rhythm,
        *Tier,
        *ReceiptState,
        *StepName,
        *StepState,
        *Known,
    ],
)
def test_each_word_about_collections_is_named(word: str) -> None:
    assert f"`{word}`" in PAGE
