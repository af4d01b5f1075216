"""Cron jobs of OpenClaw, as tasks: `state/openclaw.sqlite`."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from openclaw_rpc.app.importing.home import database
from openclaw_rpc.app.importing.report import Report, table, text
from openclaw_rpc.app.importing.settings import LeftOut, agent_id
from openclaw_rpc.domain.clock import iso
from openclaw_rpc.domain.documents import Documents
from openclaw_rpc.domain.principals import ALL_SCOPES, OWNER
from openclaw_rpc.domain.tasks.records import TASK, Creator, Task
from openclaw_rpc.protocol.errors import GatewayError, Unavailable
from openclaw_rpc.protocol.task import TaskAction, TaskTarget

_IDS: Final = uuid.UUID("0c7dbf0a-3f93-5b8e-8a0b-7f6f3f7f6b1d")
_UNITS: Final = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"))


async def import_jobs(home: Path, documents: Documents | None, report: Report, now: float) -> None:
    """Keep each job as a task that is switched off. Without documents it is only told what there is.

    Args:
        home: OpenClaw's.
        documents: Where tasks are kept.
        report: Where it is told.
        now: The time, in s since 1970.
    """
    if any((home / "cron").glob("jobs.json")):
        report.add("tasks", "cron/jobs.json", "left out", "jobs of an older OpenClaw are not read")
    file = home / "state" / "openclaw.sqlite"
    if not file.is_file():
        return
    try:
        with database(file) as opened:
            found = opened.execute(
                "SELECT job_id, name, enabled, job_json FROM cron_jobs ORDER BY sort_order"
            ).fetchall()
    except Unavailable as error:
        report.add("tasks", file.name, "left out", error.message)
        return
    for row in found:
        try:
            task = _task(row["job_id"], row["name"], table(json.loads(row["job_json"])), now)
        except LeftOut as why:
            report.add("tasks", row["name"], "left out", str(why))
            continue
        except (GatewayError, ValueError, OverflowError):
            report.add("tasks", row["name"], "left out", "its schedule is not one that is known here")
            continue
        there = documents is not None and await documents.get(TASK, task.id) is not None
        if documents is not None and not there and not report.dry_run:
            await documents.put(task.document())
        detail = f"switched off: `openclaw tasks update {task.id} --enable` when OpenClaw's gateway has stopped"
        report.add("tasks", row["name"], "there already" if there else "imported", "" if there else detail)


def _task(job_id: str, name: str, job: dict[str, Any], now: float) -> Task:
    """A job as a task.

    Raises:
        LeftOut, GatewayError, ValueError, OverflowError: it can't be one.
    """
    payload, schedule = table(job.get("payload")), table(job.get("schedule"))
    if job.get("declarationKey"):
        raise LeftOut("OpenClaw made it for its own upkeep")
    asked = text(payload.get("message")) or text(payload.get("text"))
    if payload.get("kind") not in ("agentTurn", "systemEvent") or not asked:
        raise LeftOut(f"what it does ({text(payload.get('kind')) or 'unknown'}) is not supported here")
    params = {"content": asked}
    if (agent := agent_id(text(job.get("agentId")))) != agent_id(""):
        params["agentId"] = agent
    created = job.get("createdAtMs")
    delivery = table(job.get("delivery"))
    channel, to = text(delivery.get("channel")), text(delivery.get("to"))
    task = Task(
        id=f"task_{uuid.uuid5(_IDS, job_id).hex}",
        name="".join(each for each in name if each.isprintable())[:100] or job_id,
        creator=Creator(user=OWNER, name="gateway", scopes=sorted(ALL_SCOPES)),
        action=TaskAction(type="message", params=params),
        created_at=iso(created / 1000 if isinstance(created, int | float) else now),
        seen=iso(now),
        deliver=TaskTarget(channel_id=channel, to=to) if channel not in ("", "last") and to else None,
        enabled=False,
    )
    task = msgspec.structs.replace(task, **_times(schedule))
    if task.times().next(datetime.fromtimestamp(now, UTC)) is None:
        raise LeftOut("its time has passed")
    return task


def _times(schedule: dict[str, Any]) -> dict[str, str | None]:
    zone = text(schedule.get("tz")) or None
    if schedule.get("kind") == "cron":
        return {"schedule": text(schedule.get("expr")), "timezone": zone}
    if schedule.get("kind") == "every" and isinstance(every := schedule.get("everyMs"), int):
        for unit, letter in _UNITS:
            if every > 0 and every % unit == 0:
                return {"every": f"{every // unit}{letter}"}
    if schedule.get("kind") == "at":
        at = schedule.get("at", schedule.get("atMs"))
        return {"at": iso(at / 1000) if isinstance(at, int | float) else text(at), "timezone": zone}
    raise LeftOut("its schedule is not one that is known here")
