"""What is decided about a Go service."""

from lading.plan.reasons import Notebook
from lading.survey.model import GoService

GoNotebook = Notebook[GoService]
