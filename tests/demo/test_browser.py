import os
import shutil
from urllib.parse import urlsplit

import numpy as np
import pytest

from animegan_tf.imaging.reading import read_image
from animegan_tf.imaging.writing import write_image

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
# Milliseconds, on a machine that may be busy.
TIMEOUT = 120_000


@pytest.fixture(scope="module")
def address():
    pytest.importorskip("gradio")
    from animegan_tf.demo.app import launch_app

    app = launch_app(host="127.0.0.1")
    yield app.local_url
    app.close()


@pytest.fixture(scope="module")
def page(address):
    sync_api = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("needs Chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(TIMEOUT)
        page.set_default_navigation_timeout(TIMEOUT)
        yield page
        browser.close()


@pytest.mark.slow
def test_photo_is_stylized_and_nothing_comes_from_elsewhere(page, address, tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    photo = write_image(image, tmp_path / "photo.png")
    answered = set()
    page.on("response", lambda response: answered.add(urlsplit(response.url).netloc))
    page.goto(address, wait_until="domcontentloaded")
    page.set_input_files("#photos input[type=file]", str(photo))
    page.wait_for_selector("#photos table")
    page.click("#stylize-photos")
    result = page.wait_for_selector("#results img")
    content = page.request.get(result.get_attribute("src")).body()
    assert read_image(content).shape == image.shape
    assert not np.array_equal(read_image(content), image)
    assert answered <= {urlsplit(address).netloc, ""}


@pytest.mark.slow
def test_missing_photo_is_a_message(page, address):
    page.goto(address, wait_until="domcontentloaded")
    page.click("#stylize-photos")
    page.get_by_text("Add a photo first.").wait_for()
