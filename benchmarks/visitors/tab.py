"""One browser tab, without the browser: speaks with the app over Streamlit's WebSocket as the browser's side does.

Checked against the JavaScript of Streamlit 1.67: what a question carries, that a drawn page
stops the clocks of its fragments, that fragments with ``run_every`` are asked for by the tab,
that large messages are kept and need not be sent twice.
"""

import asyncio
import json
import re
from collections import deque
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLs, UploadedFileInfo
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from benchmarks.visitors.notes import TICKET, Notes

CONTROLS = {
    "button", "button_group", "selectbox", "slider", "number_input", "checkbox", "file_uploader", "bidi_component",
}  # fmt: skip
KEEP = 20  # drawings of a page for which a browser remembers a large message: maxCachedMessageAge
COUNT = re.compile(r'"count": ?(\d+)')


@dataclass
class Control:
    """Something on the page that can be used.

    shown: Streamlit's message about it (of our components only the name); count: tiles of a grid.
    fragment: whose run it asks for; empty for the whole page. drawn: the run that drew it last.
    """

    id: str
    kind: str
    shown: object
    fragment: str
    drawn: str
    count: int = 0

    @property
    def key(self) -> str:
        """The key that the page gave it."""
        return self.id.split("-", 2)[-1]


@dataclass
class Question:
    """Something asked and not answered yet."""

    page: str
    kind: str
    fragment: str
    at: float
    begun: bool = False


class Tab:
    """A visitor's tab: opens a page, uses what is on it, turns to others, and is closed.

    Attributes:
        controls: what can be used on the page, by id. page: the chapter's name in its link.
    """

    def __init__(self, address: str, notes: Notes):
        self.address, self.notes, self.name = address.rstrip("/"), notes, uuid4().hex
        self.controls: dict[str, Control] = {}
        self.pages: dict[str, str] = {}  # name → Streamlit's hash of it
        self.page, self.query, self.session = "home", "", ""
        self._socket = self._listener = None
        self._page_hash = self._run = ""
        self._states: dict[str, WidgetState] = {}
        self._question: Question | None = None
        self._answered = asyncio.Event()
        self._clocks: dict[str, tuple[float, asyncio.Task]] = {}
        self._ticks: dict[str, float] = {}  # fragment → when it was first asked for since its last answer
        self._remembered: dict[str, int] = {}  # hash of a large message → drawings since it was last used
        self._large: dict[str, Control] = {}  # hash → the control that the message is about
        self._media: set[str] = set()
        self._fetching: set[asyncio.Task] = set()
        self._file_urls: asyncio.Future | None = None
        self._heard: deque[str] = deque(maxlen=8)  # which runs began and ended last, to be told with a fault

    # --- what a visitor does -------------------------------------------------------------------------

    async def open(self, link: str = "", again: bool = False) -> None:
        """Open a link (``first-layer?unit=5``) as a new visitor, or ``again`` as one whose connection broke."""
        path, _, self.query = link.partition("?")
        self.page = path or "home"
        protocols = ["streamlit", "PLACEHOLDER_AUTH_TOKEN", self.session] if again and self.session else ["streamlit"]
        target = urlsplit(self.address)._replace(scheme="ws", path="/_stcore/stream").geturl()
        try:
            self._socket = await connect(target, subprotocols=protocols, max_size=None, open_timeout=60)
        except (OSError, WebSocketException, TimeoutError) as error:
            self.notes.fault(self.page, f"no connection: {error!r}")
            return
        self._listener = asyncio.create_task(self._listen())
        await self._ask("page", page_name=path)

    async def turn_to(self, page: str) -> None:
        """Follow a link of the menu to another chapter."""
        self.page, self.query = page, ""
        await self._ask("page", page_hash=self.pages[page])

    async def use(self, control: Control, **value) -> None:
        """Give a control a value, named as in Streamlit's message WidgetState: ``bool_value=True``, ``data=[…]``."""
        state = WidgetState(id=control.id)
        for name, given in value.items():
            if isinstance(given, list):
                getattr(state, name).data.extend(given)
            else:
                setattr(state, name, given)
        pressed = "trigger_value" in value
        if not pressed:
            self._states[control.id] = state
            self._into_the_link(control, value)
        await self._ask("control", fragment=control.fragment, pressed=[state] if pressed else [])

    async def upload(self, control: Control, name: str, data: bytes) -> None:
        """Give a file to an uploader, over HTTP as browsers do."""
        self._file_urls = asyncio.get_running_loop().create_future()
        asked = BackMsg()
        asked.file_urls_request.request_id = uuid4().hex
        asked.file_urls_request.file_names.append(name)
        asked.file_urls_request.session_id = self.session
        await self._send(asked)
        try:
            urls: FileURLs = (await asyncio.wait_for(self._file_urls, 60)).file_urls[0]
            status = await self._put(urls.upload_url, name, data)
        except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
            self.notes.fault(self.page, f"upload not taken: {error!r}")
            return
        if status >= 300:
            self.notes.fault(self.page, f"upload answered with {status}")
            return
        info = UploadedFileInfo(name=name, size=len(data), file_id=urls.file_id, file_urls=urls)
        state = WidgetState(id=control.id)
        state.file_uploader_state_value.uploaded_file_info.append(info)
        self._states[control.id] = state
        await self._ask("control", fragment=control.fragment)

    async def answered(self, patience: float = 60) -> bool:
        """Wait until what was asked last is answered; a fault is noted where that takes too long."""
        question = self._question
        if question is None:
            return True
        with suppress(TimeoutError):
            await asyncio.wait_for(self._answered.wait(), patience)
            return True
        told = f"begun: {question.begun}, part: {question.fragment[:6] or 'page'}, heard: {' '.join(self._heard)}"
        self.notes.fault(question.page, f"{question.kind} without an answer for {patience:.0f} s ({told})")
        return False

    async def close(self) -> None:
        """Leave, whatever is under way."""
        self._stop_clocks()
        for task in (*self._fetching, self._listener):
            if task:
                task.cancel()
        if self._socket:
            self._socket.transport.abort()  # as a closed tab does: without waiting for a word
        self._socket = self._question = None

    # --- questions -----------------------------------------------------------------------------------

    async def _ask(self, kind: str, *, page_name="", page_hash=None, fragment="", pressed=()) -> None:
        self.notes.asked.add(self.name)
        self._question = Question(self.page, kind, fragment, monotonic())
        self._answered.clear()
        await self._rerun(page_name=page_name, page_hash=page_hash, fragment=fragment, pressed=pressed)

    async def _rerun(self, *, page_name="", page_hash=None, fragment="", pressed=(), by_itself=False) -> None:
        message = BackMsg()
        asked = message.rerun_script
        asked.query_string, asked.page_name, asked.fragment_id = self.query, page_name, fragment
        asked.page_script_hash = self._page_hash if page_hash is None else page_hash
        asked.widget_states.widgets.extend([*self._states.values(), *pressed])
        asked.is_auto_rerun = by_itself
        asked.cached_message_hashes.extend(self._remembered)
        asked.context_info.url = f"{self.address}/{'' if self.page == 'home' else self.page}"
        await self._send(message)

    async def _send(self, message: BackMsg) -> None:
        if self._socket:
            with suppress(ConnectionClosed):  # the listener tells of it
                await self._socket.send(message.SerializeToString())

    def _into_the_link(self, control: Control, value: dict) -> None:
        """What the browser does by itself: a control bound to the link writes its value there."""
        if name := getattr(control.shown, "query_param_key", ""):
            given = next(iter(value.values()))
            words = given if isinstance(given, list) else [given]
            others = [(key, word) for key, word in parse_qsl(self.query) if key != name]
            self.query = urlencode([*others, *((name, str(word)) for word in words)])

    async def _tick(self, fragment: str, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            self._ticks.setdefault(fragment, monotonic())
            await self._rerun(fragment=fragment, by_itself=True)

    def _stop_clocks(self, *fragments: str) -> None:
        for fragment in fragments or list(self._clocks):
            if fragment in self._clocks:
                self._clocks.pop(fragment)[1].cancel()

    # --- answers -------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        socket = self._socket
        try:
            async for data in socket:
                self.notes.received += len(data)
                self._take(ForwardMsg.FromString(data))
            self.notes.fault(self.page, f"the server closed the connection ({socket.close_code})")
        except ConnectionClosed as error:
            self.notes.fault(self.page, f"the connection broke: {error}")
        self._stop_clocks()
        self._answered.set()

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind in ("new_session", "script_finished"):
            parts = ",".join(part[:6] for part in message.metadata.run.fragment_ids) or "page"
            self._heard.append(f"{kind} {parts} {message.script_finished}")
        if kind == "delta":
            self._draw(message)
        elif kind == "ref_hash":
            self._again(message)
        elif kind == "new_session":
            self._begin(message)
        elif kind == "script_finished":
            self._end(message)
        elif kind == "auto_rerun":
            self._start_clock(message.auto_rerun.fragment_id, message.auto_rerun.interval)
        elif kind == "stop_auto_rerun":
            self._stop_clocks(*message.stop_auto_rerun.fragment_ids)
        elif kind == "navigation":
            pages = message.navigation.app_pages
            self.pages = {"home" if p.is_default else p.url_pathname: p.page_script_hash for p in pages}
            names = {page_hash: name for name, page_hash in self.pages.items()}
            self._page_hash = message.navigation.page_script_hash
            self.page = names.get(self._page_hash, self.page)
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "file_urls_response" and self._file_urls and not self._file_urls.done():
            self._file_urls.set_result(message.file_urls_response)
        elif kind in ("page_not_found", "session_event"):
            self.notes.fault(self.page, kind)

    def _begin(self, message: ForwardMsg) -> None:
        run, question = message.metadata.run, self._question
        self._run = run.script_run_id
        if not run.fragment_ids:
            self._stop_clocks()
            self._ticks.clear()
            self.session = message.new_session.initialize.session_id
        if question and (not run.fragment_ids or question.fragment in run.fragment_ids):
            question.begun = True
        elif question and question.begun:
            self._settle(question)  # runs follow each other: its own has ended, though Streamlit forgot to say so

    def _end(self, message: ForwardMsg) -> None:
        run, status, question = message.metadata.run, message.script_finished, self._question
        if status == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            return
        if status == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            self.notes.fault(self.page, "the page's script does not compile")
        for fragment in run.fragment_ids:
            if asked := self._ticks.pop(fragment, None):
                self.notes.answer(self.page, "tick", asked)
        self._clear_away(run)
        whole = status == ForwardMsg.FINISHED_SUCCESSFULLY
        if question and question.begun and (whole or question.fragment in run.fragment_ids):
            self._settle(question)

    def _settle(self, question: Question) -> None:
        self.notes.answer(question.page, question.kind, question.at)
        self.notes.served.add(self.name)
        self._question = None
        self._answered.set()

    def _clear_away(self, run) -> None:
        """What was there and has not been drawn again is gone."""
        for control in list(self.controls.values()):
            mine = not run.fragment_ids or control.fragment in run.fragment_ids
            if mine and control.drawn != run.script_run_id:
                del self.controls[control.id]
                self._states.pop(control.id, None)
        if not run.fragment_ids:
            self._remembered = {name: age + 1 for name, age in self._remembered.items() if age < KEEP}
            self._large = {name: control for name, control in self._large.items() if name in self._remembered}

    def _draw(self, message: ForwardMsg) -> None:
        delta = message.delta
        if delta.WhichOneof("type") != "new_element":
            return
        kind = delta.new_element.WhichOneof("type")
        if message.metadata.cacheable:
            self._remembered[message.hash] = 0
        if kind in CONTROLS:
            self._put_there(message.hash, kind, getattr(delta.new_element, kind), delta.fragment_id)
        elif kind == "imgs":
            self._fetch(image.url for image in delta.new_element.imgs.imgs)
        elif kind == "exception":
            shown = delta.new_element.exception
            self.notes.fault(self.page, f"{shown.type}: {shown.message}")
        elif kind == "alert":
            self._hear(delta.new_element.alert)

    def _put_there(self, name: str, kind: str, shown, fragment: str) -> None:
        count = 0
        if kind == "bidi_component":
            found = COUNT.search(shown.json[-4000:] + shown.json[:4000])
            count = int(found[1]) if found else 0
            shown = shown.__class__(id=shown.id, component_name=shown.component_name)  # not its pictures
        if getattr(shown, "set_value", False):
            self._states.pop(shown.id, None)  # the page has set it
        control = Control(shown.id, kind, shown, fragment, self._run, count)
        self.controls[control.id] = control
        if name in self._remembered:
            self._large[name] = control

    def _again(self, message: ForwardMsg) -> None:
        """A large message that was sent before."""
        if message.ref_hash not in self._remembered:
            self.notes.fault(self.page, "told to show again what was never sent")
            return
        self._remembered[message.ref_hash] = 0
        if control := self._large.get(message.ref_hash):
            control.drawn = self._run
            self.controls[control.id] = control

    def _hear(self, alert: Alert) -> None:
        if alert.format == Alert.ERROR and TICKET.search(alert.body):
            self.notes.fault(self.page, alert.body)
        elif alert.format == Alert.ERROR:
            self.notes.said[self.page, alert.body] += 1
        elif "hourglass" in alert.icon:
            self.notes.waits[self.page] += 1

    def _start_clock(self, fragment: str, interval: float) -> None:
        if fragment in self._clocks and self._clocks[fragment][0] == interval:
            return
        self._stop_clocks(fragment)
        self._clocks[fragment] = (interval, asyncio.create_task(self._tick(fragment, interval)))

    # --- pictures and files --------------------------------------------------------------------------

    def _fetch(self, addresses) -> None:
        for address in addresses:
            if address.startswith("/") and address not in self._media:
                self._media.add(address)
                task = asyncio.create_task(self._get(address))
                self._fetching.add(task)
                task.add_done_callback(self._fetching.discard)

    async def _get(self, path: str) -> None:
        page = self.page
        try:
            status, _, body = await self._http("GET", path)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            self.notes.fault(page, f"picture not sent: {error!r}")
            return
        self.notes.fetched += len(body)
        # A page drawn anew in the meantime lets go of its pictures; a browser shows the new ones.
        if status not in (200, 404):
            self.notes.fault(page, f"picture answered with {status}")

    async def _put(self, path: str, name: str, data: bytes) -> int:
        _, head, _ = await self._http("GET", "/_stcore/health")
        cookie = re.search(r"_streamlit_xsrf=([^;\r\n]+)", head)
        token = cookie[1] if cookie else ""
        edge = uuid4().hex
        body = (
            f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            f"Content-Type: application/octet-stream\r\n\r\n"
        ).encode() + data + f"\r\n--{edge}--\r\n".encode()  # fmt: skip
        status, _, _ = await self._http(
            "PUT", path, body, f"Content-Type: multipart/form-data; boundary={edge}",
            f"Cookie: _streamlit_xsrf={token}", f"X-Xsrftoken: {token}",
        )  # fmt: skip
        return status

    def _http(self, method: str, path: str, body: bytes = b"", *headers: str) -> Awaitable[tuple[int, str, bytes]]:
        return asyncio.wait_for(request(self.address, method, path, body, *headers), 60)


async def request(address: str, method: str, path: str, body: bytes = b"", *headers: str) -> tuple[int, str, bytes]:
    """One HTTP request: status, head and body of the answer."""
    target = urlsplit(address)
    reader, writer = await asyncio.open_connection(target.hostname, target.port or 80)
    try:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {target.netloc}", "Connection: close", *headers]
        writer.write("\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        answer = await reader.read()  # to its end: the connection is closed then
        return int(head.split(" ", 2)[1]), head, answer
    finally:
        writer.close()


def json_value(name: str, value) -> str:
    """What a component of ours reports under ``name``."""
    return json.dumps({name: value})
