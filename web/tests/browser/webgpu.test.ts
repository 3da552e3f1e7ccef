/** The page on WebGPU, which a software adapter computes where there is no GPU. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PNG } from "pngjs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { largestDifference, launch, openFile, openPage, serve, WEB } from "./site.ts";

const FIXTURES = join(WEB, "tests/fixtures");
let site: Awaited<ReturnType<typeof serve>>;
let browser: Awaited<ReturnType<typeof launch>>;

beforeAll(async () => {
  site = await serve();
  browser = await launch([
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",
    "--enable-features=Vulkan",
  ]);
});

afterAll(async () => {
  await browser?.close();
  site?.server.close();
});

test("results on WebGPU equal the library's within 1 level", async (context) => {
  if (!existsSync(FIXTURES)) throw new Error("Run scripts/make_fixtures.py first.");
  const page = await browser.context.newPage();
  await page.goto(site.address);
  const hasAdapter = await page.evaluate(async () =>
    Boolean(await (navigator as any).gpu?.requestAdapter()),
  );
  if (!hasAdapter) context.skip("this browser has no WebGPU adapter");
  await page.close();
  const opened = await openPage(browser.context, `${site.address}?engine=webgpu`);
  expect(await opened.getAttribute("body", "data-engine")).toMatch(/^webgpu/);
  const cases = JSON.parse(await readFile(join(FIXTURES, "cases.json"), "utf8"));
  const { stem, blend, strength } = cases[2];
  await openFile(opened, join(FIXTURES, `${stem}.png`));
  const [first, other] = Object.keys(blend);
  await opened.check(`#gallery input[value="${first}"]`, { force: true });
  await opened.selectOption("#second", other);
  await opened.fill("#blend", String(Math.round(100 * blend[other])));
  await opened.fill("#strength", String(100 * strength));
  const event = opened.waitForEvent("download");
  await opened.click("#download");
  const result = PNG.sync.read(await readFile(await (await event).path()));
  const expected = PNG.sync.read(
    await readFile(join(FIXTURES, `${stem}-expected.png`)),
  );
  expect(largestDifference(result.data, expected.data)).toBeLessThanOrEqual(1);
});
