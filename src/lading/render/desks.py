"""The desk of a service, by what it is written in. Pure."""

from lading.render.desk import python_desk
from lading.render.go_desk import go_desk
from lading.render.node_desk import node_desk
from lading.render.roles import Member
from lading.render.workplace import Desk
from lading.survey.model import GoService, NodeService, PackagesService, PythonService


def desk_of(member: Member) -> Desk | None:
    """How a service is developed in a container; nothing for one that runs there as it ships."""
    match member.facts:
        case PythonService():
            return python_desk(member)
        case GoService():
            return go_desk(member)
        case NodeService():
            return node_desk(member)
        case PackagesService():
            return None
