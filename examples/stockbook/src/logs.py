"""Every line on stdout is one JSON object, whoever wrote it: this service, uvicorn, arq or Alembic."""

import json
import logging
import logging.config
from datetime import UTC, datetime
from typing import Any

_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "taskName", "color_message"}
"""What every record has; anything else was given as ``extra``."""


class JsonLines(logging.Formatter):
    """A record as one line of JSON, with whatever ``extra`` it was given."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _PLAIN}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "src.logs.JsonLines"}},
    "handlers": {"stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"}},
    "root": {"level": "INFO", "handlers": ["stdout"]},
    "loggers": {name: {"handlers": [], "propagate": True} for name in ("uvicorn", "uvicorn.error", "uvicorn.access")},
}
"""For ``logging.config``, and for arq's ``--custom-log-dict``."""


def configure(level: str = "INFO") -> None:
    """Sends all logging to stdout; may be called again with another level."""
    logging.config.dictConfig({**LOGGING, "root": {**LOGGING["root"], "level": level}})
