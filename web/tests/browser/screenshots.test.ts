/** Screenshots of every state, to be looked at: they are written to tests/output. */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawn, launch, openPage, serve, WEB } from "./site.ts";

const OUTPUT = join(WEB, "tests/output");
let site: Awaited<ReturnType<typeof serve>>;
let browser: Awaited<ReturnType<typeof launch>>;
let page: Page;

beforeAll(async () => {
  mkdirSync(OUTPUT, { recursive: true });
  site = await serve();
  browser = await launch();
  page = await openPage(browser.context, site.address);
});

afterAll(async () => {
  await browser?.close();
  site?.server.close();
});

const sizes = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
];
const looks = sizes.flatMap((size) =>
  (["light", "dark"] as const).map((theme) => ({ ...size, theme })),
);

test.each(looks)("$width pixels, $theme: nothing overflows", async (look) => {
  const { theme, ...size } = look;
  await page.setViewportSize(size);
  await page.evaluate((value) => localStorage.setItem("theme", value), theme);
  await page.reload();
  await page.waitForSelector("body[data-engine]");
  await save(`empty-${look.width}-${theme}`);
  await page.click("#samples li:first-child button");
  await drawn(page);
  await page.evaluate(() => delete document.getElementById("board")!.dataset.drawn);
  await page.selectOption("#second", { index: 1 });
  await drawn(page);
  await page.waitForTimeout(1200);
  await save(`photo-${look.width}-${theme}`);
  await page.setInputFiles("#file", {
    name: "notes.jpg",
    mimeType: "image/jpeg",
    buffer: Buffer.from("not an image"),
  });
  await page.waitForSelector("#notice:not([hidden])");
  await save(`error-${look.width}-${theme}`);
  await page.click("#language");
  await page.click(".credits summary");
  await save(`about-${look.width}-${theme}`);
  await page.click("#language");
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow).toBe(0);
});

async function save(name: string): Promise<void> {
  // What stays in view while the page scrolls belongs at its place.
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: join(OUTPUT, `${name}.png`), fullPage: true });
}
