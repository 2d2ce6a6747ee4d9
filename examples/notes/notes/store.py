"""Notes in SQLite: one file, a connection for each request, found again by their words (FTS5)."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS notes (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    changed TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ'))
);
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(title, text, content='notes', content_rowid='id');
CREATE TRIGGER IF NOT EXISTS added AFTER INSERT ON notes BEGIN
    INSERT INTO words (rowid, title, text) VALUES (new.id, new.title, new.text);
END;
CREATE TRIGGER IF NOT EXISTS removed AFTER DELETE ON notes BEGIN
    INSERT INTO words (words, rowid, title, text) VALUES ('delete', old.id, old.title, old.text);
END;
CREATE TRIGGER IF NOT EXISTS changed AFTER UPDATE ON notes BEGIN
    INSERT INTO words (words, rowid, title, text) VALUES ('delete', old.id, old.title, old.text);
    INSERT INTO words (rowid, title, text) VALUES (new.id, new.title, new.text);
END;
"""
_FIELDS = "notes.id, notes.title, notes.text, notes.version, notes.changed"


class NoSuchNote(LookupError):
    """There is no note of that number."""


class ChangedMeanwhile(Exception):
    """The note is not the version that the caller has seen."""


@dataclass(frozen=True, kw_only=True)
class Note:
    """A note; ``version`` grows with each change, ``changed`` is the time of the last in UTC."""

    id: int
    title: str
    text: str
    version: int
    changed: str


class Store:
    """The notes of one file, which is made where there is none."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def prepare(self) -> None:
        """Makes the tables; may be called any number of times, by several processes at once."""
        with self._open() as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript(_SCHEMA)

    def check(self) -> None:
        """Raises ``sqlite3.Error`` when nothing could be written."""
        with self._open() as database:
            database.execute("BEGIN IMMEDIATE")
            database.execute("INSERT INTO notes (title, text) VALUES ('', '')")
            database.rollback()

    def add(self, title: str, text: str) -> Note:
        """Keeps a new note."""
        with self._open() as database:
            row = database.execute(f"INSERT INTO notes (title, text) VALUES (?, ?) RETURNING {_FIELDS}", (title, text))
            return _note(row)

    def get(self, number: int) -> Note:
        """The note of a number. Raises ``NoSuchNote``."""
        with self._open() as database:
            return _note(database.execute(f"SELECT {_FIELDS} FROM notes WHERE id = ?", (number,)))

    def change(self, number: int, title: str, text: str, *, version: int) -> Note:
        """Changes a note that is still of that version. Raises ``NoSuchNote`` or ``ChangedMeanwhile``."""
        changed = "version = version + 1, changed = strftime('%Y-%m-%dT%H:%M:%SZ')"
        with self._open() as database:
            row = database.execute(
                f"UPDATE notes SET title = ?, text = ?, {changed} WHERE id = ? AND version = ? RETURNING {_FIELDS}",
                (title, text, number, version),
            )
            found = row.fetchone()
            if found is None:
                _note(database.execute(f"SELECT {_FIELDS} FROM notes WHERE id = ?", (number,)))
                raise ChangedMeanwhile
            return Note(**dict(found))

    def remove(self, number: int) -> None:
        """Forgets a note. Raises ``NoSuchNote``."""
        with self._open() as database:
            if not database.execute("DELETE FROM notes WHERE id = ?", (number,)).rowcount:
                raise NoSuchNote(number)

    def find(self, words: str, *, limit: int) -> list[Note]:
        """The notes that have all of these words or beginnings of words, the best first; without words the newest."""
        asked = " ".join(f'"{word.replace(chr(34), "")}"*' for word in words.split())
        with self._open() as database:
            if not asked:
                rows = database.execute(f"SELECT {_FIELDS} FROM notes ORDER BY changed DESC, id DESC LIMIT ?", (limit,))
            else:
                rows = database.execute(
                    f"SELECT {_FIELDS} FROM words JOIN notes ON notes.id = words.rowid "
                    "WHERE words MATCH ? ORDER BY words.rank LIMIT ?",
                    (asked, limit),
                )
            return [Note(**dict(row)) for row in rows]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection whose changes are kept when the block ends well. A writer waits for another for 5 seconds."""
        with closing(sqlite3.connect(self._path, timeout=5)) as database, database:
            database.row_factory = sqlite3.Row
            yield database


def _note(rows: sqlite3.Cursor) -> Note:
    row = rows.fetchone()
    if row is None:
        raise NoSuchNote
    return Note(**dict(row))
