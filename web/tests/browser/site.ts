/** A plain static server for the built page, and a headless Chromium to open it. */

import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BrowserContext, chromium, type Page } from "playwright-core";

export const WEB = fileURLToPath(new URL("../../", import.meta.url));
const DIST = join(WEB, "dist");
const PATIENCE = 240_000;
const TYPES: Record<string, string> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
};

/** Serve `dist` below /animegan/, as a project page does, with no special headers. */
export async function serve(): Promise<{ address: string; server: Server }> {
  if (!existsSync(join(DIST, "index.html"))) {
    throw new Error("web/dist is missing. Build it with: npm run build");
  }
  const server = createServer(async (request, response) => {
    const path = new URL(request.url!, "http://localhost").pathname;
    const name = path.replace(/^\/animegan\//, "") || "index.html";
    try {
      if (request.method !== "GET") throw new Error(request.method);
      const content = await readFile(join(DIST, name));
      const type = TYPES[extname(name)] ?? "application/octet-stream";
      response.writeHead(200, { "Content-Type": type }).end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { address: `http://localhost:${port}/animegan/`, server };
}

/**
 * Start Chromium with a new profile; `CHROMIUM` names another binary.
 *
 * @param gpu Switches for WebGPU; without them the GPU is off.
 */
export async function launch(
  gpu = ["--disable-gpu"],
): Promise<{ context: BrowserContext; close: () => Promise<void> }> {
  const profile = await mkdtemp(join(tmpdir(), "animegan-web-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    acceptDownloads: true,
    locale: "en-US",
    args: [
      "--no-sandbox",
      ...gpu,
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--use-fake-device-for-media-stream",
      "--use-fake-ui-for-media-stream",
    ],
  });
  // Browsers on busy machines are slow; what never happens still fails.
  context.setDefaultTimeout(PATIENCE);
  const close = async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  };
  return { context, close };
}

/** Open the page and wait until the network is ready. */
export async function openPage(
  context: BrowserContext,
  address: string,
): Promise<Page> {
  const page = await context.newPage();
  await page.goto(address);
  await page.waitForSelector("body[data-engine]");
  return page;
}

/** Open a file through the page's own input and wait for its drawing. */
export async function openFile(page: Page, path: string): Promise<void> {
  // The drawing of the image before does not count.
  await page.evaluate(() => delete document.getElementById("board")!.dataset.drawn);
  await page.setInputFiles("#file", path);
  await drawn(page);
}

/** Wait until the drawing at full quality is shown. */
export async function drawn(page: Page): Promise<void> {
  await page.waitForSelector("#board[data-drawn=full]");
}

/** The largest difference between two images of one size, in levels. */
export function largestDifference(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return Infinity;
  let largest = 0;
  for (let index = 0; index < a.length; index++) {
    largest = Math.max(largest, Math.abs(a[index] - b[index]));
  }
  return largest;
}
