"""What a repository says of itself: services and facts, each with its source."""

from lading.survey.model import App, Fact, Locked, ProcessFact, PythonFacts, ServiceFacts, Survey, Unsupported
from lading.survey.survey import Memo, fingerprint, forget, survey

__all__ = [
    "App",
    "Fact",
    "Locked",
    "Memo",
    "ProcessFact",
    "PythonFacts",
    "ServiceFacts",
    "Survey",
    "Unsupported",
    "fingerprint",
    "forget",
    "survey",
]
