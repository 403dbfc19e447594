"""The main journey: give it a picture, read the guesses, open the first layer."""

import base64
import io
import re
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, expect

from explainer.gallery import sample
from explainer.networks import load_network
from tests.browser.server import open_page, settle


def chosen_picture(page: Page) -> Locator:
    """The sidebar's button that names the picture and opens its choices."""
    return page.locator(".st-key-choose_picture button").first


def guess_names(page: Page) -> list[str]:
    return page.locator(".guesses .name").all_inner_texts()


def test_home_names_the_sample_as_the_backend_does(app, page):
    open_page(page, app)
    expected = [guess.category for guess in load_network().classify(sample("cat"))]
    assert guess_names(page) == expected
    bars = page.locator(".guesses .number").all_inner_texts()
    assert all(re.fullmatch(r"\d+\.\d%", bar) for bar in bars)


def test_upload_answers_and_a_bad_file_keeps_the_picture(app, page):
    open_page(page, app)
    chosen_picture(page).click()
    buffer = io.BytesIO()
    Image.fromarray(sample("coffee").pixels).save(buffer, "JPEG", quality=95)
    page.locator(".st-key-picture_uploader input[type=file]").set_input_files(
        {"name": "mug.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}
    )
    expect(chosen_picture(page)).to_contain_text("Your picture")
    settle(page)
    mine = guess_names(page)
    assert mine and mine != [guess.category for guess in load_network().classify(sample("cat"))]

    page.locator(".st-key-picture_uploader input[type=file]").set_input_files(
        {"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"these are not pixels"}
    )
    expect(page.get_by_role("alert")).to_contain_text("not a picture that can be opened")
    settle(page)
    assert guess_names(page) == mine


def test_click_a_filter_and_read_its_products(app, page):
    open_page(page, f"{app}/first-layer")
    page.locator(".tile[data-index='5']").click()
    expect(page).to_have_url(re.compile("unit=5"))
    settle(page)
    network = load_network()
    maps = network.trace(sample("cat"))["conv1"]
    strongest = maps[5].max().item()
    expect(page.locator(".sum")).to_have_text(f"{strongest:.3f}".replace("-", "−"))
    expect(page.locator("figure.products .pixels")).to_be_visible()
    page.locator("figure.products .pixels").hover()
    expect(page.locator(".hint", has_text="red")).to_be_visible()


def test_arrow_keys_move_through_the_filters(app, page):
    open_page(page, f"{app}/first-layer?unit=5")
    page.locator(".tile[data-index='5']").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".tile[data-index='6']")).to_have_attribute("aria-selected", "true")
    expect(page).to_have_url(re.compile("unit=6"))


def test_click_a_place_in_the_picture(app, page):
    open_page(page, f"{app}/first-layer?unit=5")
    box = page.locator(".stage[role=application]").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.25)
    expect(page).to_have_url(re.compile("row=13"))
    settle(page)
    value = load_network().trace(sample("cat"))["conv1"][5, 13, 27].item()
    expect(page.locator(".hint", has_text="row 13, column 27")).to_contain_text(f"{value:.2f}")


def test_a_deep_link_opens_just_that_and_survives_reload_and_back(app, page):
    address = f"{app}/first-layer?picture=coffee&sheet=strongest+first&panel=sharing&unit=7"
    open_page(page, address)
    expect(chosen_picture(page)).to_contain_text("Cup of coffee")
    expect(page.get_by_text("105,415,200").first).to_be_visible()
    expect(page.locator(".tile[data-index='7']")).to_have_attribute("aria-selected", "true")
    page.reload()
    settle(page)
    expect(page.get_by_text("60,965,224")).to_be_visible()
    page.get_by_test_id("stSidebarNavLink").first.click()
    expect(page.locator(".head h1")).to_contain_text("in your picture")
    expect(chosen_picture(page)).to_contain_text("Cup of coffee")
    settle(page)
    page.go_back()
    expect(page.locator(".head h1")).to_contain_text("notice first")
    expect(chosen_picture(page)).to_contain_text("Cup of coffee")


def test_back_leads_through_the_chapters_one_by_one(app, page):
    open_page(page, f"{app}/first-layer?picture=coffee")
    page.locator(".tile[data-index='5']").first.click()
    expect(page.locator(".tile[data-index='5']").first).to_have_attribute("aria-selected", "true")
    page.wait_for_url("**unit=5**")
    for menu, title in (("Start here", "in your picture"), ("One neuron", "one sum decide")):
        page.get_by_test_id("stSidebarNavLink").filter(has_text=menu).click()
        expect(page.locator(".head h1")).to_contain_text(title)
        settle(page)
    page.go_back()
    expect(page.locator(".head h1")).to_contain_text("in your picture")
    settle(page)
    page.go_back()
    expect(page.locator(".head h1")).to_contain_text("notice first")
    expect(page.locator(".tile[data-index='5']").first).to_have_attribute("aria-selected", "true")


def test_presenting_turns_chapters_by_arrow_keys(app, page):
    open_page(page, f"{app}/?present=true")
    first = page.locator(".head h1").inner_text()
    expect(page.locator(".st-key-turn_right button")).to_be_visible()
    settle(page)
    page.keyboard.press("ArrowRight")
    expect(page.locator(".head h1")).not_to_have_text(first)
    expect(page).to_have_url(re.compile("present=true"))
    settle(page)
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".head h1")).to_have_text(first)


def test_presenting_hides_the_menu_until_it_is_wanted(app, page):
    open_page(page, f"{app}/first-layer")
    menu = page.locator("section[data-testid=stSidebar]")
    expect(menu).to_have_attribute("data-collapsed", "false")
    page.get_by_test_id("stCheckbox").get_by_text("Presenter mode").click()
    expect(menu).to_have_attribute("data-collapsed", "true")
    page.locator("[data-testid=stExpandSidebarButton]").click()
    expect(menu).to_have_attribute("data-collapsed", "false")
    page.locator(".tile[data-index='5']").first.click()
    settle(page)
    expect(menu).to_have_attribute("data-collapsed", "false")
    page.get_by_test_id("stCheckbox").get_by_text("Presenter mode").click()
    expect(page).not_to_have_url(re.compile("present=true"))
    expect(menu).to_have_attribute("data-collapsed", "false")


def test_the_cards_lead_into_the_chapters_with_the_same_picture(app, page):
    open_page(page, f"{app}/?picture=coffee")
    page.locator(".st-key-chapter_cards a", has_text="First layer").click()
    expect(page.locator(".head h1")).to_contain_text("notice first")
    expect(chosen_picture(page)).to_contain_text("Cup of coffee")
    expect(page).to_have_url(re.compile("picture=coffee"))


def test_a_question_reveals_its_answer(app, page):
    open_page(page, f"{app}/first-layer")
    question = page.locator("details.aside").first
    expect(question.locator("p")).to_be_hidden()
    question.locator("summary").click()
    expect(question.locator("p")).to_be_visible()


def test_nothing_is_cut_off_on_a_phone(app, phone):
    for chapter in ("", "first-layer", "neuron"):
        open_page(phone, f"{app}/{chapter}")
        width = phone.evaluate("document.querySelector('.stMain').scrollWidth")
        assert width <= 390, f"{chapter or 'home'} is {width} pixels wide"


def test_two_visitors_keep_their_own_pictures(app, page, phone):
    open_page(page, f"{app}/?picture=coffee")
    open_page(phone, f"{app}/?picture=rocket")
    page.reload()
    settle(page)
    assert guess_names(page) != guess_names(phone)


def test_the_picture_of_the_stage_can_be_taken_away(app, page):
    open_page(page, f"{app}/first-layer")
    with page.expect_download() as download:
        page.locator(".st-key-download button").click()
    data = Path(download.value.path()).read_bytes()
    assert Image.open(io.BytesIO(data)).format == "PNG"


def test_lights_are_toggled_by_click_and_key(app, page):
    open_page(page, f"{app}/neuron")
    spoken = page.locator("[aria-live]", has_text="Go").first
    expect(spoken).to_be_attached()
    page.locator("[data-lamp]").first.click()  # red
    expect(page.locator("[data-lamp]").first).to_have_attribute("aria-checked", "true")
    expect(page).to_have_url(re.compile("lights=101"))
    page.locator("[data-lamp]").first.focus()
    page.keyboard.press("r")
    expect(page).to_have_url(re.compile("lights=001"))


def test_exclusive_or_is_not_learned_and_the_page_says_why(app, page):
    open_page(page, f"{app}/neuron")
    page.locator("select").select_option(label="either red or green, not both")
    page.locator("[data-action='play']").click()
    expect(page.locator(".report")).to_contain_text("no weights do all 8", timeout=180_000)


# --- giving it a picture, and choosing what is seen of it ---------------------------------------------------


def mug() -> str:
    """A photograph as base64 of a JPEG."""
    buffer = io.BytesIO()
    Image.fromarray(sample("coffee").pixels).save(buffer, "JPEG", quality=95)
    return base64.b64encode(buffer.getvalue()).decode()


# A file that comes to the page by the visitor's hand: its bytes as base64, or as many zeros as a number says.
COMES = """([kind, content, name, type]) => {
  const decoded = () => Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const bytes = typeof content === "number" ? new Uint8Array(content) : decoded();
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type }));
  const about = { bubbles: true, cancelable: true };
  document.body.dispatchEvent(kind === "paste"
    ? new ClipboardEvent(kind, { ...about, clipboardData: transfer })
    : new DragEvent(kind, { ...about, dataTransfer: transfer }));
}"""


def test_a_picture_is_pasted_or_dropped_on_any_page(app, page):
    open_page(page, f"{app}/neuron")
    page.locator(".everywhere").wait_for(state="attached")
    page.evaluate(COMES, ["paste", mug(), "image.png", "image/jpeg"])
    expect(chosen_picture(page)).to_contain_text("Your picture")
    settle(page)  # its own message goes when the page is drawn
    page.evaluate(COMES, ["drop", 27 * 2**20, "huge.png", "image/png"])
    expect(page.get_by_role("alert")).to_contain_text("“huge.png” has 27 MB, and 20 MB is the most")
    page.evaluate(COMES, ["drop", mug(), "letter.pdf", "application/pdf"])
    expect(page.get_by_role("alert")).to_contain_text("“letter.pdf” is not a picture")
    page.evaluate(COMES, ["drop", mug(), "mug.jfif", "image/jpeg"])
    expect(page.get_by_role("alert")).not_to_be_visible()
    settle(page)


def test_three_taps_from_a_photograph_to_the_detectors(app, phone):
    open_page(phone, app)
    with phone.expect_file_chooser() as chooser:
        phone.get_by_role("button", name="Your picture").first.click()
    chooser.value.set_files({"name": "mug.jpg", "mimeType": "image/jpeg", "buffer": base64.b64decode(mug())})
    phone.wait_for_url("**picture=own**")
    settle(phone)
    phone.get_by_role("link", name="Which detectors fired on it").click()
    phone.wait_for_url("**/layers**picture=own**")
    expect(phone.locator(".st-key-layer_maps .tile").first).to_be_visible()


def test_the_square_is_moved_by_keys_and_by_hand_and_put_back(app, page):
    open_page(page, f"{app}/?picture=coffee")
    before = guess_names(page)
    stage = page.locator(".st-key-picture_frame .stage")
    stage.focus()
    for key in ("-", "-", "Shift+ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    page.wait_for_url(re.compile("square="))
    settle(page)
    left, top, side = map(int, re.search(r"square=(\d+)-(\d+)-(\d+)", page.url).groups())
    assert guess_names(page) == [
        guess.category for guess in load_network().classify(sample("coffee").framed(left, top, side))
    ]
    grip = page.locator(".st-key-picture_frame .grip").bounding_box()
    page.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
    page.mouse.down()
    page.mouse.move(grip["x"] - 60, grip["y"] - 60, steps=4)
    page.mouse.up()
    page.wait_for_url(re.compile(rf"square={left}-{top}-(?!{side}$)"))
    page.get_by_role("button", name="back to the middle").click()
    expect(page).not_to_have_url(re.compile("square="))
    settle(page)
    assert guess_names(page) == before
