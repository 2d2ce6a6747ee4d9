"""What is decided about a Node service."""

from lading.plan.reasons import Notebook
from lading.survey.model import NodeService

NodeNotebook = Notebook[NodeService]
