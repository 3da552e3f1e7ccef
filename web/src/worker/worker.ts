/** The worker: it decodes, stylizes and encodes, so that the page stays responsive. */

import { loadManifest, type Manifest, styleWeights } from "../core/manifest.ts";
import { markFile } from "../core/mark.ts";
import { floatToPixels, mix, regionOf, tileToFloat } from "../core/pixels.ts";
import { planTiles, type Tile } from "../core/tiling.ts";
import { Engine } from "./engine.ts";
import type {
  ExportJob,
  FailureReason,
  PreviewJob,
  Reply,
  Request,
} from "./protocol.ts";

const JPEG_QUALITY = 0.92;

class JobError extends Error {
  constructor(
    readonly reason: FailureReason,
    message: string = reason,
  ) {
    super(message);
  }
}

let manifest: Manifest;
let engine: Engine;
const canceled = new Set<number>();

self.onmessage = async ({ data }: MessageEvent<Request>) => {
  if (data.kind === "cancel") {
    canceled.add(data.id);
  } else if (data.kind === "start") {
    try {
      manifest = await loadManifest(data.folder);
      const response = await fetch(data.folder + manifest.model.file);
      if (!response.ok) throw new Error(`${manifest.model.file}: ${response.status}`);
      const model = new Uint8Array(await response.arrayBuffer());
      engine = await Engine.load(model, data.engine);
      reply({ kind: "started", facts: engine.facts });
    } catch (error) {
      reply({ kind: "not-started", message: messageOf(error) });
    }
  } else {
    await answer(data.id, data.job);
  }
};

async function answer(id: number, job: PreviewJob | ExportJob): Promise<void> {
  try {
    if (job.kind === "preview") {
      const result = await stylizePreview(job);
      reply({ kind: "preview", id, result }, [result.pixels.buffer]);
    } else {
      reply({ kind: "exported", id, file: await exportFile(id, job) });
    }
  } catch (error) {
    const reason = error instanceof JobError ? error.reason : "engine";
    reply({ kind: "failed", id, reason, message: messageOf(error) });
  } finally {
    canceled.delete(id);
  }
}

async function stylizePreview({ pixels, width, height, shares }: PreviewJob) {
  const start = performance.now();
  const style = styleWeights(manifest, shares);
  const [tile, ...others] = planTiles(height, width, manifest.tiling);
  if (others.length) throw new JobError("engine", "a preview must fit in one tile");
  const whole = { data: pixels, left: 0, top: 0, width, height };
  const stylized = await runTile(whole, tile, height, width, style);
  return { pixels: stylized.data, milliseconds: performance.now() - start };
}

async function exportFile(id: number, job: ExportJob): Promise<Blob> {
  const { width, height } = job;
  const photo = await drawPhoto(job);
  const result = createContext(width, height);
  const style = styleWeights(manifest, job.shares);
  const tiles = planTiles(height, width, manifest.tiling);
  for (const [index, tile] of tiles.entries()) {
    await receiveMessages();
    if (canceled.has(id)) throw new JobError("canceled");
    const region = regionOf(tile, height, width);
    const { data } = photo.getImageData(
      region.left,
      region.top,
      region.width,
      region.height,
    );
    const stylized = await runTile({ ...region, data }, tile, height, width, style);
    const { left, top } = stylized;
    if (job.strength < 1) {
      const own = photo.getImageData(left, top, stylized.width, stylized.height);
      mix(own.data, stylized.data, job.strength);
    }
    const image = new ImageData(stylized.data, stylized.width, stylized.height);
    result.putImageData(image, left, top);
    reply({ kind: "progress", id, done: index + 1, total: tiles.length });
  }
  await receiveMessages();
  if (canceled.has(id)) throw new JobError("canceled");
  const file = await result.canvas.convertToBlob({
    type: job.type,
    quality: JPEG_QUALITY,
  });
  return markFile(file, manifest.mark);
}

/**
 * Let waiting messages in: a cancellation, or a preview to be drawn between tiles.
 *
 * In WebAssembly the network keeps the thread until it is done, and so do promises.
 */
function receiveMessages(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

async function runTile(
  region: Parameters<typeof tileToFloat>[0],
  tile: Tile,
  height: number,
  width: number,
  style: Float32Array,
) {
  const photo = tileToFloat(region, tile, height, width);
  const [rows, columns] = [tile.rows, tile.columns].map((b) => b.stop - b.start);
  const stylized = await engine.run(photo, rows, columns, style);
  return floatToPixels(stylized, tile, height, width);
}

/** Draw a photo upright in sRGB, on white where it is transparent. */
async function drawPhoto({ source, width, height }: ExportJob) {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(source);
  } catch {
    throw new JobError("unreadable");
  }
  const context = createContext(width, height);
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return context;
}

function createContext(width: number, height: number) {
  const context = new OffscreenCanvas(width, height).getContext("2d", {
    willReadFrequently: true,
  });
  if (!context) throw new JobError("too-large");
  // Beyond its limit a browser gives a canvas that stays empty, without an error.
  context.fillRect(width - 1, height - 1, 1, 1);
  const corner = context.getImageData(width - 1, height - 1, 1, 1).data;
  if (corner[3] !== 255) throw new JobError("too-large");
  return context;
}

function reply(message: Reply, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
