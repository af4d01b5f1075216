"""The folder of skills, what unpacks and copies into it, and what remembers how they were used."""

from openclaw_rpc.adapters.skills.engines import LocalEngines
from openclaw_rpc.adapters.skills.folder import SkillFolder
from openclaw_rpc.adapters.skills.host import LocalHost
from openclaw_rpc.adapters.skills.records import SqliteSkillRecords

__all__ = ("LocalEngines", "LocalHost", "SkillFolder", "SqliteSkillRecords")
