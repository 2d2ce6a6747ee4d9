"""What is decided about a Python service."""

from lading.plan.reasons import Notebook
from lading.survey.model import PythonService

PythonNotebook = Notebook[PythonService]
