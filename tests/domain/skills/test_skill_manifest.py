"""What a skill may say of itself, in each of its forms."""

import json
from typing import Any

import pytest

from openclaw_rpc.domain.skills.manifest import BrokenSkill, read_json, read_markdown, slug_of
from tests.support.skills import manifest, tool

DEPLOY = {
    "slug": "auto-deploy-vercel",
    "name": "一键Vercel部署",
    "description": "自动部署当前项目到Vercel预览环境",
    "prompt": "你现在是Vercel部署专家。",
    "tools": [{"name": "run_vercel_deploy", "description": "d", "parameters": {"type": "object", "properties": {}}}],
}


def broken(about: dict[str, Any]) -> str:
    with pytest.raises(BrokenSkill) as caught:
        read_json(json.dumps(about), "x")
    return str(caught.value)


def test_the_reference_s_json_file_is_a_skill():
    skill = read_json(json.dumps(DEPLOY), "whatever")
    assert (skill.slug, skill.name, skill.version) == ("auto-deploy-vercel", "一键Vercel部署", "0.0.0")
    assert [(one.name, one.command) for one in skill.tools] == [("run_vercel_deploy", ())]


def test_a_skill_md_has_its_prompt_behind_its_front_matter():
    text = "---\nname: Todo list\ndescription: Keeps a list\nversion: 1.10\n---\n\n# Do it\n\nWell.\n"
    skill = read_markdown(text, "todo")
    assert (skill.slug, skill.name, skill.version, skill.prompt) == (
        "todo-list",
        "Todo list",
        "1.10",
        "# Do it\n\nWell.",
    )


@pytest.mark.parametrize("text", ["Just do it.", "---\nname: a\n---\nGo.", "---\nname: a\ndescription: ' '\n---\nGo."])
def test_a_skill_md_without_a_description_is_left_out(text: str):
    with pytest.raises(BrokenSkill, match="description"):
        read_markdown(text, "a")


def test_a_skill_that_has_no_name_is_called_like_its_folder():
    skill = read_markdown("---\ndescription: d\n---\nGo.", "just-do-it")
    assert (skill.slug, skill.name) == ("just-do-it", "just-do-it")


@pytest.mark.parametrize("where", ["top", "vendor", "vendor-json"])
def test_tools_and_permissions_of_a_skill_md_stand_at_the_top_or_under_metadata(where: str):
    own = {"permissions": {"network": True}, "tools": [tool("fetch_it", ["python3", "f.py"])]}
    front: dict[str, Any] = own if where == "top" else {"metadata": {"openclaw": own}}
    if where == "vendor-json":
        front = {"metadata": json.dumps({"clawdbot": own})}
    skill = read_markdown(f"---\n{json.dumps({'name': 'n', 'description': 'd', **front})}\n---\nGo.", "n")
    assert skill.permissions.network
    assert [one.command for one in skill.tools] == [("python3", "f.py")]


def test_fields_that_are_unknown_here_are_left_alone():
    front = "name: a\ndescription: d\ntools: [Bash]\nlicense: MIT\nmetadata: {other: 1, created: 2026-01-01}"
    assert read_markdown(f"---\n{front}\n---\nGo.", "a").tools == ()


@pytest.mark.parametrize("front", ["slug: ../up", "x: " + "y" * 70_000, "tools: [{name: a b}]"])
def test_front_matter_that_can_t_be_used_is_broken_and_never_more_than_that(front: str):
    with pytest.raises(BrokenSkill):
        read_markdown(f"---\ndescription: d\n{front}\n---\nGo.", "a")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"slug": 1}', "[" * 100_000, '{"tools": [{"name": "a"}, 1]}'])
def test_json_that_is_no_manifest_is_broken(text: str):
    with pytest.raises(BrokenSkill):
        read_json(text, "a")


@pytest.mark.parametrize("slug", ["../up", "a/b", "A", "-a", "a" * 65, "a b", "ä", "."])
def test_a_slug_is_no_path_and_no_surprise(slug: str):
    assert "slug" in broken(manifest(slug))


@pytest.mark.parametrize("name", ["file_write", "shell", "memory_search", "chat_run"])
def test_a_tool_can_t_take_the_name_of_a_built_in_one(name: str):
    assert "built-in" in broken(manifest("a", tool(name)))


@pytest.mark.parametrize("name", ["", "a b", "a.b", "x" * 65, "工具"])
def test_a_tool_s_name_is_one_that_models_take(name: str):
    assert "name" in broken(manifest("a", tool(name)))


def test_two_tools_of_one_name_are_broken():
    assert "one name" in broken(manifest("a", tool("one"), tool("one")))


@pytest.mark.parametrize("parameters", [{"type": "string"}, {"type": "object", "properties": []}])
def test_parameters_are_the_schema_of_an_object(parameters: dict[str, Any]):
    assert "JSON Schema" in broken(manifest("a", tool("one", parameters=parameters)))


@pytest.mark.parametrize("command", [["sh", "-c", "x"], ["/bin/bash", "x.sh"], "zsh -c x"])
def test_a_shell_is_run_only_by_a_skill_that_says_so(command: Any):
    assert "permissions.shell" in broken(manifest("a", tool("one", command)))
    may = read_json(json.dumps(manifest("a", tool("one", command), permissions={"shell": True})), "a")
    assert may.tools[0].command


def test_a_line_is_split_without_a_shell_and_left_whole_for_one():
    line = "python3 tool.py 'two words' | tee x"
    plain = read_json(json.dumps(manifest("a", tool("one", line))), "a")
    shell = read_json(json.dumps(manifest("a", tool("one", line), permissions={"shell": True})), "a")
    assert plain.tools[0].command == ("python3", "tool.py", "two words", "|", "tee", "x")
    assert shell.tools[0].command == ("/bin/sh", "-c", line)


@pytest.mark.parametrize("command", [[], [""], "", "'open", ["a\0b"]])
def test_a_command_that_is_none_is_broken(command: Any):
    assert "command" in broken(manifest("a", tool("one", command)))


def test_a_skill_has_a_prompt_or_a_tool():
    assert "neither" in broken(manifest("a", prompt=" "))


@pytest.mark.parametrize(("name", "slug"), [("My Skill!", "my-skill"), ("Été", "ete"), ("天气", ""), ("_a_", "a")])
def test_a_slug_can_be_made_of_a_name(name: str, slug: str):
    assert slug_of(name) == slug
