"""`model.*`: the join of the models' rows and the providers."""

from openclaw_rpc.domain.models import Models
from openclaw_rpc.protocol import model
from openclaw_rpc.protocol.base import Empty
from openclaw_rpc.protocol.model import ModelList
from openclaw_rpc.rpc.bind import AnyBound, bind
from openclaw_rpc.rpc.call import Call


class ModelMethods:
    """Lists models."""

    def __init__(self, models: Models) -> None:
        self._models = models

    def bound(self) -> tuple[AnyBound, ...]:
        """The rows with their handlers."""
        return (bind(model.list_, self.list_),)

    async def list_(self, params: Empty, call: Call) -> ModelList:
        """All models of all providers."""
        return ModelList(models=await self._models.list())
