"""The picture report in a real headless Chromium: Debian's `chromium`, driven by PyPI's `playwright`."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from page_samples import restored, save
from PIL import Image

from inpaint_cli.batch.outcome import Outcome
from inpaint_cli.batch.page import PageWriter

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

CHROMIUM = shutil.which("chromium")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra: dev)")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="chromium is not installed (apt-get install chromium)"
)

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def write_page(path: Path, outcomes: Sequence[Outcome], *, seconds: float) -> None:
    with PageWriter(path) as page:
        for outcome in outcomes:
            page.add(outcome)
        page.finish(seconds=seconds)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@dataclass
class Opened:
    """A page, and what it complained about or asked for."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


Open = Callable[..., Opened]


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    contexts = []

    def open_page(path: Path, **options: Any) -> Opened:
        contexts.append(browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options}))
        contexts[-1].set_default_timeout(20_000)
        result = Opened(contexts[-1].new_page())
        result.page.on("console", lambda message: result.complaints.append(message.text))
        result.page.on("pageerror", lambda error: result.complaints.append(str(error)))
        result.page.on("request", lambda request: result.requests.append(request.url))
        result.page.goto(path.as_uri())
        return result

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two restored photos, one copied, one failed; two of the names are meant to do harm."""
    folder = tmp_path_factory.mktemp("report")
    copied = save(folder / "photos" / "b.png", np.full((90, 120, 3), 90))
    outcomes = [
        restored(folder, "a10.png", (600, 900), seconds=2.5),
        restored(folder, "a9.png", (90, 120), coverage=0.01, seconds=0.1),
        Outcome(photo=copied, output=copied, status="copied", reason="mask is empty", coverage=0.0),
        Outcome(
            photo=folder / "photos" / "<img src=x onerror=alert(1)>.jpg",
            output=None,
            status="failed",
            reason="</script><script>alert(1)</script>",
        ),
        Outcome(photo=folder / "photos" / "gr\udcfcn.jpg", output=None, status="failed", reason="is empty"),
    ]
    path = folder / "report.html"
    write_page(path, outcomes, seconds=12.5)
    return path


def names(page: Page) -> list[str]:
    return page.locator("#pictures > .card h2").all_inner_texts()


def card(page: Page, name: str) -> Locator:
    return page.locator("#pictures > .card").filter(has=page.get_by_role("heading", name=name, exact=True))


def slider(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=f"Before and after: {name}", exact=True)


def shown(locator: Locator, share: float) -> str:
    """Say what a screenshot shows at a share of the width, a quarter from the bottom."""
    picture = Image.open(BytesIO(locator.screenshot())).convert("RGB")
    value = picture.getpixel((int(picture.width * share), picture.height * 3 // 4))
    assert isinstance(value, tuple)
    return "before" if value[0] > 150 > value[2] else "after" if value[2] > 150 > value[0] else str(value)


def test_it_opens_without_a_complaint_and_asks_for_nothing(report: Path, opened: Open) -> None:
    opened_report = opened(report, offline=True)
    page = opened_report.page
    page.get_by_role("button", name="Table").click()
    page.get_by_role("button", name="Pictures").click()
    page.evaluate("Promise.all([...document.images].map((image) => image.decode()))")
    assert page.title() == "5 photos: 2 restored, 1 copied, 2 failed – inpaint-cli"
    assert page.locator("img").count() > 0
    assert opened_report.complaints == []
    assert [url for url in opened_report.requests if not url.startswith("data:")] == [report.as_uri()]


def test_names_that_look_like_markup_are_shown_as_they_are(report: Path, opened: Open) -> None:
    page = opened(report).page
    assert names(page) == ["<img src=x onerror=alert(1)>.jpg", "a9.png", "a10.png", "b.png", "gr\\xfcn.jpg"]
    assert card(page, names(page)[0]).locator(".reason").inner_text() == "</script><script>alert(1)</script>"


def test_the_slider_follows_the_keyboard(report: Path, opened: Open) -> None:
    page = opened(report).page
    handle = slider(page, "a10.png")
    handle.focus()
    for key, value in (("ArrowRight", "51"), ("ArrowLeft", "50"), ("Home", "0"), ("End", "100")):
        page.keyboard.press(key)
        assert handle.input_value() == value
    assert handle.get_attribute("aria-valuetext") == "100 % before, 0 % after"
    whole = card(page, "a10.png").locator(".whole")
    assert [shown(whole, 0.1), shown(whole, 0.75)] == ["before", "before"]
    page.keyboard.press("Home")
    assert [shown(whole, 0.2), shown(whole, 0.9)] == ["after", "after"]


def test_the_slider_follows_the_mouse_in_both_pictures(report: Path, opened: Open) -> None:
    page = opened(report).page
    whole, spot = (card(page, "a10.png").locator(kind) for kind in (".whole", ".spot"))
    whole.scroll_into_view_if_needed()
    box = whole.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 25, steps=4)
    page.mouse.up()
    assert slider(page, "a10.png").input_value() == "30"
    for look in (whole, spot):
        assert [shown(look, 0.2), shown(look, 0.4)] == ["before", "after"]


def test_a_photo_that_was_copied_has_no_slider(report: Path, opened: Open) -> None:
    page = opened(report).page
    assert card(page, "b.png").locator("img.before").count() == 1
    assert card(page, "b.png").get_by_role("slider").count() == 0


def test_the_mask_is_laid_over_one_photo_or_all(report: Path, opened: Open) -> None:
    page = opened(report).page
    masks = [card(page, name).locator(".whole .mask") for name in ("a9.png", "a10.png")]
    assert [mask.is_visible() for mask in masks] == [False, False]
    card(page, "a9.png").get_by_role("button", name="Mask").press("Enter")
    assert [mask.is_visible() for mask in masks] == [True, False]
    page.get_by_role("button", name="Masks").click()
    assert [mask.is_visible() for mask in masks] == [True, True]


def test_the_spot_is_shown_pixel_for_pixel(report: Path, opened: Open) -> None:
    page = opened(report).page
    box = card(page, "a10.png").locator(".spot").bounding_box()
    assert box is not None and (box["width"], box["height"]) == (256, 256)


def test_the_status_is_chosen_by_keyboard(report: Path, opened: Open) -> None:
    page = opened(report).page
    everything, failed = (page.get_by_role("button", name=name) for name in ("all 5", "failed 2"))
    everything.focus()
    for _ in range(3):  # restored, copied, failed
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert failed.get_attribute("aria-pressed") == "true"
    assert everything.get_attribute("aria-pressed") == "false"
    assert len(names(page)) == 2
    assert page.get_by_role("status").inner_text() == "2 of 5 shown"
    assert failed.evaluate("(button) => getComputedStyle(button).outlineStyle") == "solid"


def test_names_are_searched_and_all_brought_back(report: Path, opened: Open) -> None:
    page = opened(report).page
    page.get_by_role("searchbox").fill("A1")
    assert names(page) == ["a10.png"]
    page.get_by_role("searchbox").fill("nowhere")
    page.get_by_role("button", name="Show all").click()
    assert len(names(page)) == 5


def test_the_table_has_every_outcome_and_sorts_by_each_column(report: Path, opened: Open) -> None:
    page = opened(report).page
    page.get_by_role("button", name="Table").click()
    first = page.locator("tbody tr").first
    damaged = page.get_by_role("columnheader", name="Damaged")
    assert page.locator("tbody tr").count() == 5
    for order, name in (("ascending", "<img src=x onerror=alert(1)>.jpg"), ("descending", "a10.png")):
        damaged.get_by_role("button").press("Enter")
        assert damaged.get_attribute("aria-sort") == order
        assert first.get_by_role("button").inner_text() == name
    assert first.locator("td").all_inner_texts()[1:] == ["restored", "", "25.00 %", "file", "photo", "2.50"]


def test_a_row_opens_its_pictures_and_escape_closes_them(report: Path, opened: Open) -> None:
    page = opened(report).page
    page.get_by_role("button", name="Table").click()
    page.get_by_role("button", name="a10.png").press("Enter")
    dialog = page.get_by_role("dialog", name="a10.png")
    assert dialog.get_by_role("slider").first.is_visible()
    page.keyboard.press("Escape")
    assert dialog.count() == 0
    assert page.evaluate("document.activeElement.innerText") == "a10.png"


@pytest.mark.parametrize(("scheme", "paper"), [("light", (244, 243, 240)), ("dark", (21, 21, 20))])
def test_it_is_drawn_light_and_dark(report: Path, opened: Open, scheme: str, paper: tuple[int, ...]) -> None:
    page = opened(report, color_scheme=scheme).page
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
    assert picture.getpixel((3, 3)) == paper
    colours = picture.getcolors(picture.width * picture.height)
    assert colours is not None and len(colours) > 100


def test_nothing_is_cut_off_on_a_narrow_screen(report: Path, opened: Open) -> None:
    page = opened(report, viewport={"width": 360, "height": 800}).page
    for view in ("Pictures", "Table"):
        page.get_by_role("button", name=view).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def restored_photos(folder: Path, count: int) -> list[Outcome]:
    """So many photos, one file under as many names, and their one result."""
    one = restored(folder, "one.png", (24, 32))
    photos = [one.photo.with_name(f"{number}.png") for number in range(count)]
    for photo in photos:
        photo.hardlink_to(one.photo)
    return [
        Outcome(photo=photo, output=one.output, mask=one.mask, status="restored", seconds=number / 1000)
        for number, photo in enumerate(photos)
    ]


def test_a_thousand_photos_are_filled_in_as_they_come_into_view(tmp_path: Path, opened: Open) -> None:
    write_page(tmp_path / "report.html", restored_photos(tmp_path, 1000), seconds=100.0)
    opened_report = opened(tmp_path / "report.html")
    page = opened_report.page
    cards, filled = page.locator("#pictures > .card"), page.locator("#pictures > .card:has(img)")
    filled.first.wait_for()
    assert cards.count() == 1000
    assert 0 < filled.count() < 100
    assert cards.last.locator("img").count() == 0
    cards.last.scroll_into_view_if_needed()
    cards.last.locator("img.after").first.wait_for()
    assert filled.count() < 200
    page.get_by_role("button", name="Table").click()
    assert page.locator("tbody tr").count() == 1000
    assert opened_report.complaints == []


def test_on_paper_every_photo_is_there(tmp_path: Path, opened: Open) -> None:
    write_page(tmp_path / "report.html", restored_photos(tmp_path, 60), seconds=1.0)
    page = opened(tmp_path / "report.html").page
    page.locator("#pictures > .card:has(img)").first.wait_for()
    page.pdf()
    assert page.locator("#pictures > .card:has(img.after)").count() == 60
