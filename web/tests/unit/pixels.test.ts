import { expect, test } from "vitest";
import { floatToPixels, mix, regionOf, tileToFloat } from "../../src/core/pixels.ts";
import { planTiles } from "../../src/core/tiling.ts";

const FACTS = { multiple: 16, radius: 8, minimumSide: 16, bytesPerPixel: 1 };

test("levels to floats and back are exact, and the padding is dropped", () => {
  const [height, width] = [9, 29];
  const data = Uint8ClampedArray.from({ length: 4 * height * width }, (_, index) =>
    index % 4 === 3 ? 255 : (index * 37) % 256,
  );
  const [tile] = planTiles(height, width, FACTS);
  const region = { ...regionOf(tile, height, width), data };
  const floats = tileToFloat(region, tile, height, width);
  expect(floats.length).toBe(3 * 16 * 32);
  const pixels = floatToPixels(floats, tile, height, width);
  expect(pixels).toEqual({ left: 0, top: 0, width, height, data });
});

test("beyond the border the image is reflected", () => {
  const data = new Uint8ClampedArray(4 * 15);
  for (let x = 0; x < 15; x++) data[4 * x] = 10 * x;
  const [tile] = planTiles(1, 15, FACTS);
  const region = { ...regionOf(tile, 1, 15), data };
  const red = tileToFloat(region, tile, 1, 15).filter((_, index) => index % 3 === 0);
  // One row repeats itself; the 16th column is the 14th.
  expect(red[15]).toBe(red[13]);
  expect(red[16 + 3]).toBe(red[3]);
  expect(red[3]).toBe(Math.fround(Math.fround(30 / 127.5) - 1));
});

test("halves are rounded up, out of range is clipped, not a number is mid-gray", () => {
  const [tile] = planTiles(16, 16, FACTS);
  const values = new Float32Array(3 * 256);
  // 0.5 / 127.5 above -1 is half a level.
  values.set([1.5, -1.5, Number.NaN, 0]);
  const { data } = floatToPixels(values, tile, 16, 16);
  expect([...data.subarray(0, 5)]).toEqual([255, 0, 128, 255, 128]);
});

test("strength 0 is the photo, 1 the drawing, between them rounded halves go up", () => {
  const photo = Uint8ClampedArray.of(0, 10, 255, 255);
  const drawing = Uint8ClampedArray.of(255, 13, 0, 255);
  const at = (strength: number) => {
    const result = drawing.slice();
    mix(photo, result, strength);
    return [...result];
  };
  expect(at(0)).toEqual([...photo]);
  expect(at(1)).toEqual([...drawing]);
  expect(at(0.5)).toEqual([128, 12, 128, 255]);
});
