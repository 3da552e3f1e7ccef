/** The page in a real browser: its results, its messages, and its operation. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PNG } from "pngjs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  drawn,
  largestDifference,
  launch,
  openFile,
  openPage,
  serve,
  WEB,
} from "./site.ts";

const FIXTURES = join(WEB, "tests/fixtures");
const CASES: { stem: string; blend: Record<string, number>; strength: number }[] =
  existsSync(join(FIXTURES, "cases.json"))
    ? JSON.parse(await readFile(join(FIXTURES, "cases.json"), "utf8"))
    : [];
const SMALL = join(FIXTURES, `${CASES[2]?.stem}.png`);
const LARGE = join(FIXTURES, `${CASES.at(-1)?.stem}.png`);

let site: Awaited<ReturnType<typeof serve>>;
let browser: Awaited<ReturnType<typeof launch>>;
let page: Page;
const requests: { url: string; method: string }[] = [];
const problems: string[] = [];

beforeAll(async () => {
  if (!CASES.length) {
    throw new Error(
      "web/tests/fixtures is missing. Write it with: python scripts/make_fixtures.py",
    );
  }
  site = await serve();
  browser = await launch();
  browser.context.on("request", (request) =>
    requests.push({ url: request.url(), method: request.method() }),
  );
  page = await openPage(browser.context, site.address);
  page.on("pageerror", (error) => problems.push(String(error)));
});

afterAll(async () => {
  await browser?.close();
  site?.server.close();
});

// Loading the network takes longer than most tests, so they share the page.
beforeEach(async () => {
  await chooseStyle((await styleNames())[0]);
  await page.selectOption("#second", "");
  await page.fill("#strength", "100");
});

describe("results", () => {
  test.each(CASES)("$stem equals the library's within 1 level", async (item) => {
    await openFile(page, join(FIXTURES, `${item.stem}.png`));
    const [first, other] = Object.keys(item.blend);
    await chooseStyle(first);
    if (other) {
      await page.selectOption("#second", other);
      await page.fill("#blend", String(Math.round(100 * item.blend[other])));
    }
    await page.fill("#strength", String(100 * item.strength));
    const result = PNG.sync.read(await save());
    const expected = PNG.sync.read(
      await readFile(join(FIXTURES, `${item.stem}-expected.png`)),
    );
    expect([result.width, result.height]).toEqual([expected.width, expected.height]);
    const photo = PNG.sync.read(await readFile(join(FIXTURES, `${item.stem}.png`)));
    expect(largestDifference(result.data, expected.data)).toBeLessThanOrEqual(1);
    expect(largestDifference(photo.data, expected.data)).toBeGreaterThan(10);
  });

  test("a large image is drawn in tiles, with progress, and can be canceled", async () => {
    await openFile(page, LARGE);
    await page.evaluate(() => {
      const status = document.getElementById("status")!;
      const texts: string[] = [];
      Object.assign(window, { texts });
      new MutationObserver(() => texts.push(status.textContent!)).observe(status, {
        childList: true,
      });
    });
    await page.click("#download");
    await page.waitForFunction(() =>
      (window as any).texts.some((text: string) => text.startsWith("Tile")),
    );
    await page.click("#cancel");
    await page.waitForFunction(
      () => document.getElementById("status")!.textContent === "Canceled",
    );
    const texts: string[] = await page.evaluate(() => (window as any).texts);
    expect(texts.find((text) => text.startsWith("Tile"))).toMatch(/^Tile 1 of ([2-9]|\d\d+)$/);
    expect(await page.isVisible("#download")).toBe(true);
  });

  test("a JPEG is marked as made with AI, and so is a PNG", async () => {
    await openFile(page, SMALL);
    const png = await save();
    await page.selectOption("#format", "image/jpeg");
    const jpeg = await save();
    await page.selectOption("#format", "image/png");
    const manifest = JSON.parse(
      await readFile(join(WEB, "public/model/manifest.json"), "utf8"),
    );
    expect(jpeg.subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]));
    for (const file of [png, jpeg]) {
      expect(file.includes(manifest.mark.xmp)).toBe(true);
      expect(file.includes(manifest.mark.software)).toBe(true);
    }
  });
});

describe("settings", () => {
  test("styles, blend and strength change the drawing", async () => {
    await openFile(page, SMALL);
    const seen = [await drawing()];
    const remember = async () => {
      await drawn(page);
      await page.waitForTimeout(100);
      const pixels = await drawing();
      for (const other of seen) expect(largestDifference(pixels, other)).toBeGreaterThan(3);
      seen.push(pixels);
    };
    const names = await styleNames();
    await redrawnAfter(() => chooseStyle(names[1]));
    await remember();
    await redrawnAfter(async () => void (await page.selectOption("#second", names[2])));
    await remember();
    await redrawnAfter(() => page.fill("#blend", "90"));
    await remember();
    await page.fill("#strength", "40");
    await remember();
    await page.fill("#strength", "0");
    const photo = PNG.sync.read(await readFile(SMALL));
    expect(largestDifference(await drawing(), photo.data)).toBe(0);
  });

  test("while the blend slider is dragged the drawing follows", async () => {
    await openFile(page, SMALL);
    const names = await styleNames();
    await redrawnAfter(async () => void (await page.selectOption("#second", names[1])));
    await redrawnAfter(() => page.fill("#blend", "10"));
    const before = await drawing();
    const box = (await page.locator("#blend").boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.9, box.y + box.height / 2);
    // The button is still pressed: this is the live drawing.
    await page.waitForSelector("#board[data-drawn=live]");
    expect(largestDifference(await drawing(), before)).toBeGreaterThan(3);
    await page.mouse.up();
    await drawn(page);
  });
});

describe("opening images", () => {
  test("a file that is no image shows a message, and the page goes on", async () => {
    const broken = (await readFile(SMALL)).subarray(0, 60);
    await page.setInputFiles("#file", {
      name: "broken.png",
      mimeType: "image/png",
      buffer: broken,
    });
    await page.waitForSelector("#notice:not([hidden])");
    expect(await page.textContent("#notice-text")).toContain("broken.png");
    expect(await page.getAttribute("#notice", "role")).toBe("alert");
    await openFile(page, SMALL);
    expect(await page.isVisible("#notice")).toBe(false);
  });

  test.each(["drop", "paste"])("%s of an image opens it", async (kind) => {
    const base64 = (await readFile(SMALL)).toString("base64");
    await page.evaluate(
      async ([type, data]) => {
        const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
        const transfer = new DataTransfer();
        transfer.items.add(new File([bytes], "moved.png", { type: "image/png" }));
        const options = { bubbles: true, cancelable: true };
        document.body.dispatchEvent(
          type === "drop"
            ? new DragEvent("drop", { ...options, dataTransfer: transfer })
            : new ClipboardEvent("paste", { ...options, clipboardData: transfer }),
        );
      },
      [kind, base64],
    );
    await drawn(page);
    expect(await page.getAttribute("#before", "aria-label")).toContain("moved.png");
  });

  test("the camera is drawn live, and a photo can be taken", async () => {
    await openFile(page, SMALL);
    await page.click("#photo-actions [data-action=camera]");
    await page.waitForSelector("#board[data-state=camera][data-drawn]");
    const first = await drawing();
    await page.waitForFunction(() =>
      /per second/.test(document.getElementById("facts")!.textContent!),
    );
    await page.waitForTimeout(1500);
    expect(largestDifference(await drawing(), first)).toBeGreaterThan(3);
    await page.click("#shutter");
    await drawn(page);
    expect(await page.getAttribute("#board", "data-state")).toBe("photo");
    expect(await page.isEnabled("#download")).toBe(true);
  });
});

describe("access", () => {
  test("everything works from the keyboard", async () => {
    await page.reload();
    await page.waitForSelector("body[data-engine]");
    await tabTo(page, "samples");
    await page.keyboard.press("Enter");
    await drawn(page);
    await tabTo(page, "compare");
    const cut = Number(await page.inputValue("#compare"));
    await page.keyboard.press("ArrowLeft");
    expect(Number(await page.inputValue("#compare"))).toBe(cut - 1);
    expect(await page.getAttribute("#compare", "aria-valuetext")).toContain(
      `${cut - 1}%`,
    );
    await tabTo(page, "gallery");
    const names = await styleNames();
    const chosen = () => page.locator("#gallery input:checked").getAttribute("value");
    const from = names.indexOf((await chosen())!);
    await redrawnAfter(() => page.keyboard.press("ArrowRight"));
    expect(await chosen()).toBe(names[(from + 1) % names.length]);
    await tabTo(page, "strength");
    await page.keyboard.press("Home");
    expect(await page.textContent("#strength-value")).toBe("0%");
    await tabTo(page, "download");
    const file = page.waitForEvent("download");
    await page.keyboard.press("Enter");
    expect((await file).suggestedFilename()).toMatch(/\.png$/);
    await page.waitForFunction(() => document.activeElement?.id === "download");
  });

  test("every control has a name, in both languages", async () => {
    await openFile(page, SMALL);
    for (const language of ["en", "zh"]) {
      const unnamed = await page.evaluate(() =>
        [...document.querySelectorAll<HTMLInputElement>("button, input, select")]
          .filter((element) => element.checkVisibility() && element.id !== "file")
          .filter((element) => {
            const label = element.labels?.[0]?.textContent ?? "";
            const own = element.matches("button") ? element.textContent! : "";
            return !(element.getAttribute("aria-label") ?? label + own).trim();
          })
          .map((element) => element.outerHTML),
      );
      expect(unnamed).toEqual([]);
      const lang = language === "en" ? "en" : "zh-Hans";
      expect(await page.getAttribute("html", "lang")).toBe(lang);
      await page.click("#language");
    }
    expect(await page.getAttribute("html", "lang")).toBe("en");
  });

  test("texts have a contrast of at least 4.5, light and dark", async () => {
    for (const theme of ["light", "dark"]) {
      const isDark = (await page.getAttribute("html", "data-theme")) === "dark";
      if (isDark !== (theme === "dark")) await page.click("#theme");
      // Colors change gradually.
      await page.waitForTimeout(400);
      expect(await page.evaluate(lowContrasts)).toEqual([]);
    }
  });
});

describe("hosting", () => {
  test("a plain static host is enough for threads", async () => {
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    const [provider, threads] = (await page.getAttribute("body", "data-engine"))!.split(
      " ",
    );
    const cores = await page.evaluate(() => navigator.hardwareConcurrency);
    expect(provider).toBe("wasm");
    expect(Number(threads)).toBe(Math.min(8, cores));
  });

  test("nothing is sent, and nothing is loaded from elsewhere", () => {
    const { origin } = new URL(site.address);
    const others = requests.filter(
      ({ url, method }) =>
        method !== "GET" || !(url.startsWith(origin) || /^(blob|data):/.test(url)),
    );
    expect(requests.length).toBeGreaterThan(10);
    expect(others).toEqual([]);
    expect(problems).toEqual([]);
  });

  test("the page opens and draws without a network", async () => {
    await new Promise((resolve) => site.server.close(resolve) && site.server.closeAllConnections());
    await page.reload();
    await page.waitForSelector("body[data-engine]");
    await openFile(page, SMALL);
    const text = await page.textContent("#facts");
    expect(text).toMatch(/ s$/);
  });
});

async function chooseStyle(name: string): Promise<void> {
  await page.check(`#gallery input[value="${name}"]`, { force: true });
}

async function styleNames(): Promise<string[]> {
  return page.$$eval("#gallery input", (inputs) =>
    inputs.map((input) => (input as HTMLInputElement).value),
  );
}

/** Wait for the next drawing at full quality that an action causes. */
async function redrawnAfter(action: () => Promise<void>): Promise<void> {
  await page.evaluate(() => delete document.getElementById("board")!.dataset.drawn);
  await action();
  await drawn(page);
}

async function drawing(): Promise<Uint8Array> {
  const pixels = await page.$eval("#after", (element) => {
    const canvas = element as HTMLCanvasElement;
    const context = canvas.getContext("2d")!;
    return [...context.getImageData(0, 0, canvas.width, canvas.height).data];
  });
  return Uint8Array.from(pixels);
}

async function save(): Promise<Buffer> {
  await page.waitForSelector("#download:enabled");
  const event = page.waitForEvent("download");
  await page.click("#download");
  return readFile(await (await event).path());
}

/** Press Tab until an element inside the one with this id has the focus. */
async function tabTo(page: Page, id: string): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press("Tab");
    const isThere = await page.evaluate(
      (id) => document.getElementById(id)!.contains(document.activeElement),
      id,
    );
    if (isThere) return;
  }
  throw new Error(`#${id} cannot be reached with Tab`);
}

/** Find visible texts whose contrast with their background is below 4.5. */
function lowContrasts(): string[] {
  const canvas = document.createElement("canvas").getContext("2d", {
    willReadFrequently: true,
  })!;
  const parse = (color: string) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (rgb: number[]) =>
    rgb.slice(0, 3).reduce((sum, level, index) => {
      const value = level / 255;
      const linear = value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
      return sum + linear * [0.2126, 0.7152, 0.0722][index];
    }, 0);
  const found: string[] = [];
  for (const element of document.querySelectorAll<HTMLElement>("body *")) {
    const own = [...element.childNodes].some(
      (node) => node.nodeType === Node.TEXT_NODE && node.textContent!.trim(),
    );
    // Inactive controls are exempt, as in WCAG 1.4.3; options are drawn by the system.
    const isExempt = element.matches("option, :disabled, :disabled *, .drop *, .tag");
    if (!own || isExempt || !element.checkVisibility()) continue;
    let behind: HTMLElement | null = element;
    while (behind && parse(getComputedStyle(behind).backgroundColor)[3] < 255) {
      behind = behind.parentElement;
    }
    const back = parse(behind ? getComputedStyle(behind).backgroundColor : "white");
    const [low, high] = [parse(getComputedStyle(element).color), back]
      .map(luminance)
      .sort((a, b) => a - b);
    const contrast = (high + 0.05) / (low + 0.05);
    if (contrast < 4.5) found.push(`${contrast.toFixed(2)}: ${element.textContent}`);
  }
  return found;
}
