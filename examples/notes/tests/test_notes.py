import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from notes.app import create_app
from notes.store import Store

TEA = {"title": "Tea", "text": "Green tea: eighty degrees, three minutes."}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "notes.db"


@pytest.fixture
def client(database: Path) -> FlaskClient:
    return create_app({"NOTES_DATABASE": str(database)}).test_client()


def body(answer: Any) -> Any:
    return answer.get_json()


def test_a_note_is_kept_shown_and_removed(client: FlaskClient, database: Path) -> None:
    added = client.post("/notes", json={**TEA, "title": "  Tea "})
    assert (added.status_code, added.headers["Location"], added.headers["ETag"]) == (201, "/notes/1", '"1"')
    other = create_app({"NOTES_DATABASE": str(database)}).test_client()
    assert body(other.get("/notes/1")) == {**TEA, "id": 1, "version": 1, "changed": body(added)["changed"]}
    assert client.delete("/notes/1").status_code == 204
    gone = client.get("/notes/1")
    assert (gone.status_code, gone.content_type) == (404, "application/problem+json")
    assert body(gone)["detail"] == "there is no such note"
    assert client.delete("/notes/1").status_code == 404


def test_nobody_overwrites_what_they_have_not_seen(client: FlaskClient) -> None:
    client.post("/notes", json=TEA)
    mine = client.put("/notes/1", json={**TEA, "text": "Four minutes."}, headers={"If-Match": '"1"'})
    assert (mine.status_code, mine.headers["ETag"]) == (200, '"2"')
    late = client.put("/notes/1", json={**TEA, "text": "Two minutes."}, headers={"If-Match": '"1"'})
    assert (late.status_code, body(late)["detail"]) == (412, "somebody has changed the note since")
    assert client.put("/notes/1", json=TEA).status_code == 428
    assert client.put("/notes/9", json=TEA, headers={"If-Match": '"1"'}).status_code == 404
    assert body(client.get("/notes/1"))["text"] == "Four minutes."


@pytest.mark.parametrize(
    ("words", "found"),
    [("tea", [1]), ("min", [1, 2]), ("eggs MINUTES", [2]), ("coffee", []), ('"; DROP TABLE notes', []), ("", [2, 1])],
)
def test_notes_are_found_by_their_words(client: FlaskClient, words: str, found: list[int]) -> None:
    client.post("/notes", json=TEA)
    client.post("/notes", json={"title": "Eggs", "text": "Six minutes from the moment that it boils."})
    answer = body(client.get("/notes", query_string={"q": words}))
    ordered = [one["id"] for one in answer]
    assert (ordered if not words else sorted(ordered)) == found


def test_changed_notes_are_found_by_their_new_words(client: FlaskClient) -> None:
    client.post("/notes", json=TEA)
    client.put("/notes/1", json={"title": "Mate", "text": "Hot, not boiling."}, headers={"If-Match": '"1"'})
    assert body(client.get("/notes?q=green")) == []
    assert [one["title"] for one in body(client.get("/notes?q=mate"))] == ["Mate"]


@pytest.mark.parametrize(
    "wrong", [{}, [], {"title": " ", "text": ""}, {"title": "x" * 201, "text": ""}, {"title": "x", "text": 5}]
)
def test_what_is_no_note_is_refused(client: FlaskClient, wrong: Any) -> None:
    refused = client.post("/notes", json=wrong)
    assert (refused.status_code, refused.content_type) == (400, "application/problem+json")
    assert client.post("/notes", data="{").status_code in (400, 415)


def test_writers_wait_for_each_other(database: Path) -> None:
    store = Store(database)
    store.prepare()
    with ThreadPoolExecutor(4) as callers:
        added = list(callers.map(lambda number: store.add(str(number), ""), range(40)))
    assert sorted(one.id for one in added) == list(range(1, 41))


def test_health(client: FlaskClient) -> None:
    assert body(client.get("/health")) == {"status": "healthy", "version": "1.0.0"}
    assert client.get("/health/ready").status_code == 200
    assert body(client.get("/notes")) == []


def test_a_file_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    client = create_app({"NOTES_DATABASE": str(tmp_path / "none" / "notes.db")}).test_client()
    assert client.get("/health").status_code == 200
    answer = client.get("/health/ready")
    assert (answer.status_code, body(answer)["database"]) == (503, "unable to open database file")


def test_without_a_setting_notes_are_temporary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    create_app({})
    with closing(sqlite3.connect(tmp_path / "notes.db")) as database:
        assert database.execute("SELECT count(*) FROM notes").fetchone() == (0,)
