import { expect, test } from "vitest";
import {
  type Band,
  planTiles,
  reflect,
  rulesOf,
  splitEvenly,
  splitImage,
  type TilingFacts,
} from "../../src/core/tiling.ts";

const FACTS: TilingFacts = {
  multiple: 16,
  radius: 91,
  minimumSide: 64,
  bytesPerPixel: 88,
};

test("the halo is the radius, rounded up to the multiple", () => {
  expect(rulesOf(FACTS)).toEqual({ halo: 96, multiple: 16 });
  expect(rulesOf({ ...FACTS, radius: 96 }).halo).toBe(96);
});

test("bands, worked by hand", () => {
  // 480 pixels without the outer halos, 192: 288 in two bands are 144 each.
  expect(splitEvenly(480, 2, { halo: 96, multiple: 16 })).toEqual([
    { start: 0, stop: 336, first: 0, last: 240 },
    { start: 144, stop: 480, first: 240, last: 480 },
  ]);
});

test.each([
  [1103, 1501],
  [4000, 6000],
  [64, 40000],
  [9999, 3001],
])("tiles of %i x %i cover every pixel once, with a halo inside", (height, width) => {
  const tiles = planTiles(height, width, FACTS);
  expect(tiles.length).toBeGreaterThan(1);
  const shapes = new Set(tiles.map((tile) => `${length(tile.rows)}x${length(tile.columns)}`));
  expect(shapes.size).toBe(1);
  for (const [axis, size] of [
    ["rows", height],
    ["columns", width],
  ] as const) {
    const bands = [...new Map(tiles.map((tile) => [tile[axis].first, tile[axis]])).values()];
    const padded = Math.ceil(size / 16) * 16;
    expect(bands[0].first).toBe(0);
    expect(bands.at(-1)!.last).toBe(padded);
    for (const [index, band] of bands.entries()) {
      if (index) expect(band.first).toBe(bands[index - 1].last);
      expect(band.start % 16).toBe(0);
      expect(band.stop).toBeLessThanOrEqual(padded);
      expect(band.start === 0 || band.first - band.start >= 96).toBe(true);
      expect(band.stop === padded || band.stop - band.last >= 96).toBe(true);
    }
  }
});

test("small images are one tile of at least the minimum side", () => {
  const whole = (size: number): Band => ({ start: 0, stop: size, first: 0, last: size });
  expect(planTiles(3, 5, FACTS)).toEqual([{ rows: whole(64), columns: whole(64) }]);
  expect(planTiles(100, 97, FACTS)).toEqual([{ rows: whole(112), columns: whole(112) }]);
});

test("tiles keep to the limit of pixels where halos allow it", () => {
  const [rows, columns] = splitImage(4096, 4096, 1_000_000, { halo: 96, multiple: 16 });
  expect(length(rows[0]) * length(columns[0])).toBeLessThanOrEqual(1_000_000);
  const [tiny] = splitImage(4096, 4096, 1, { halo: 96, multiple: 16 });
  expect(length(tiny[0])).toBe(2 * 96 + 16);
});

test("a filter of the halo's radius gives the same in tiles as on the whole", () => {
  const rules = { halo: 32, multiple: 8 };
  const signal = Array.from({ length: 400 }, (_, x) => Math.sin(x * x));
  const expected = movingSum(signal, 30);
  for (const count of [1, 2, 3, 7]) {
    const result = new Array<number>(400);
    for (const band of splitEvenly(400, count, rules)) {
      const part = movingSum(signal.slice(band.start, band.stop), 30);
      for (let x = band.first; x < band.last; x++) result[x] = part[x - band.start];
    }
    expect(result).toEqual(expected);
  }
});

test("reflection does not repeat the border", () => {
  const reflected = [-2, -1, 0, 1, 2, 3, 4, 5].map((position) => reflect(position, 3));
  expect(reflected).toEqual([2, 1, 0, 1, 2, 1, 0, 1]);
  expect(reflect(7, 1)).toBe(0);
});

function length(band: Band): number {
  return band.stop - band.start;
}

/** Sum the neighbors up to a radius, padded by reflection as the network pads. */
function movingSum(signal: number[], radius: number): number[] {
  return signal.map((_, center) => {
    let sum = 0;
    for (let offset = -radius; offset <= radius; offset++) {
      sum += signal[reflect(center + offset, signal.length)];
    }
    return sum;
  });
}
