/**
 * Mark image files as made with AI: software, and an XMP packet with the IPTC Digital
 * Source Type. The texts come from the manifest; see docs/marking.md.
 */

export interface Mark {
  software: string;
  xmp: string;
}

const encoder = new TextEncoder();
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) {
    value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return value;
});

/**
 * Add the mark to a PNG or JPEG file.
 *
 * @param file The file, as a canvas encodes it.
 * @param mark The texts.
 * @returns The marked file, of the same pixels.
 */
export async function markFile(file: Blob, mark: Mark): Promise<Blob> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const marked = file.type === "image/png" ? markPng(bytes, mark) : markJpeg(bytes, mark);
  return new Blob([marked], { type: file.type });
}

export function markPng(png: Uint8Array, mark: Mark): Uint8Array<ArrayBuffer> {
  // The signature takes 8 bytes, the chunk IHDR 25.
  const head = 33;
  const text = concat([latin1("Software"), [0], latin1(mark.software)]);
  // Keyword, not compressed, no language, no translated keyword.
  const packet = concat([
    latin1("XML:com.adobe.xmp"),
    [0, 0, 0, 0, 0],
    encoder.encode(mark.xmp),
  ]);
  return concat([
    png.subarray(0, head),
    pngChunk("tEXt", text),
    pngChunk("iTXt", packet),
    png.subarray(head),
  ]);
}

export function markJpeg(jpeg: Uint8Array, mark: Mark): Uint8Array<ArrayBuffer> {
  // EXIF and XMP follow the JFIF segment, if there is one.
  const hasJfif = jpeg[2] === 0xff && jpeg[3] === 0xe0;
  const head = hasJfif ? 4 + jpeg[4] * 256 + jpeg[5] : 2;
  const packet = concat([
    latin1("http://ns.adobe.com/xap/1.0/\0"),
    encoder.encode(mark.xmp),
  ]);
  return concat([
    jpeg.subarray(0, head),
    jpegSegment(exifOf(mark.software)),
    jpegSegment(packet),
    jpeg.subarray(head),
  ]);
}

/** EXIF with one entry, Software (tag 305). */
function exifOf(software: string): Uint8Array {
  const text = latin1(`${software}\0`);
  const view = new DataView(new ArrayBuffer(26));
  view.setUint16(0, 0x4d4d); // big-endian
  view.setUint16(2, 42);
  view.setUint32(4, 8); // offset of the directory
  view.setUint16(8, 1); // number of entries
  view.setUint16(10, 305);
  view.setUint16(12, 2); // ASCII
  view.setUint32(14, text.length);
  view.setUint32(18, 26); // offset of the text, longer than 4 bytes
  return concat([latin1("Exif\0\0"), new Uint8Array(view.buffer), text]);
}

function jpegSegment(payload: Uint8Array): Uint8Array {
  const length = payload.length + 2;
  return concat([[0xff, 0xe1, length >> 8, length & 255], payload]);
}

function pngChunk(type: string, payload: Uint8Array): Uint8Array {
  const body = concat([latin1(type), payload]);
  return concat([bigEndian(payload.length), body, bigEndian(crc32(body))]);
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

function bigEndian(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function concat(parts: (Uint8Array | number[])[]): Uint8Array<ArrayBuffer> {
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const joined = new Uint8Array(total);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
