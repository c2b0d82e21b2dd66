"""Pages in a real browser: a Chromium of the system, where there is one."""

import shutil

import pytest

from skfi.report import write_report

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

WIDE, NARROW = {"width": 1200, "height": 900}, {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def address(results, sequences, words, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "page.html"
    write_report(path, *results.values(), sequences, words, notes="Made-up rain.")
    return path.as_uri()


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def opened(browser, address):
    """A call that opens the page, and at the end sees that it has asked for nothing."""
    contexts, problems = [], []

    def open_page(**settings):
        context = browser.new_context(**({"viewport": WIDE} | settings))
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: problems.append(said.text) if said.type == "error" else 0)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda asked: problems.append(asked.url) if is_other(asked) else 0)
        page.goto(address)
        return page

    def is_other(asked):
        return asked.url != address and not asked.url.startswith("data:")

    yield open_page
    for context in contexts:
        context.close()
    assert not problems


def column(table, number):
    return table.locator(f"tbody tr > :nth-child({number})").all_inner_texts()


def test_tables_are_sorted_by_a_heading(opened):
    page = opened()
    table = page.locator("section", has=page.locator("h2", has_text="Permutation")).first
    table = table.locator("table").first
    before = column(table, 1)
    heading = table.locator("thead th").nth(1)
    heading.locator("button").click()
    assert heading.get_attribute("aria-sort") == "descending"
    values = [float(value) for value in column(table, 2)]
    assert values == sorted(values, reverse=True)
    heading.locator("button").press("Enter")
    assert heading.get_attribute("aria-sort") == "ascending"
    assert [float(value) for value in column(table, 2)] == sorted(values)
    first = table.locator("thead th").first
    first.locator("button").click()
    assert heading.get_attribute("aria-sort") == "none"
    in_order = page.evaluate("(names) => names.sort((a, b) => a.localeCompare(b))", before)
    assert column(table, 1) == in_order


def test_a_sample_is_picked(opened):
    page = opened()
    choice = page.locator(".choice[data-label=Sample]")
    assert choice.locator(".option:visible").count() == 1
    select = choice.locator("select")
    label = select.locator("option").nth(3).inner_text()
    select.select_option(index=3)
    assert choice.locator(".option:visible").count() == 1
    shown = choice.locator(".option:visible [role=img]").get_attribute("aria-label")
    assert label in shown


def test_the_value_under_the_pointer_is_said(opened, results):
    page = opened()
    picture = page.locator("section", has=page.locator("h2", has_text="each output"))
    image = picture.locator("[data-cells] image").first
    image.scroll_into_view_if_needed()
    box = image.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.125)
    expected = results["outputs"].to_frame().iloc[0, 0]
    said = picture.locator("output").first.inner_text()
    assert said.startswith("rain flow: ")
    assert float(said.split(": ")[1]) == pytest.approx(expected, rel=5e-3)


def test_a_row_lights_its_bar(opened):
    page = opened()
    row = page.locator("tr[data-bar]").first
    row.hover()
    assert page.locator(".bar.lit").count() == 1


def test_all_is_there_without_javascript(opened):
    page = opened(java_script_enabled=False)
    assert page.locator("select").count() == 0
    n_options = page.locator(".option").count()
    assert n_options > 8
    assert page.locator(".option:visible svg, .option:visible table").count() >= n_options - 1
    assert page.locator("details.folded table:visible").count() >= 1


def test_all_is_printed(opened):
    page = opened()
    n_options = page.locator(".option").count()
    page.emulate_media(media="print")
    assert page.locator(".option:visible").count() == n_options
    assert page.locator("select:visible").count() == 0
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details.folded:not([open])").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_it_can_be_read_by_all(opened, scheme, viewport):
    page = opened(viewport=viewport, color_scheme=scheme)
    found = axe.Axe().run(page)
    serious = [
        (one["id"], one["nodes"][0]["html"][:300], one["nodes"][0].get("failureSummary"))
        for one in found.response["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    assert not serious
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")  # nothing sticks out
