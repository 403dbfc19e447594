"""The server dies under its visitors and comes back: pages reconnect, links restore, what is lost is said."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from benchmarks.visitors.server import ROOT, served, wait_until_answered
from explainer.gallery import sample
from tests.browser.server import open_page, settle
from tests.browser.test_first_light import chosen_picture

CONNECTED = ".stApp[data-test-connection-state=CONNECTED]"
PATIENCE = 120_000  # milliseconds: pages knock at growing intervals


class Restartable:
    """A server that can be killed and started again at the same address."""

    def __init__(self, server):
        self.server, self.address = server, server.address
        self.second: subprocess.Popen | None = None

    def die(self) -> None:
        os.kill(self.server.pid, signal.SIGKILL)

    def return_(self) -> None:
        port = self.address.rsplit(":", 1)[1]
        command = [sys.executable, "-m", "explainer", "serve", "--port", port]
        with open(self.server.log, "ab") as log:
            self.second = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        wait_until_answered(self.address, self.second)


@pytest.fixture
def restartable() -> Iterator[Restartable]:
    with served() as server:
        found = Restartable(server)
        yield found
        if found.second:
            found.second.kill()
            found.second.wait()
        assert not server.tracebacks()


def give_own_picture(page: Page) -> None:
    buffer = io.BytesIO()
    Image.fromarray(sample("coffee").pixels).save(buffer, "JPEG")
    file = {"name": "mug.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}
    page.locator("input[type=file]").first.set_input_files(file)
    expect(chosen_picture(page)).to_contain_text("Your picture")
    settle(page)


def test_after_a_restart_the_link_holds_and_what_is_lost_is_said(restartable, page, phone):
    open_page(page, f"{restartable.address}/first-layer?unit=7&panel=sharing")
    give_own_picture(page)
    open_page(phone, f"{restartable.address}/backpropagation?lesson=train&learn_epochs=60")
    phone.get_by_role("button", name="Start", exact=True).click()
    expect(phone.get_by_role("button", name="Pause")).to_be_visible(timeout=PATIENCE)
    phone.wait_for_timeout(2_000)  # the page's end, where its tab is told what it has, comes after its buttons

    restartable.die()
    restartable.return_()

    said = page.get_by_test_id("stAlert").filter(has_text="your own picture is gone")
    expect(said).to_be_visible(timeout=PATIENCE)
    settle(page)
    expect(page.locator(".tile[data-index='7']").first).to_have_attribute("aria-selected", "true")
    expect(chosen_picture(page)).not_to_contain_text("Your picture")
    assert "unit=7" in page.url and "panel=sharing" in page.url
    expect(phone.get_by_test_id("stAlert").filter(has_text="the training is gone")).to_be_visible(timeout=PATIENCE)
    expect(phone.get_by_role("button", name="Start", exact=True)).to_be_visible()

    give_own_picture(page)  # as the sentence asks for
    page.get_by_test_id("stSidebarNavLink").first.click()
    expect(page.locator(".head h1")).to_contain_text("in your picture")
    expect(page.get_by_test_id("stAlert")).to_have_count(0)


def test_a_link_to_somebodys_own_picture_says_that_it_is_not_here(app, page):
    open_page(page, f"{app}/?picture=own")
    expect(page.get_by_test_id("stAlert")).to_contain_text("somebody’s own picture")
    expect(chosen_picture(page)).not_to_contain_text("Your picture")


def test_a_page_that_lost_nothing_says_nothing(restartable, page):
    open_page(page, f"{restartable.address}/first-layer?unit=7")
    before = page.wait_for_function("window.answeredByHowMachinesSee?.session", timeout=PATIENCE).json_value()
    restartable.die()
    page.locator(f".stApp:not({CONNECTED})").wait_for(timeout=PATIENCE)
    restartable.return_()
    page.locator(CONNECTED).wait_for(timeout=PATIENCE)
    page.locator(".tile[data-index='9']").first.click()
    page.wait_for_function(f"window.answeredByHowMachinesSee?.session !== '{before}'", timeout=PATIENCE)
    settle(page)
    expect(page.locator(".tile[data-index='9']").first).to_have_attribute("aria-selected", "true")
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
