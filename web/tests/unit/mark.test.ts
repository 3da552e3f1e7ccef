import { PNG } from "pngjs";
import { expect, test } from "vitest";
import { markJpeg, markPng } from "../../src/core/mark.ts";

const MARK = { software: "animegan_tf 1.2", xmp: "<x:xmpmeta>模型</x:xmpmeta>" };

test("a marked PNG holds the same pixels and both texts, with right checksums", () => {
  const source = new PNG({ width: 2, height: 1 });
  source.data.set([1, 2, 3, 255, 4, 5, 6, 255]);
  const marked = Buffer.from(markPng(PNG.sync.write(source), MARK));
  // pngjs checks the checksum of every chunk.
  expect(PNG.sync.read(marked).data).toEqual(source.data);
  expect(marked.includes("tEXtSoftware\0animegan_tf 1.2")).toBe(true);
  expect(marked.includes(`iTXtXML:com.adobe.xmp\0\0\0\0\0${MARK.xmp}`)).toBe(true);
});

test("a marked JPEG has EXIF and XMP segments after JFIF", () => {
  const jfif = [0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2];
  const rest = [0xff, 0xdb, 0, 2, 0xff, 0xd9];
  const marked = Buffer.from(markJpeg(Uint8Array.from([...jfif, ...rest]), MARK));
  expect([...marked.subarray(0, 8)]).toEqual(jfif);
  expect([...marked.subarray(-6)]).toEqual(rest);
  const segments: Buffer[] = [];
  let offset = 8;
  while (marked[offset + 1] === 0xe1) {
    const length = marked.readUInt16BE(offset + 2);
    segments.push(marked.subarray(offset + 4, offset + 2 + length));
    offset += 2 + length;
  }
  expect(segments.length).toBe(2);
  const tiff = segments[0].subarray(6);
  expect(segments[0].subarray(0, 6).toString("latin1")).toBe("Exif\0\0");
  expect(tiff.readUInt16BE(10)).toBe(305);
  const start = tiff.readUInt32BE(18);
  const text = tiff.subarray(start, start + tiff.readUInt32BE(14)).toString("latin1");
  expect(text).toBe("animegan_tf 1.2\0");
  expect(segments[1].toString()).toBe(`http://ns.adobe.com/xap/1.0/\0${MARK.xmp}`);
});
