"""Built files are kept for ever, and come squeezed to whoever can take them so."""

import gzip

import httpx
import pytest
from jimpitan_server.entrypoints.http.static import BuiltFiles
from starlette.exceptions import HTTPException

SCRIPT = b"export const answer = 42;\n" * 60


@pytest.fixture
async def client(tmp_path):
    """Return a client of a folder with one squeezed script, one small one and a picture."""
    (tmp_path / "app-A.js").write_bytes(SCRIPT)
    (tmp_path / "app-A.js.gz").write_bytes(gzip.compress(SCRIPT))
    (tmp_path / "small-B.js").write_bytes(b"1;")
    (tmp_path / "icon-C.png").write_bytes(b"\x89PNG")
    transport = httpx.ASGITransport(BuiltFiles(directory=tmp_path))
    async with httpx.AsyncClient(transport=transport, base_url="http://files.test") as http:
        yield http


async def test_a_script_comes_squeezed_and_is_the_same(client):
    squeezed = await client.get("/app-A.js", headers={"Accept-Encoding": "gzip, br"})
    plain = await client.get("/app-A.js", headers={"Accept-Encoding": "identity"})
    assert squeezed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert int(squeezed.headers["content-length"]) < len(SCRIPT) // 10
    assert squeezed.content == plain.content == SCRIPT
    for answer in (squeezed, plain):
        assert answer.headers["content-type"].startswith("text/javascript")
        assert answer.headers["vary"] == "Accept-Encoding"
        assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize("name", ["small-B.js", "icon-C.png"])
async def test_what_was_not_squeezed_comes_as_it_is(client, name):
    answer = await client.get(f"/{name}", headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("path", ["/none.js", "/app-A.js/x"])
async def test_what_is_not_there_is_not_found(client, path):
    with pytest.raises(HTTPException, match="404"):
        await client.get(path, headers={"Accept-Encoding": "gzip"})
