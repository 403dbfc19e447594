"""Layer by layer in a real browser: choosing layers, maps and units, and comparing two pictures."""

from playwright.sync_api import expect

from tests.browser.server import open_page, settle


def test_choose_a_layer_a_map_and_a_unit(app, page):
    open_page(page, f"{app}/layers")
    page.locator(".layer[data-layer='conv2']").first.click()
    settle(page)
    page.wait_for_url("**layer=conv2**")
    grid = page.locator("[role='listbox'], [role='grid']").filter(has=page.locator(".tile")).first
    tile = grid.locator(".tile").nth(3)
    tile.click()
    settle(page)
    expect(tile).to_have_attribute("aria-selected", "true")
    page.wait_for_url("**unit=**")
    page.get_by_text("one neuron", exact=True).click()
    settle(page)
    expect(page.get_by_text("51 × 51").first).to_be_visible()


def test_a_link_to_a_unit(app, page):
    open_page(page, f"{app}/layers?layer=conv3&unit=7&map_row=2&map_column=9&maps_order=in+order")
    for label, value in (("map", "7"), ("row", "2"), ("column", "9")):
        expect(page.get_by_label(label, exact=True).first).to_have_value(value)


def test_two_pictures_side_by_side(app, page):
    open_page(page, f"{app}/layers?layer=conv5&beside=coffee")
    expect(page.get_by_role("application", name="over the picture cat")).to_be_visible()
    expect(page.get_by_role("application", name="over the picture coffee")).to_be_visible()
    expect(page.get_by_role("radio", name="most different")).to_be_visible()


def test_nothing_is_cut_off_on_a_phone(app, phone):
    open_page(phone, f"{app}/layers")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_chapters_former_address_leads_on(app, page):
    page.goto(f"{app}/alexnet?layer=conv3&picture=coffee")
    page.wait_for_url("**/layers?**")
    settle(page)
    assert "layer=conv3" in page.url and "picture=coffee" in page.url
    expect(page.get_by_text("Page not found")).not_to_be_visible()
    expect(page.locator(".st-key-layer_maps .tile").first).to_be_visible()
