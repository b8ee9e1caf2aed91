"""Everything a person can set, call or meet is documented; everything on screen has English."""

import inspect
import json
import re
import subprocess

import pytest
from components import ROOT
from jimpitan_gateway import bootstrap as gateway_bootstrap
from jimpitan_gateway import cli as gateway_cli
from jimpitan_gateway import errors as gateway_errors
from jimpitan_gateway.bench.release_cli import release_app
from jimpitan_gateway.bench.visit_cli import box_app
from jimpitan_gateway.settings import Settings as GatewaySettings
from jimpitan_server.entrypoints.http import words
from jimpitan_simulator import cli as simulator_cli
from jimpitan_simulator.defects import DEFECTS
from jimpitan_wire import errors as wire_errors

GATEWAY = (ROOT / "gateway" / "README.md").read_text(encoding="utf-8")
SIMULATOR = (ROOT / "simulator" / "README.md").read_text(encoding="utf-8")
TEMPLATES = ROOT / "server" / "jimpitan_server" / "entrypoints" / "web" / "templates"
PHONE = TEMPLATES.parent / "src" / "kolektor"
SAID_BY_SCRIPT = re.compile(r"""\bt\(\s*"((?:[^"\\]|\\.)*)\"""")
SAID = re.compile(r"""_\((?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""")


@pytest.mark.parametrize("name", GatewaySettings.model_fields)
def test_every_setting_of_the_gateway_is_documented_and_described(name):
    assert f"`{name.upper()}`" in GATEWAY
    assert GatewaySettings.model_fields[name].description


@pytest.mark.parametrize(
    "command", [c.name or c.callback.__name__ for c in gateway_cli.app.registered_commands]
)
def test_every_command_of_the_gateway_is_documented(command):
    assert f"`{command.replace('_', '-')}`" in GATEWAY


@pytest.mark.parametrize("command", [c.name for c in box_app.registered_commands])
def test_every_command_of_the_bench_is_documented_and_has_help(command):
    assert f"`box {command}" in GATEWAY
    found = next(c for c in box_app.registered_commands if c.name == command)
    assert inspect.getdoc(found.callback)


@pytest.mark.parametrize("command", [c.name for c in release_app.registered_commands])
def test_every_command_of_the_publisher_is_documented_and_has_help(command):
    assert f"`release {command}" in GATEWAY
    found = next(c for c in release_app.registered_commands if c.name == command)
    assert inspect.getdoc(found.callback)


@pytest.mark.parametrize("name", list(inspect.signature(simulator_cli.usb_box).parameters))
def test_every_option_of_the_box_on_a_cable_is_documented(name):
    assert f"`--{name}`" in SIMULATOR


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, one in vars(gateway_errors).items()
        if inspect.isclass(one) and issubclass(one, gateway_errors.GatewayError)
    ],
)
def test_every_error_of_the_gateway_stands_in_its_tree_and_its_manual(name):
    assert name in str(gateway_errors.__doc__)
    assert name == "GatewayError" or f"`{name}`" in GATEWAY


@pytest.mark.parametrize("name", sorted(gateway_bootstrap.Metrics().registry._names_to_collectors))
def test_every_metric_of_the_gateway_is_documented(name):
    short = name.removeprefix("jimpitan_gateway").removesuffix("_created").removesuffix("_total")
    assert short in GATEWAY


@pytest.mark.parametrize(
    "name",
    [name for name, one in vars(wire_errors).items() if inspect.isclass(one)],
)
def test_every_error_of_the_wire_stands_in_its_tree(name):
    assert name in str(wire_errors.__doc__)


@pytest.mark.parametrize("name", list(inspect.signature(simulator_cli.demo).parameters))
def test_every_option_of_the_demo_is_documented(name):
    assert f"`--{name.replace('_', '-')}`" in SIMULATOR


@pytest.mark.parametrize("defect", DEFECTS)
def test_every_planted_defect_is_documented(defect):
    assert f"`{defect}`" in SIMULATOR


def said() -> list[str]:
    """Return every sentence that a template or a script of the collector's page says."""
    found = []
    for file in sorted(TEMPLATES.glob("*.html")):
        for match in SAID.finditer(file.read_text(encoding="utf-8")):
            found.append(match.group(1) or match.group(2))
    for file in sorted(PHONE.glob("*.js")):
        found += SAID_BY_SCRIPT.findall(file.read_text(encoding="utf-8"))
    return sorted(set(found))


@pytest.mark.parametrize("sentence", said())
def test_every_sentence_on_screen_has_english_with_the_same_parts(sentence):
    english = words.catalogue(words.ENGLISH)[sentence]
    assert set(re.findall(r"%\(\w+\)s", english)) == set(re.findall(r"%\(\w+\)s", sentence))


def test_codes_on_screen_have_words_in_both_languages():
    from jimpitan_server.domain.collection_discrepancies import CollectionFinding
    from jimpitan_server.domain.configuration import ConfigurationFinding
    from jimpitan_server.domain.discrepancy import RecordFinding, Severity, TamperFinding
    from jimpitan_server.domain.match import Relation, State
    from jimpitan_server.domain.money_discrepancies import BankFinding, LedgerFinding, MoneyFinding
    from jimpitan_server.domain.rollout import RolloutFinding
    from jimpitan_server.domain.statement_gaps import StatementFinding
    from jimpitan_server.domain.statement_sheet import FaultKind
    from jimpitan_server.domain.sticker import StickerFinding
    from jimpitan_server.domain.visit_plan import VisitFinding

    codes = {
        str(code.value)
        for kind in (
            RecordFinding,
            TamperFinding,
            Severity,
            Relation,
            State,
            BankFinding,
            MoneyFinding,
            LedgerFinding,
            ConfigurationFinding,
            RolloutFinding,
            StatementFinding,
            FaultKind,
            StickerFinding,
            CollectionFinding,
            VisitFinding,
        )
        for code in kind
    }
    for language in words.LANGUAGES:
        assert codes - set(words.catalogue(language)) == set()


def test_money_is_written_alike_in_browser_and_server():
    import components

    node = components.program("node", "install Node 20")
    vectors = json.loads((ROOT / "tests" / "contract" / "rupiah-vectors.json").read_text())
    amounts = [one["amount_idr"] for one in vectors["vectors"]]
    script = ROOT / "server" / "jimpitan_server" / "entrypoints" / "web" / "src" / "format.js"
    code = (
        f"import {{ rupiah }} from {json.dumps(script.as_uri())};"
        f"console.log(JSON.stringify({json.dumps(amounts)}.map(rupiah)));"
    )
    done = subprocess.run(
        [node, "--input-type=module", "-e", code], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [one["text"] for one in vectors["vectors"]]
