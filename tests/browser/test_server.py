"""What the server answers beside pages: headers, and files that are too much."""

import re
import urllib.request

from tests.browser.server import open_page


def test_answers_say_what_they_are_and_stay_in_their_frame(app):
    for path in ("/", "/_stcore/health", "/verdict"):
        with urllib.request.urlopen(app + path, timeout=30) as answer:
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
            assert answer.headers["Referrer-Policy"] == "same-origin"


def test_a_visitor_cannot_fill_the_servers_memory(app, page):
    """Files that no page asked for, one after the other: beyond 200 MB together they are refused."""
    open_page(page, f"{app}/deconvnet?project_part=top+nine&corpus=uploads")
    field = page.locator(".st-key-corpus_files input[type=file]")
    with page.expect_request(re.compile("/_stcore/upload_file/")) as upload:
        field.set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": b"no picture"})
    session = re.search(r"upload_file/([^/]+)/", upload.value.url)[1]
    statuses = page.evaluate(
        """async (session) => {
          const token = document.cookie.match(/_streamlit_xsrf=([^;]+)/)?.[1] ?? "";
          const statuses = [];
          for (let number = 0; number < 5; number++) {
            const form = new FormData();
            form.append("file", new Blob([new Uint8Array(45 * 2 ** 20)]), "x.png");
            const answer = await fetch(`/_stcore/upload_file/${session}/mine${number}`,
              { method: "PUT", body: form, headers: { "X-Xsrftoken": token } });
            statuses.push(answer.status);
          }
          return statuses;
        }""",
        session,
    )
    assert statuses == [204, 204, 204, 204, 413]
