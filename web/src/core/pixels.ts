/** Conversion between RGBA pixels of a canvas and the network's float images. */

import { type Band, reflect, type Tile } from "./tiling.ts";

/** A part of an image, of RGBA pixels row by row. */
export interface PixelRegion {
  data: Uint8ClampedArray;
  /** Position of the part in the image. */
  left: number;
  top: number;
  width: number;
  height: number;
}

// As TensorFlow computes it, in float32: levels / 127.5 - 1.
const TO_FLOAT = Float32Array.from(
  { length: 256 },
  (_, level) => Math.fround(level / 127.5) - 1,
);

/** The part of an image that a tile reads: its bands, cut at the image's border. */
export function regionOf(tile: Tile, height: number, width: number) {
  return {
    left: tile.columns.start,
    top: tile.rows.start,
    width: Math.min(tile.columns.stop, width) - tile.columns.start,
    height: Math.min(tile.rows.stop, height) - tile.rows.start,
  };
}

/**
 * Convert a tile to the network's input.
 *
 * @param region The pixels of `regionOf(tile, ...)`.
 * @param tile The tile; what lies beyond the image is filled by reflection.
 * @param height Height of the image.
 * @param width Width of the image.
 * @returns Values in [-1, 1], `(rows, columns, 3)`.
 */
export function tileToFloat(
  region: PixelRegion,
  tile: Tile,
  height: number,
  width: number,
): Float32Array<ArrayBuffer> {
  const rows = positions(tile.rows, height).map((y) => y - region.top);
  const columns = positions(tile.columns, width).map((x) => 4 * (x - region.left));
  const photo = new Float32Array(3 * rows.length * columns.length);
  let index = 0;
  for (const row of rows) {
    const offset = 4 * row * region.width;
    for (const column of columns) {
      const pixel = offset + column;
      photo[index++] = TO_FLOAT[region.data[pixel]];
      photo[index++] = TO_FLOAT[region.data[pixel + 1]];
      photo[index++] = TO_FLOAT[region.data[pixel + 2]];
    }
  }
  return photo;
}

/**
 * Convert the network's output to the pixels that a tile provides.
 *
 * @param stylized Values in [-1, 1], `(rows, columns, 3)`.
 * @param tile The tile.
 * @param height Height of the image; pixels beyond it are dropped.
 * @param width Width of the image.
 * @returns The opaque pixels and their position in the image.
 */
export function floatToPixels(
  stylized: Float32Array,
  tile: Tile,
  height: number,
  width: number,
): PixelRegion & { data: Uint8ClampedArray<ArrayBuffer> } {
  const { rows, columns } = tile;
  const kept = {
    left: columns.first,
    top: rows.first,
    width: Math.min(columns.last, width) - columns.first,
    height: Math.min(rows.last, height) - rows.first,
  };
  const stride = columns.stop - columns.start;
  const data = new Uint8ClampedArray(4 * kept.width * kept.height).fill(255);
  let pixel = 0;
  for (let y = 0; y < kept.height; y++) {
    const row = (kept.top + y - rows.start) * stride;
    let index = 3 * (row + kept.left - columns.start);
    for (let x = 0; x < kept.width; x++, pixel += 4) {
      data[pixel] = toLevel(stylized[index++]);
      data[pixel + 1] = toLevel(stylized[index++]);
      data[pixel + 2] = toLevel(stylized[index++]);
    }
  }
  return { ...kept, data };
}

/**
 * Blend a photo with its stylized image, in place of the latter.
 *
 * @param photo RGBA pixels.
 * @param stylized RGBA pixels of the same image; changed.
 * @param strength Share of the stylized image, in [0, 1].
 */
export function mix(
  photo: Uint8ClampedArray,
  stylized: Uint8ClampedArray,
  strength: number,
): void {
  if (strength === 1) return;
  for (let index = 0; index < photo.length; index++) {
    const level = photo[index];
    stylized[index] = Math.floor(level + strength * (stylized[index] - level) + 0.5);
  }
}

function positions(band: Band, size: number): number[] {
  return Array.from({ length: band.stop - band.start }, (_, index) =>
    reflect(band.start + index, size),
  );
}

function toLevel(value: number): number {
  // Not a number becomes mid-gray. A clamped array would round halves to even.
  return Number.isNaN(value) ? 128 : Math.floor((value + 1) * 127.5 + 0.5);
}
