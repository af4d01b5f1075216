"""Reference 002: `/api/tasks`."""

from openclaw_rpc.dialects.rest import direct
from openclaw_rpc.protocol import task

ENDPOINTS = (
    direct("POST", "/api/tasks", task.create, status=201),
    direct("GET", "/api/tasks", task.list_),
    direct("POST", "/api/tasks/preview", task.preview),
    direct("GET", "/api/tasks/{taskId}", task.get),
    direct("PATCH", "/api/tasks/{taskId}", task.update),
    direct("DELETE", "/api/tasks/{taskId}", task.delete),
    direct("POST", "/api/tasks/{taskId}/run", task.run),
    direct("GET", "/api/tasks/{taskId}/runs", task.runs),
)
