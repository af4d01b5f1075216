"""A small home of OpenClaw 2026.9, in the shapes that the real program makes."""

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

SECRET = "123456:literal-bot-token"
START = 1_796_025_475_804

CONFIG = """{
  // comments, single quotes and commas at the end are JSON5
  models: { providers: {
    mock: { baseUrl: 'http://127.0.0.1:18999/v1', apiKey: "${MOCK_KEY}", api: "openai-completions",
            models: [{ id: "mock-1", contextWindow: 128000 }] },
    odd: { baseUrl: 'http://127.0.0.1:1/', api: "bedrock-converse-stream", models: [{ id: "x" }] },
  } },
  agents: { defaults: { model: { primary: "mock/mock-1" } },
            list: [ { id: "main", default: true }, { id: "work", name: "Work" } ] },
  channels: { telegram: { enabled: true, botToken: "123456:literal-bot-token", dmPolicy: "pairing" },
              discord: { token: { source: "env", provider: "default", id: "DISCORD_TOKEN" } },
              signal: { enabled: true } },
  gateway: { auth: { token: "theirs" } },
}
"""


def event(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "timestamp": "2026-11-30T07:58:22.800Z", **more}


def said(number: int, role: str, content: Any, **more: Any) -> dict[str, Any]:
    message = {"role": role, "content": content, "timestamp": START + number * 1000, **more}
    return event("message", id=f"event-{number}", message=message)


CONVERSATION = [
    event("session", id="window-2"),
    event("model_change", provider="mock", modelId="mock-1"),
    said(1, "user", "what is in notes.md?"),
    said(
        2,
        "assistant",
        [
            {"type": "thinking", "thinking": "hm"},
            {"type": "text", "text": "I look."},
            {"type": "toolCall", "id": "call_1", "name": "read", "arguments": {"path": "notes.md"}},
        ],
        provider="mock",
        model="mock-1",
        stopReason="toolUse",
    ),
    said(3, "toolResult", [{"type": "text", "text": "milk"}], toolCallId="call_1", toolName="read"),
    said(4, "assistant", [{"type": "text", "text": "Milk."}], provider="mock", model="mock-1", stopReason="stop"),
    said(5, "user", "taken back"),
]


def make_home(home: Path) -> Path:
    """Make it."""
    home.mkdir(parents=True)
    (home / "openclaw.json").write_text(CONFIG)
    for place, text in (("workspace", "main's"), ("workspace-work", "work's")):
        (home / place / "memory").mkdir(parents=True)
        (home / place / "AGENTS.md").write_text(f"{text} rules")
        (home / place / "memory" / "2026-11-30.md").write_text(f"{text} day")
    skill = home / "workspace" / "skills" / "greet"
    skill.mkdir(parents=True)
    (skill / "SKILL.md").write_text("---\nname: greet\ndescription: Greets people.\n---\nSay hello.\n")
    _transcripts(home / "agents" / "main" / "agent" / "openclaw-agent.sqlite")
    _jobs(home / "state" / "openclaw.sqlite")
    return home


def _transcripts(file: Path) -> None:
    file.parent.mkdir(parents=True)
    with closing(sqlite3.connect(file)) as db:
        db.executescript("""
            CREATE TABLE session_nodes (session_key TEXT PRIMARY KEY, current_session_id TEXT, label TEXT,
                display_name TEXT);
            CREATE TABLE session_windows (session_id TEXT PRIMARY KEY, session_key TEXT, created_at INTEGER,
                updated_at INTEGER, display_name TEXT);
            CREATE TABLE transcript_events (session_id TEXT, seq INTEGER, event_json TEXT, created_at INTEGER,
                event_zstd BLOB);
            CREATE TABLE session_transcript_active_events (session_id TEXT, active_position INTEGER,
                event_seq INTEGER);
            INSERT INTO session_nodes VALUES ('agent:main:main', 'window-2', 'Notes', NULL);
        """)
        before = [said(0, "user", "before the reset")]
        for window, events in (("window-1", before), ("window-2", CONVERSATION)):
            db.execute(
                "INSERT INTO session_windows VALUES (?, 'agent:main:main', ?, ?, NULL)", (window, START, START + 9000)
            )
            for seq, each in enumerate(events):
                row = (window, seq, json.dumps(each), START)
                db.execute("INSERT INTO transcript_events VALUES (?, ?, ?, ?, NULL)", row)
            active = [seq for seq, each in enumerate(events) if each.get("id") != "event-5"]
            rows = [(window, place, seq) for place, seq in enumerate(active)]
            db.executemany("INSERT INTO session_transcript_active_events VALUES (?, ?, ?)", rows)
        db.commit()


def _jobs(file: Path) -> None:
    file.parent.mkdir(parents=True)
    turn = {"kind": "agentTurn", "message": "Good morning"}
    jobs = [
        {
            "id": "job-1",
            "name": "Morning",
            "agentId": "work",
            "createdAtMs": START,
            "payload": turn,
            "schedule": {"kind": "cron", "expr": "0 7 * * *", "tz": "Europe/Berlin"},
            "delivery": {"mode": "announce", "channel": "telegram", "to": "42"},
        },
        {"id": "job-2", "name": "Often", "payload": turn, "schedule": {"kind": "every", "everyMs": 5_400_000}},
        {"id": "job-3", "name": "Past", "payload": turn, "schedule": {"kind": "at", "at": "2020-01-01T00:00:00Z"}},
        {"id": "job-4", "name": "Beat", "payload": {"kind": "heartbeat"}, "declarationKey": "heartbeat:main"},
    ]
    with closing(sqlite3.connect(file)) as db:
        db.execute("CREATE TABLE cron_jobs (job_id TEXT, name TEXT, enabled INTEGER, job_json TEXT, sort_order)")
        rows = [(job["id"], job["name"], 1, json.dumps(job), place) for place, job in enumerate(jobs)]
        db.executemany("INSERT INTO cron_jobs VALUES (?, ?, ?, ?, ?)", rows)
        db.commit()


def contents(home: Path) -> dict[str, str]:
    """Every file below a folder with its content's digest and time of change."""
    return {
        str(file.relative_to(home)): f"{hashlib.sha256(file.read_bytes()).hexdigest()} {file.stat().st_mtime_ns}"
        for file in sorted(home.rglob("*"))
        if file.is_file()
    }
