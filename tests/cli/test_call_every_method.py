"""`openclaw call`, for each row of the table: its help, and a call with nothing but what the row requires."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from openclaw_rpc.cli.options import Shared
from openclaw_rpc.cli.params import fields_of
from openclaw_rpc.cli.root import run
from openclaw_rpc.cli.target import find_target
from openclaw_rpc.dialects.examples import params_of
from openclaw_rpc.protocol.table import METHODS, AnyMethod
from tests.cli.command import Gateway, Home, start_gateway

# What would start a browser, ask the network or take long is refused, behind what is tested here.
CONFIG = """\
  rate_limit: {requests_per_minute: 100000, skills_per_minute: 100000, files_per_minute: 100000}
security: {policies: {"browser_*": deny, web_fetch: deny}}
"""


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway whose tools reach nothing outside."""
    started = start_gateway(Home(tmp_path_factory.mktemp("quiet") / "home"), config=CONFIG)
    yield started
    started.stop()


@pytest.fixture
def here(quiet: Gateway, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    """The command line in this process, on that gateway."""
    monkeypatch.setenv("OPENCLAW_HOME", str(quiet.home.path))
    monkeypatch.delenv("OPENCLAW_URL", raising=False)
    monkeypatch.delenv("OPENCLAW_TOKEN", raising=False)
    return quiet


@pytest.mark.parametrize("row", METHODS, ids=lambda row: row.name)
def test_every_method_has_a_help_out_of_its_row(row: AnyMethod, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["call", row.name, "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert " ".join(row.doc.split()) in shown
    for field in fields_of(row):
        assert field.encode_name.lower() in shown.replace("-", "").lower()


@pytest.mark.parametrize("row", METHODS, ids=lambda row: row.name)
def test_every_method_takes_a_minimal_call(row: AnyMethod, here: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    # a channel that is switched on looks at its platform, but for the webhook
    example = {**params_of(row), "channelId": "webhook"}
    required = [field.encode_name for field in fields_of(row) if field.required]
    pairs = [f"{name}={_text(example[name])}" for name in required]
    code = run(["call", "--json", row.name, *pairs])
    said = capsys.readouterr()
    assert code in {0, 1}, said.err
    # the gateway answers, with a refusal where the example's things are not there
    assert "internal_error" not in said.err and "Expected" not in said.err, said.err
    assert '"failed"' not in said.err and (said.out if code == 0 else said.err).startswith("{"), said


def _text(value: object) -> str:
    from openclaw_rpc.cli.output import to_json

    return value if isinstance(value, str) else to_json(value)


def test_a_method_with_a_field_called_as_an_option_of_call_takes_the_field(
    here: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["call", "command.execute", "--command", "echo one", "--stream", "--call-id", "c1"]) == 0
    assert "one" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "title"),
    [(["title=true"], "true"), (['title="quoted"'], "quoted"), (["title=[1] two"], "[1] two"), (["--title", "3"], "3")],
)
def test_a_text_needs_no_quotes(
    words: list[str], title: str, here: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["call", "--json", "session.create", *words]) == 0
    assert f'"title":"{title}"' in capsys.readouterr().out


def test_a_pair_leads_into_objects_and_is_joined_to_json(here: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    words = ['{"labels": {"a": "1"}}', "session_key=joined", "labels.b=2"]
    assert run(["call", "--json", "session.create", *words]) == 0
    assert '"labels":{"a":"1","b":"2"}' in capsys.readouterr().out


def test_a_misspelt_param_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["call", "session.create", "sesionKey=x"]) == 2
    assert "did you mean sessionKey?" in capsys.readouterr().err


def test_a_time_may_be_how_long_ago(here: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["call", "session.create", "session_key=recent"]) == 0
    for words in (["--since", "1h"], ["since=1h"]):
        capsys.readouterr()
        assert run(["call", "session.list", *words]) == 0
        assert "recent" in capsys.readouterr().out
    assert run(["call", "session.list", "until=1h"]) == 0
    assert "recent" not in capsys.readouterr().out
    assert run(["call", "session.list", "since=soon"]) == 2


def test_what_stands_before_the_method_is_the_gateways(here: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    url = find_target(Shared()).url
    assert run(["call", "--url", url, "webhook.create", "--url", "https://example.com/hook", "event=chat.done"]) == 0
    assert "example.com" in capsys.readouterr().out


def test_params_come_from_a_file_and_from_pairs_together(
    here: Gateway, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "params.json").write_text('{"sessionKey": "from-file", "title": "old"}')
    assert run(["call", "session.create", f"@{tmp_path / 'params.json'}", "title=new"]) == 0
    assert '"title":"new"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["chat.run", "message=hi", "agentId=defualt"], "default"),
        (["tool.invoke", "name=file_raed"], "file_read"),
        (["channel.status", "channelId=webhok"], "webhook"),
    ],
)
def test_a_misspelt_name_is_answered_with_the_nearest(
    words: list[str], meant: str, here: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["call", *words]) == 1
    assert f"did you mean {meant}?" in capsys.readouterr().err
