"""What is mended about Streamlit, and that it still needs mending."""

import asyncio
from types import SimpleNamespace

import pytest
from streamlit import config
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.session_manager import SessionInfo
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

from explainer.ui.streamlit_fixes import (
    Headers,
    UploadBudget,
    no_pages_folder,
    no_watchers_after_all,
    release_closed_sessions,
    theme_once,
)


@pytest.fixture
def runtime(monkeypatch):
    """A server's inside, whose clock is ours."""
    now = SimpleNamespace(seconds=0.0)
    storage, files = MemorySessionStorage(ttl_seconds=40), MemoryUploadedFileManager("/upload")
    storage._cache._timer = lambda: now.seconds
    inside = SimpleNamespace(
        _session_mgr=SimpleNamespace(_session_storage=storage), uploaded_file_mgr=files, now=now, storage=storage
    )
    monkeypatch.setattr("streamlit.runtime.get_instance", lambda: inside)
    return inside


def test_closed_pages_are_let_go_though_nobody_else_comes(runtime):
    page = SimpleNamespace(session=SimpleNamespace(id="one"))
    runtime.storage.save(page)
    runtime.now.seconds = 39
    assert not release_closed_sessions() and runtime.storage.get("one") is page
    runtime.now.seconds = 41
    assert runtime.storage.list() == [] or runtime.storage.get("one") is None
    assert len(runtime.storage._cache._data) == 1, "Streamlit does it now by itself: drop release_closed_sessions"
    assert release_closed_sessions() and not runtime.storage._cache._data


def test_the_menu_is_ours_before_the_first_visitor(monkeypatch):
    assert hasattr(PagesManager, "uses_pages_directory"), "the attribute has another name: see no_pages_folder"
    monkeypatch.setattr(PagesManager, "uses_pages_directory", None)
    no_pages_folder()
    assert PagesManager.uses_pages_directory is False


def put(app, path: str, length: object = 100, method: str = "PUT") -> int:
    """The status that an upload of so many bytes gets."""
    headers = [] if length is None else [(b"content-length", str(length).encode())]
    answers = []

    async def send(message) -> None:
        answers.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": headers}
    asyncio.run(app(scope, None, send))
    return answers[0]["status"]


async def taken(scope, receive, send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": [(b"X-Frame-Options", b"DENY")]})


def hold(runtime, session: str, file: str, size: int) -> None:
    runtime.uploaded_file_mgr.add_file(session, UploadedFileRec(file, "a.png", "image/png", bytes(size)))


def test_a_visitors_files_have_a_limit_together(runtime):
    app = UploadBudget(taken, visitor=1_000, everybody=1_500)
    assert put(app, "/_stcore/upload_file/one/a", 1_000) == 204
    hold(runtime, "one", "a", 700)
    assert put(app, "/_stcore/upload_file/one/b", 300) == 204
    assert put(app, "/_stcore/upload_file/one/b", 301) == 413
    assert put(app, "/_stcore/upload_file/one/a", 1_000) == 204, "the same file again takes the place of the first"
    assert put(app, "/_stcore/upload_file/two/a", 800) == 204
    assert put(app, "/_stcore/upload_file/two/a", 801) == 413, "all together"
    assert not app.coming


@pytest.mark.parametrize("length", [None, "", "x", "-1", "9" * 5_000])
def test_an_upload_says_how_long_it_is(runtime, length):
    assert put(UploadBudget(taken), "/_stcore/upload_file/one/a", length) == 411


def test_other_requests_pass(runtime):
    app = UploadBudget(taken, visitor=0)
    assert put(app, "/_stcore/health") == put(app, "/_stcore/upload_file/one/a", method="DELETE") == 204


def test_what_is_under_way_counts(runtime):
    async def another(scope, receive, send) -> None:
        if scope["path"].endswith("a"):
            inner = {**scope, "path": "/_stcore/upload_file/one/b"}
            await app(inner, receive, seen.append_later)
        await taken(scope, receive, send)

    seen = SimpleNamespace(statuses=[])

    async def append_later(message) -> None:
        seen.statuses.append(message.get("status"))

    seen.append_later = append_later
    app = UploadBudget(another, visitor=150)
    assert put(app, "/_stcore/upload_file/one/a", 100) == 204 and seen.statuses[0] == 413


def test_headers_are_added_where_there_are_none():
    answers = []

    async def send(message) -> None:
        answers.append(message)

    asyncio.run(Headers(taken)({"type": "http"}, None, send))
    headers = dict(answers[0]["headers"])
    assert headers[b"x-content-type-options"] == b"nosniff" and headers[b"X-Frame-Options"] == b"DENY"
    assert b"x-frame-options" not in headers


SECTIONS = ("theme", "theme.light", "theme.dark", "theme.sidebar", "theme.light.sidebar", "theme.dark.sidebar")


def test_the_theme_is_worked_out_once_and_is_the_same(monkeypatch):
    read = []
    options = config.get_options_for_section
    monkeypatch.setattr(config, "get_options_for_section", lambda section: read.append(section) or options(section))
    wanted = [themed(section) for section in SECTIONS]
    wanted_again = [themed(section) for section in SECTIONS]
    assert len(read) == 2 * len(SECTIONS), "Streamlit keeps it by itself now: drop theme_once"
    monkeypatch.setattr(app_session, "_populate_theme_msg", app_session._populate_theme_msg)
    theme_once()
    read.clear()
    assert [themed(section) for section in SECTIONS] == wanted == wanted_again
    assert [themed(section) for section in SECTIONS] == wanted
    assert sorted(read) == sorted(SECTIONS)
    assert any(wanted) and not wanted[3], "a theme with nothing set stays away"


def themed(section: str) -> bytes:
    """What a session's first message tells of one of its themes; empty where it tells nothing."""
    message = CustomThemeConfig()
    app_session._populate_theme_msg(message.sidebar, section)
    return message.SerializeToString(deterministic=True)


class Returned:
    """A page's session that was away for a moment."""

    id, registered = "one", False

    def register_file_watchers(self) -> None:
        self.registered = True

    def matches_user_info(self, _) -> bool:
        return True


def test_a_page_that_comes_back_watches_no_files(monkeypatch):
    assert config.get_option("server.fileWatcherType") == "none"
    session, storage = Returned(), MemorySessionStorage(ttl_seconds=40)
    storage.save(SessionInfo(client=None, session=session))
    manager = WebsocketSessionManager(storage, None, None, None)
    manager.connect_session(None, SimpleNamespace(), {}, existing_session_id="one")
    assert session.registered, "Streamlit asks the setting by itself now: drop no_watchers_after_all"
    registered = []
    monkeypatch.setattr(app_session.AppSession, "register_file_watchers", lambda session: registered.append(session))
    no_watchers_after_all()
    app_session.AppSession.register_file_watchers(session)
    assert registered == []
    monkeypatch.setattr(config, "get_option", lambda name: "poll")
    app_session.AppSession.register_file_watchers(session)
    assert registered == [session]
