/**
 * Split large images into tiles whose results match the whole image exactly.
 *
 * The rules are those of `animegan_tf/inference/tiling.py`.
 */

/** The range of one axis that a tile reads, and the range of results it provides. */
export interface Band {
  /** First pixel read. */
  start: number;
  /** End of the pixels read, exclusive; it may lie beyond the image. */
  stop: number;
  /** First pixel whose result is taken from this tile. */
  first: number;
  /** End of the pixels whose results are taken from it, exclusive. */
  last: number;
}

/** What a network requires of its tiles. */
export interface TileRules {
  /** Pixels that a tile reads beyond its results; a multiple of `multiple`. */
  halo: number;
  /** Number of which the positions and sizes of tiles are multiples. */
  multiple: number;
}

/** What the manifest says of the network. */
export interface TilingFacts {
  multiple: number;
  radius: number;
  minimumSide: number;
  bytesPerPixel: number;
}

export interface Tile {
  rows: Band;
  columns: Band;
}

const MIB = 2 ** 20;
// Estimated memory of the feature maps of one call; the peak is about twice as high,
// which a phone can still provide.
const MAX_WHOLE_BYTES = 128 * MIB;
const MAX_TILE_BYTES = 96 * MIB;

export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

export function rulesOf(facts: TilingFacts): TileRules {
  return { halo: roundUp(facts.radius, facts.multiple), multiple: facts.multiple };
}

/**
 * Plan the calls of the network that cover an image.
 *
 * @param height Height of the image in pixels, at least 1.
 * @param width Width of the image in pixels, at least 1.
 * @param facts What the network requires.
 * @returns Tiles from top to bottom, all of one shape. One tile covers a small image.
 */
export function planTiles(height: number, width: number, facts: TilingFacts): Tile[] {
  const [paddedHeight, paddedWidth] = [height, width].map((size) =>
    roundUp(Math.max(size, facts.minimumSide), facts.multiple),
  );
  let rows = splitEvenly(paddedHeight, 1, rulesOf(facts));
  let columns = splitEvenly(paddedWidth, 1, rulesOf(facts));
  if (paddedHeight * paddedWidth > MAX_WHOLE_BYTES / facts.bytesPerPixel) {
    const maxPixels = Math.floor(MAX_TILE_BYTES / facts.bytesPerPixel);
    [rows, columns] = splitImage(paddedHeight, paddedWidth, maxPixels, rulesOf(facts));
  }
  return rows.flatMap((row) => columns.map((column) => ({ rows: row, columns: column })));
}

/**
 * Split an axis into bands of one length that each provide about `own` results.
 *
 * The first and last band end at the ends of the axis, where the network pads as it
 * does for the whole image; they need no halo there and provide more results.
 */
export function splitAxis(length: number, own: number, rules: TileRules): Band[] {
  const size = roundUp(own, rules.multiple);
  const count = Math.max(1, Math.ceil((length - 2 * rules.halo) / size));
  return splitEvenly(length, count, rules);
}

/** Split an axis into at most `count` bands of the smallest possible length. */
export function splitEvenly(length: number, count: number, rules: TileRules): Band[] {
  if (count === 1) return [{ start: 0, stop: length, first: 0, last: length }];
  const inner = length - 2 * rules.halo;
  const own = roundUp(Math.ceil(inner / count), rules.multiple);
  const total = Math.ceil(inner / own);
  const size = own + 2 * rules.halo;
  const bands: Band[] = [];
  let first = 0;
  for (let index = 0; index < total; index++) {
    // The last band is moved inward rather than shortened, to keep one shape.
    const start = Math.min(index * own, length - size);
    const last = index === total - 1 ? length : start + size - rules.halo;
    bands.push({ start, stop: start + size, first, last });
    first = last;
  }
  return bands;
}

/**
 * Split an image into tiles of at most `maxPixels`, with the least computation.
 *
 * If the smallest possible tiles are larger, these are used.
 */
export function splitImage(
  height: number,
  width: number,
  maxPixels: number,
  rules: TileRules,
): [Band[], Band[]] {
  let best: { excess: number; total: number; split: [Band[], Band[]] } | null = null;
  const maxRows = Math.max(1, Math.floor((height - 2 * rules.halo) / rules.multiple));
  for (let numRows = 1; numRows <= maxRows; numRows++) {
    const rows = splitEvenly(height, numRows, rules);
    if (rows.length < numRows) continue;
    const rowLength = rows[0].stop - rows[0].start;
    const maxWidth = Math.floor(maxPixels / rowLength);
    let columns: Band[] = [{ start: 0, stop: width, first: 0, last: width }];
    if (maxWidth < width) {
      const own =
        Math.floor((maxWidth - 2 * rules.halo) / rules.multiple) * rules.multiple;
      columns = splitAxis(width, Math.max(own, rules.multiple), rules);
    }
    const tile = rowLength * (columns[0].stop - columns[0].start);
    const excess = Math.max(0, tile - maxPixels);
    const total = tile * rows.length * columns.length;
    // Splits within the limit first, then those with the fewest pixels in total.
    if (!best || excess < best.excess || (excess === best.excess && total < best.total)) {
      best = { excess, total, split: [rows, columns] };
    }
  }
  return best!.split;
}

/** Reflect a position into `[0, size)`, without repeating the border. */
export function reflect(position: number, size: number): number {
  if (size === 1) return 0;
  const period = 2 * (size - 1);
  const wrapped = ((position % period) + period) % period;
  return Math.min(wrapped, period - wrapped);
}
