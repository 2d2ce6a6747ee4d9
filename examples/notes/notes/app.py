"""The application: ``gunicorn 'notes.app:create_app()'``."""

import logging
import os
import sqlite3
import tempfile
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, jsonify, make_response, request
from werkzeug.exceptions import BadRequest, HTTPException, NotFound, PreconditionFailed, PreconditionRequired

from notes import __version__
from notes.store import ChangedMeanwhile, NoSuchNote, Note, Store

LONGEST_TITLE = 200
LONGEST_TEXT = 100_000
MOST_FOUND = 50

log = logging.getLogger(__name__)
pages = Blueprint("notes", __name__)


def create_app(environ: Mapping[str, str] = os.environ) -> Flask:
    """The application, with its notes where ``NOTES_DATABASE`` says.

    Without it they are in the folder for temporary files, and gone with the container: good enough to try it.
    """
    logging.basicConfig(level=environ.get("NOTES_LOG_LEVEL", "INFO"), format="%(levelname)s %(name)s %(message)s")
    path = environ.get("NOTES_DATABASE") or str(Path(tempfile.gettempdir(), "notes.db"))
    if not environ.get("NOTES_DATABASE"):
        log.warning("notes are lost with this container: set NOTES_DATABASE to a file in a volume")
    store = Store(Path(path))
    try:
        store.prepare()
    except sqlite3.Error as error:
        # It starts all the same: what is wrong is told by /health/ready, and starting again would not mend it.
        log.error("cannot use %s: %s", path, error)
    app = Flask("notes")
    app.config["MAX_CONTENT_LENGTH"] = 4 * LONGEST_TEXT
    app.extensions["notes"] = store
    app.register_blueprint(pages)
    app.register_error_handler(HTTPException, _problem)
    app.register_error_handler(NoSuchNote, _missing)
    return app


@pages.get("/health")
def health() -> Response:
    """The process runs."""
    return jsonify(status="healthy", version=__version__)


@pages.get("/health/ready")
def ready() -> tuple[Response, int]:
    """Notes can be kept: 200, else 503 with what is wrong."""
    try:
        _store().check()
    except sqlite3.Error as error:
        return jsonify(status="unavailable", database=str(error)), HTTPStatus.SERVICE_UNAVAILABLE
    return jsonify(status="ready", database="ok"), HTTPStatus.OK


@pages.get("/notes")
def find() -> Response:
    """Notes with all words of ``q``, without it the newest."""
    return jsonify([vars(note) for note in _store().find(request.args.get("q", ""), limit=MOST_FOUND)])


@pages.post("/notes")
def add() -> Response:
    """Keeps a note."""
    note = _store().add(*_given())
    answer = _shown(note, HTTPStatus.CREATED)
    answer.headers["Location"] = f"/notes/{note.id}"
    return answer


@pages.get("/notes/<int:number>")
def look(number: int) -> Response:
    """One note; its ``ETag`` is its version."""
    return _shown(_store().get(number))


@pages.put("/notes/<int:number>")
def change(number: int) -> Response:
    """Changes the version that ``If-Match`` names, and no other: 412 when somebody else was faster."""
    versions = [tag for tag in request.if_match.as_set() if tag.isdecimal()]
    if len(versions) != 1:
        raise PreconditionRequired("say in If-Match which version you have seen (its ETag)")
    try:
        return _shown(_store().change(number, *_given(), version=int(versions[0])))
    except ChangedMeanwhile as error:
        raise PreconditionFailed("somebody has changed the note since") from error


@pages.delete("/notes/<int:number>")
def remove(number: int) -> tuple[str, int]:
    """Forgets a note."""
    _store().remove(number)
    return "", HTTPStatus.NO_CONTENT


def _store() -> Store:
    store: Store = current_app.extensions["notes"]
    return store


def _given() -> tuple[str, str]:
    body = request.get_json()
    title, text = (body.get("title"), body.get("text")) if isinstance(body, dict) else (None, None)
    if not isinstance(title, str) or not 0 < len(title.strip()) <= LONGEST_TITLE:
        raise BadRequest(f"title is a text of 1 to {LONGEST_TITLE} characters")
    if not isinstance(text, str) or len(text) > LONGEST_TEXT:
        raise BadRequest(f"text is a text of at most {LONGEST_TEXT} characters")
    return title.strip(), text


def _shown(note: Note, status: int = HTTPStatus.OK) -> Response:
    answer = make_response(jsonify(vars(note)), status)
    answer.set_etag(str(note.version))
    return answer


def _problem(error: HTTPException) -> Response:
    """What is wrong, as a problem document (RFC 9457)."""
    answer = make_response(jsonify(title=error.name, status=error.code, detail=error.description), error.code)
    answer.content_type = "application/problem+json"
    return answer


def _missing(_: NoSuchNote) -> Response:
    return _problem(NotFound("there is no such note"))
