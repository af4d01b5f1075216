"""`task.*`: the join of the tasks' rows and the tasks."""

from openclaw_rpc.domain.tasks.clockwork import Clockwork
from openclaw_rpc.domain.tasks.service import Tasks
from openclaw_rpc.protocol import task
from openclaw_rpc.protocol.base import Empty
from openclaw_rpc.protocol.task import (
    TaskCreateParams,
    TaskDeleted,
    TaskInfo,
    TaskList,
    TaskParams,
    TaskPreview,
    TaskPreviewParams,
    TaskRun,
    TaskRuns,
    TaskRunsParams,
    TaskUpdateParams,
)
from openclaw_rpc.rpc.bind import AnyBound, bind
from openclaw_rpc.rpc.call import Call


class TaskMethods:
    """Makes tasks, and shows what became of their times."""

    def __init__(self, tasks: Tasks, clockwork: Clockwork) -> None:
        self._tasks = tasks
        self._clockwork = clockwork

    def bound(self) -> tuple[AnyBound, ...]:
        """The rows with their handlers."""
        return (
            bind(task.create, self.create, shielded=True),
            bind(task.list_, self.list_),
            bind(task.get, self.get),
            bind(task.update, self.update, shielded=True),
            bind(task.delete, self.delete, shielded=True),
            bind(task.run, self.run),
            bind(task.runs, self.runs),
            bind(task.preview, self.preview),
        )

    async def create(self, params: TaskCreateParams, call: Call) -> TaskInfo:
        """Make one."""
        return await self._tasks.create(call.principal, params)

    async def list_(self, params: Empty, call: Call) -> TaskList:
        """All of them."""
        return TaskList(tasks=self._tasks.list(call.principal))

    async def get(self, params: TaskParams, call: Call) -> TaskInfo:
        """One of them."""
        return self._tasks.find(call.principal, params.task_id).info()

    async def update(self, params: TaskUpdateParams, call: Call) -> TaskInfo:
        """Change one."""
        return await self._tasks.update(call.principal, params)

    async def delete(self, params: TaskParams, call: Call) -> TaskDeleted:
        """Remove one."""
        await self._tasks.delete(call.principal, params.task_id)
        return TaskDeleted(id=params.task_id, deleted=True)

    async def run(self, params: TaskParams, call: Call) -> TaskRun:
        """Do it now."""
        return self._clockwork.run_now(self._tasks.find(call.principal, params.task_id))

    async def runs(self, params: TaskRunsParams, call: Call) -> TaskRuns:
        """Its times."""
        return TaskRuns(runs=await self._tasks.runs(call.principal, params.task_id, params.limit))

    async def preview(self, params: TaskPreviewParams, call: Call) -> TaskPreview:
        """The next times of a schedule."""
        return self._tasks.preview(params)
