"""What Streamlit does not do by itself, mended from outside. Seen with Streamlit 1.67.

Each mend has a test in tests/test_streamlit_fixes.py that fails once it is no longer needed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

UPLOAD_BYTES = 200 * 2**20  # of one visitor, all files together: some fifty photographs from a phone
ALL_UPLOADS_BYTES = 800 * 2**20  # of all visitors

HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"SAMEORIGIN",
    b"referrer-policy": b"same-origin",
    b"permissions-policy": b"geolocation=(), microphone=()",
}
_UPLOADS = "/_stcore/upload_file/"


def no_pages_folder() -> None:
    """Until a first visitor's run has called st.navigation, Streamlit takes pages/ for its own kind of
    menu and greets whoever follows a link to a chapter with "Page not found"."""
    from streamlit.runtime.pages_manager import PagesManager

    PagesManager.uses_pages_directory = False


@contextmanager
def through_the_router() -> Iterator[None]:
    """Pages that are opened without a browser run inside app.py: the harness forgets :func:`no_pages_folder` at every
    run, and would run a page alone, without the picture, the network and whatever its link says of them."""
    from streamlit.runtime.pages_manager import PagesManager

    init = PagesManager.__init__

    def as_routed(self: PagesManager, *arguments, **options) -> None:
        init(self, *arguments, **options)
        no_pages_folder()

    PagesManager.__init__ = as_routed
    try:
        yield
    finally:
        PagesManager.__init__ = init


def no_watchers_after_all() -> None:
    """A page whose connection comes back watches no files either, where the settings say that none are watched.

    Streamlit asks the setting for new pages only. Looking for the files of all that is loaded takes it a second
    or more, after each run of such a page, in which nobody is answered.
    """
    from streamlit import config
    from streamlit.runtime.app_session import AppSession

    register = AppSession.register_file_watchers

    def as_set(session: AppSession) -> None:
        if config.get_option("server.fileWatcherType") != "none":
            register(session)

    AppSession.register_file_watchers = as_set


def release_closed_sessions() -> bool:
    """Let go of pages that were closed longer than their time ago, with all they uploaded; whether there were any.

    Streamlit does so only when the next page is closed: on a quiet server, never. To be called where the
    server's own loop runs, as its table of closed pages belongs to that.
    """
    from streamlit.runtime import get_instance

    closed = get_instance()._session_mgr._session_storage._cache
    kept = len(closed._data)
    closed.expire()
    return len(closed._data) < kept  # the next search for garbage finds them, and with them go their files


class UploadBudget:
    """Refuses a file that would take a visitor, or all of them together, beyond what may be held in memory.

    Streamlit limits each file, not their sum, and says nothing of files that no page ever asked for.
    """

    def __init__(self, app: ASGIApp, visitor: int = UPLOAD_BYTES, everybody: int = ALL_UPLOADS_BYTES):
        self.app, self.visitor, self.everybody = app, visitor, everybody
        self.coming: dict[str, int] = {}  # bytes under way by session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "PUT" or not scope["path"].startswith(_UPLOADS):
            return await self.app(scope, receive, send)
        session, _, file = unquote(scope["path"]).removeprefix(_UPLOADS).partition("/")
        length = dict(scope["headers"]).get(b"content-length", b"")
        if not length.isdigit() or len(length) > 15:
            return await PlainTextResponse("How long is it?", 411)(scope, receive, send)
        asked = int(length)
        if refusal := self._refusal(session, file, asked):
            return await PlainTextResponse(refusal, 413)(scope, receive, send)
        self.coming[session] = self.coming.get(session, 0) + asked
        try:
            await self.app(scope, receive, send)
        finally:
            self.coming[session] -= asked
            if self.coming[session] <= 0:
                del self.coming[session]

    def _refusal(self, session: str, file: str, asked: int) -> str:
        from streamlit.runtime import get_instance

        held = get_instance().uploaded_file_mgr.file_storage
        own = sum(len(one.data) for one in list(held.get(session, {}).values()))
        every = sum(len(one.data) for files in list(held.values()) for one in list(files.values()))
        asked -= len(held[session][file].data) if file in held.get(session, {}) else 0  # whose place it takes
        if own + self.coming.get(session, 0) + asked > self.visitor:
            return f"Your files would have more than {self.visitor // 2**20} MB together."
        if every + sum(self.coming.values()) + asked > self.everybody:
            return "This server holds as many files as it can."
        return ""


class Headers:
    """Answers say that they are what they are called, and are shown in no other site's frame."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(one for one in HEADERS.items() if one[0] not in given)]
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


def theme_once() -> None:
    """The theme in the first message of every run, of each look at a part of a page, too, is worked out once.

    Streamlit reads some two hundred settings for it each time, on the thread that answers everybody.
    """
    from streamlit.runtime import app_session

    worked_out, of = app_session._populate_theme_msg, {}

    def populate(message, section: str = "theme") -> None:
        if section not in of:
            of[section] = type(message)()
            worked_out(of[section], section)
        if of[section].ListFields():  # merging nothing would leave an empty theme there
            message.MergeFrom(of[section])

    app_session._populate_theme_msg = populate
