"""The driver with a real Chromium, on pages of loopback."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from pathlib import Path

import anyio
import pytest

from openclaw_rpc.adapters.browser.driver import PlaywrightDriver
from openclaw_rpc.adapters.browser.installed import NO_BROWSER, NO_EXECUTABLE, NO_PLAYWRIGHT, look
from openclaw_rpc.domain.browser import BrowserSettings
from openclaw_rpc.installing import install_command
from openclaw_rpc.protocol.browser import BrowserClickParams, BrowserTypeParams
from openclaw_rpc.protocol.errors import (
    Conflict,
    GatewayError,
    InvalidRequest,
    NotFound,
    ProviderError,
    Timeout,
    TooLarge,
    Unavailable,
)
from tests.support.browser import PNG_SIGNATURE, children, driving, needs_browser, pages, processes, until

pytestmark = needs_browser
MS = 20_000


@pytest.fixture(scope="module")
async def site() -> AsyncGenerator[str]:
    async with pages() as url:
        yield url


@pytest.fixture(scope="module")
async def shared() -> AsyncGenerator[PlaywrightDriver]:
    """One browser for the tests of this file that leave it as they found it."""
    async with driving("127.0.0.1", settings=BrowserSettings(max_pages=3)) as driver:
        yield driver


@pytest.fixture
async def driver(shared: PlaywrightDriver) -> AsyncGenerator[PlaywrightDriver]:
    yield shared
    for page in await shared.pages("u/a"):
        await shared.close("u/a", page.page_id)


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(PNG_SIGNATURE)
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


async def test_a_page_opens_and_leads_elsewhere(driver: PlaywrightDriver, site: str) -> None:
    page, status = await driver.open("u/a", f"{site}/", MS)
    assert (page.title, status) == ("Home", 200)
    moved, _ = await driver.navigate("u/a", None, f"{site}/second", "load", MS)
    assert (moved.page_id, moved.url, moved.title) == (page.page_id, f"{site}/second", "Second")


async def test_a_page_that_is_not_there_is_a_page_with_its_status(driver: PlaywrightDriver, site: str) -> None:
    page, status = await driver.open("u/a", f"{site}/missing", MS)
    assert (page.title, status) == ("Not here", 404)


async def test_the_page_used_last_is_meant_where_none_is_named(driver: PlaywrightDriver, site: str) -> None:
    first, _ = await driver.open("u/a", f"{site}/", MS)
    await driver.open("u/a", f"{site}/second", MS)
    await driver.execute("u/a", first.page_id, "1", MS)
    page, _ = await driver.snapshot("u/a", None)
    assert page.page_id == first.page_id


@pytest.mark.parametrize(
    ("script", "value"),
    [
        ("1 + 41", 42),
        ("document.title", "Home"),
        ("{a: [1, null, 'x']}", {"a": [1, None, "x"]}),
        ("() => 7", 7),
        ("async () => 8", 8),
        ("return 5", 5),
        ("const a = await 3; return a * 2", 6),
        ("let b = 2; b * 3", 6),
        ("if (true) { 'yes' } else { 'no' }", "yes"),
        ("1 // a comment", 1),
        ("undefined", None),
        ("null", None),
        ("NaN", None),
        ("new Date(0)", "1970-01-01T00:00:00.000Z"),
        ("Promise.resolve('later')", "later"),
        ("document.body", {}),
        ("'é中😀'", "é中😀"),
        ("eval('2 + 2')", 4),
    ],
)
async def test_scripts_answer_their_value(driver: PlaywrightDriver, site: str, script: str, value: object) -> None:
    await driver.open("u/a", f"{site}/", MS)
    assert (await driver.execute("u/a", None, script, MS))[1] == value


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("}{", "SyntaxError"),
        ("return return", "SyntaxError"),
        ("throw new Error('boo')", "Error: boo"),
        ("missing", "ReferenceError"),
        ("Promise.reject('no')", "no"),
        ("const a = {}; a.a = a; a", "TypeError: Converting circular"),
        ("10n", "BigInt"),
        ("throw {toString() { throw 1 }}", "cannot be shown"),
        ("throw new Error('x'.repeat(1e7))", "Error: xxx"),
    ],
)
async def test_scripts_that_fail_name_the_script(driver: PlaywrightDriver, site: str, script: str, said: str) -> None:
    await driver.open("u/a", f"{site}/", MS)
    with pytest.raises(InvalidRequest) as failed:
        await driver.execute("u/a", None, script, MS)
    assert failed.value.field == "script"
    assert said in str(failed.value.reason)
    assert len(failed.value.message) < 500


async def test_a_page_whose_policy_forbids_scripts_runs_the_callers(driver: PlaywrightDriver, site: str) -> None:
    await driver.open("u/a", f"{site}/strict", MS)
    assert (await driver.execute("u/a", None, "let a = 1; a + 1", MS))[1] == 2


async def test_a_value_that_is_too_large_never_leaves_the_page(driver: PlaywrightDriver, site: str) -> None:
    await driver.open("u/a", f"{site}/", MS)
    with pytest.raises(TooLarge):
        await driver.execute("u/a", None, "'x'.repeat(5e6)", MS)


@pytest.mark.parametrize("script", ["while (true) {}", "await 0; while (true) {}", "new Promise(() => {})"])
async def test_a_script_without_end_is_ended_and_the_page_stays(
    driver: PlaywrightDriver, site: str, script: str
) -> None:
    await driver.open("u/a", f"{site}/", MS)
    with pytest.raises(Timeout) as late:
        await driver.execute("u/a", None, script, 300)
    assert late.value.field == "script"
    assert (await driver.execute("u/a", None, "document.title", MS))[1] == "Home"


async def test_whoever_gives_up_a_script_need_not_wait_for_it(driver: PlaywrightDriver, site: str) -> None:
    page, _ = await driver.open("u/a", f"{site}/", MS)
    with anyio.move_on_after(0.3):
        await driver.execute("u/a", None, "while (true) {}", MS)
    with anyio.fail_after(10):
        assert (await driver.execute("u/a", page.page_id, "document.title", MS))[1] == "Home"


async def test_a_page_that_hangs_itself_can_be_used_again(driver: PlaywrightDriver, site: str) -> None:
    page, _ = await driver.open("u/a", f"{site}/", MS)
    with pytest.raises(Timeout) as late:
        await driver.navigate("u/a", None, f"{site}/loop", "load", 1000)
    assert late.value.field == "url"
    moved, _ = await driver.navigate("u/a", None, f"{site}/second", "load", MS)
    assert (moved.page_id, moved.title) == (page.page_id, "Second")


async def test_a_page_that_hangs_does_not_keep_the_others_from_being_told(driver: PlaywrightDriver, site: str) -> None:
    stuck, _ = await driver.open("u/a", f"{site}/", MS)
    await driver.open("u/a", f"{site}/second", MS)
    await driver.execute("u/a", stuck.page_id, "setTimeout(() => { while (true) {} })", MS)
    with anyio.fail_after(5):
        found = {page.page_id: page.title for page in await driver.pages("u/a")}
    assert len(found) == 2
    with pytest.raises(Timeout):
        await driver.execute("u/a", stuck.page_id, "1", 300)


async def test_pictures_have_the_size_of_what_was_asked_for(driver: PlaywrightDriver, site: str) -> None:
    await driver.open("u/a", f"{site}/tall", MS)
    _, view = await driver.screenshot("u/a", None, None, False, MS)
    _, whole = await driver.screenshot("u/a", None, None, True, MS)
    assert (size(view), size(whole)) == ((1280, 800), (1280, 2000))
    await driver.navigate("u/a", None, f"{site}/form", "load", MS)
    _, element = await driver.screenshot("u/a", None, "#box", False, MS)
    assert size(element) == (120, 45)


@pytest.mark.parametrize(("selector", "field"), [("#tall", "selector"), (None, "fullPage")])
async def test_a_page_without_end_is_not_drawn(
    driver: PlaywrightDriver, site: str, selector: str | None, field: str
) -> None:
    await driver.open("u/a", f"{site}/endless", MS)
    with pytest.raises(TooLarge) as large:
        await driver.screenshot("u/a", None, selector, True, MS)
    assert large.value.field == field
    _, view = await driver.screenshot("u/a", None, None, False, MS)
    assert size(view) == (1280, 800)


async def test_forms_are_filled_and_sent(driver: PlaywrightDriver, site: str) -> None:
    await driver.open("u/a", f"{site}/form", MS)
    await driver.type("u/a", None, BrowserTypeParams(selector="input", text="new "))
    await driver.type("u/a", None, BrowserTypeParams(selector="input", text="words", clear=False))
    typed = (await driver.execute("u/a", None, "document.querySelector('input').value", MS))[1]
    assert sorted(typed) == sorted("new words")
    await driver.type("u/a", None, BrowserTypeParams(selector="input", text="sent", submit=True))
    assert (await driver.execute("u/a", None, "document.title", MS))[1] == "said sent"
    await driver.navigate("u/a", None, f"{site}/form", "load", MS)
    await driver.click("u/a", None, BrowserClickParams(selector="button"))
    assert (await driver.execute("u/a", None, "document.title", MS))[1] == "said old"


@pytest.mark.parametrize("selector", ["<<<", "div[", "engine=nothing"])
async def test_selectors_that_are_none_are_named(driver: PlaywrightDriver, site: str, selector: str) -> None:
    await driver.open("u/a", f"{site}/form", MS)
    with pytest.raises(InvalidRequest) as shot:
        await driver.screenshot("u/a", None, selector, False, MS)
    with pytest.raises(InvalidRequest) as click:
        await driver.click("u/a", None, BrowserClickParams(selector=selector))
    with pytest.raises(InvalidRequest) as typed:
        await driver.type("u/a", None, BrowserTypeParams(selector=selector, text="x"))
    assert [each.value.field for each in (shot, click, typed)] == ["selector"] * 3


async def test_a_selector_that_fits_nothing_is_waited_for_as_long_as_told(driver: PlaywrightDriver, site: str) -> None:
    await driver.open("u/a", f"{site}/form", MS)
    with pytest.raises(Timeout) as late:
        await driver.click("u/a", None, BrowserClickParams(selector="#nowhere", timeout_ms=200))
    assert late.value.field == "selector"
    with pytest.raises(InvalidRequest):
        await driver.type("u/a", None, BrowserTypeParams(selector="#box", text="x", timeout_ms=2000))


async def test_a_page_is_told_in_words(driver: PlaywrightDriver, site: str) -> None:
    await driver.open("u/a", f"{site}/", MS)
    page, tree = await driver.snapshot("u/a", None)
    assert page.title == "Home"
    assert 'heading "Welcome"' in tree
    assert 'link "second"' in tree


async def test_half_a_character_is_a_mark_wherever_a_page_says_it(driver: PlaywrightDriver, site: str) -> None:
    half = "'a\\ud83d'"
    await driver.open("u/a", f"{site}/", MS)
    page, value = await driver.execute("u/a", None, f"document.title = {half}; ({{[{half}]: [{half}]}})", MS)
    assert (page.title, value) == ("a\ufffd", {"a\ufffd": ["a\ufffd"]})
    with pytest.raises(InvalidRequest, match="a\ufffd"):
        await driver.execute("u/a", None, f"throw new Error({half})", MS)
    await driver.execute("u/a", None, f"document.body.innerHTML = `<h1>${{{half}}}</h1><p>${{{half}}}`", MS)
    page, tree = await driver.snapshot("u/a", None)
    for told in (page, tree, await driver.pages("u/a")):
        assert "ud83d" not in ascii(told) and "ufffd" in ascii(told)


async def test_a_page_of_frames_is_told_too(driver: PlaywrightDriver, site: str) -> None:
    await driver.open("u/a", f"{site}/frames", MS)
    with anyio.fail_after(10):
        page, _ = await driver.snapshot("u/a", None)
    assert page.title == "Frames"


async def test_dialogs_hold_nothing_up(driver: PlaywrightDriver, site: str) -> None:
    await driver.open("u/a", f"{site}/dialogs", MS)
    assert (await driver.execute("u/a", None, "said", MS))[1] == [False, None]
    await driver.execute("u/a", None, "document.body.click()", MS)
    page, _ = await driver.navigate("u/a", None, f"{site}/second", "load", MS)
    assert page.title == "Second"


async def test_a_page_that_a_page_opens_is_one_of_the_profile(driver: PlaywrightDriver, site: str) -> None:
    await driver.open("u/a", f"{site}/popup", MS)
    await driver.click("u/a", None, BrowserClickParams(selector="button"))
    with anyio.fail_after(10):
        while {page.title for page in await driver.pages("u/a")} != {"Popup", "Second"}:  # noqa: ASYNC110
            await anyio.sleep(0.01)


async def test_pages_are_counted_however_they_open(driver: PlaywrightDriver, site: str) -> None:
    await driver.open("u/a", f"{site}/many-popups", MS)
    await driver.click("u/a", None, BrowserClickParams(selector="button"))
    with anyio.fail_after(10):
        while len(await driver.pages("u/a")) != 3:  # noqa: ASYNC110
            await anyio.sleep(0.01)
    with pytest.raises(Conflict) as many:
        await driver.open("u/a", f"{site}/", MS)
    assert many.value.reason == "too_many"


async def test_pages_that_open_at_once_are_counted_too(driver: PlaywrightDriver, site: str) -> None:
    opened = await asyncio.gather(*(driver.open("u/a", f"{site}/", MS) for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(each, Conflict) for each in opened) == 3
    assert len(await driver.pages("u/a")) == 3


async def test_a_download_is_refused(driver: PlaywrightDriver, site: str) -> None:
    with pytest.raises(GatewayError) as refused:
        await driver.open("u/a", f"{site}/download", MS)
    assert refused.value.field == "url"
    assert await driver.pages("u/a") == []


async def test_where_nobody_listens_is_said(driver: PlaywrightDriver) -> None:
    async with pages() as gone:
        pass
    for url in (gone, gone.replace("http:", "https:")):
        with pytest.raises(ProviderError):
            await driver.open("u/a", url, MS)
    assert await driver.pages("u/a") == []


async def test_a_page_that_is_not_there_is_said(driver: PlaywrightDriver, site: str) -> None:
    with pytest.raises(NotFound):
        await driver.close("u/never", "page_x")
    with pytest.raises(Conflict) as none:
        await driver.screenshot("u/never", None, None, False, MS)
    assert none.value.reason == "no_page"
    assert list(driver.profiles()) in ([], ["u/a"])
    page, _ = await driver.open("u/a", f"{site}/", MS)
    with pytest.raises(NotFound):
        await driver.execute("u/a", "page_x", "1", MS)
    assert await driver.close("u/a", page.page_id) == 1
    with pytest.raises(Conflict):
        await driver.execute("u/a", None, "1", MS)


@pytest.mark.parametrize(
    "script",
    [
        "location = 'file:///etc/passwd'",
        "location = 'chrome://version'",
        "location = 'data:text/html,<title>data</title>'",
        "location = 'view-source:' + location",
        "open('file:///etc/passwd')",
        "open('chrome://version')",
    ],
)
async def test_a_page_reaches_nothing_of_the_machine(driver: PlaywrightDriver, site: str, script: str) -> None:
    await driver.open("u/a", f"{site}/", MS)
    await driver.execute("u/a", None, f"try {{ {script} }} catch {{}}; null", MS)
    await driver.execute("u/a", None, "new Promise(done => setTimeout(done, 100))", MS)
    assert {page.url.partition(":")[0] for page in await driver.pages("u/a")} <= {"http", "about"}


async def test_a_page_whose_process_crashed_is_gone_and_the_next_one_works(
    driver: PlaywrightDriver, site: str, shared: PlaywrightDriver
) -> None:
    page, _ = await driver.open("u/a", f"{site}/", MS)
    task = asyncio.create_task(driver.execute("u/a", None, "new Promise(() => {})", MS))
    await driver.execute("u/a", None, "1", MS)
    for pid in processes("--type=renderer"):
        if _belongs(pid):
            os.kill(pid, signal.SIGKILL)
    with anyio.fail_after(10), pytest.raises((Conflict, Timeout)):
        await task
    with anyio.fail_after(10):
        while await driver.pages("u/a"):  # noqa: ASYNC110
            await anyio.sleep(0.01)
    with pytest.raises(NotFound):
        await driver.execute("u/a", page.page_id, "1", MS)
    assert (await driver.navigate("u/a", None, f"{site}/", "load", MS))[0].title == "Home"


def _belongs(pid: int) -> bool:
    """Whether a process descends from this one."""
    while pid > 1:
        if pid == os.getpid():
            return True
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return False


@pytest.mark.parametrize("victim", ["chromium", "run-driver"])
async def test_a_killed_browser_starts_again(site: str, victim: str, tmp_path: Path) -> None:
    async with driving("127.0.0.1", folder=tmp_path) as driver:
        await driver.open("u/a", f"{site}/", MS)
        if victim == "chromium":
            main = [pid for pid in processes(f"--user-data-dir={tmp_path}") if "--type=" not in _command(pid)]
        else:
            main = children(os.getpid(), "run-driver")
        for pid in main:
            if _belongs(pid):
                os.kill(pid, signal.SIGKILL)
        await until(lambda: not processes(f"--user-data-dir={tmp_path}"))
        page, _ = await driver.open("u/a", f"{site}/", MS)
        assert page.title == "Home"
        assert len(await driver.pages("u/a")) == 1


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")


async def test_a_profile_keeps_its_cookies_and_its_storage_on_disk(site: str, tmp_path: Path) -> None:
    keep = "document.cookie = 'a=1; max-age=3600'; localStorage.setItem('b', '2'); null"
    kept = "[document.cookie, localStorage.getItem('b')]"
    async with driving("127.0.0.1", folder=tmp_path) as driver:
        await driver.open("u/a", f"{site}/", MS)
        await driver.execute("u/a", None, keep, MS)
        await driver.close("u/a", None)
        assert not driver.state().running
        await until(lambda: not processes(f"--user-data-dir={tmp_path}"))
        await driver.open("u/a", f"{site}/", MS)
        assert (await driver.execute("u/a", None, kept, MS))[1] == ["a=1", "2"]
        await driver.open("u/b", f"{site}/", MS)
        assert (await driver.execute("u/b", None, kept, MS))[1] == ["", None]
        assert (tmp_path / "u" / "a").stat().st_mode & 0o777 == 0o700


async def test_giving_up_a_start_leaves_no_half_started_browser(site: str, tmp_path: Path) -> None:
    async with driving("127.0.0.1", folder=tmp_path) as driver:
        with anyio.move_on_after(0.05) as scope:
            await driver.open("u/a", f"{site}/", MS)
        assert scope.cancelled_caught
        page, _ = await driver.open("u/a", f"{site}/", MS)
        assert page.title == "Home"
        assert len(await driver.pages("u/a")) == 1
    await until(lambda: not processes(f"--user-data-dir={tmp_path}"))


async def test_stopping_during_a_start_ends_it(site: str, tmp_path: Path) -> None:
    async with driving("127.0.0.1", folder=tmp_path) as driver:
        opening = asyncio.create_task(driver.open("u/a", f"{site}/", MS))
        await until(lambda: processes(f"--user-data-dir={tmp_path}"))
        await driver.stop()
        with pytest.raises(GatewayError):
            await opening
        await until(lambda: not processes(f"--user-data-dir={tmp_path}"))
        assert not driver.state().running


async def test_the_browser_is_told_no_secrets_of_the_environment(
    site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_API_KEY", "sk-very-secret")
    async with driving("127.0.0.1", folder=tmp_path) as driver:
        await driver.open("u/a", f"{site}/", MS)
        for pid in processes(f"--user-data-dir={tmp_path}"):
            assert b"sk-very-secret" not in Path(f"/proc/{pid}/environ").read_bytes()


async def test_the_browser_tells_nobody_of_its_pages(site: str) -> None:
    asked: set[str] = set()

    async def resolve(host: str, port: int) -> list[str]:
        asked.add(host)
        return ["127.0.0.1"] if host == "forms.test" else []

    async with driving("127.0.0.1", resolve=resolve) as driver:
        await driver.open("u/a", site.replace("127.0.0.1", "forms.test") + "/form", MS)
        # Unless told not to, Chromium asks Google of forms as it sees them, and of accounts within half a second.
        await driver.execute("u/a", None, "new Promise((done) => setTimeout(done, 1500))", MS)
    assert asked == {"forms.test"}


async def test_without_a_browser_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    nowhere = BrowserSettings(executable=str(tmp_path / "none"))
    async with driving("127.0.0.1", settings=nowhere) as driver:
        assert driver.state().reason == NO_EXECUTABLE
        with pytest.raises(Unavailable) as missing:
            await driver.open("u/a", "http://127.0.0.1/", MS)
        assert missing.value.message == NO_EXECUTABLE
        assert not driver.state().running
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("openclaw_rpc.adapters.browser.installed.USUAL", ())
    assert look(BrowserSettings()) == (None, NO_BROWSER)
    assert look(BrowserSettings(), driver="no_such_package").reason == NO_PLAYWRIGHT + install_command("browser")


async def test_a_program_that_is_no_browser_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    program = tmp_path / "browser"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    async with driving("127.0.0.1", settings=BrowserSettings(executable=str(program))) as driver:
        with pytest.raises(Unavailable) as failed:
            await driver.open("u/a", "http://127.0.0.1/", MS)
        assert failed.value.reason == "no_start"
        assert not driver.state().running
