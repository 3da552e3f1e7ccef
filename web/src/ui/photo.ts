/** A photo that was opened: its file, and its pixels at the size of the preview. */

// Longer side of the preview in pixels: enough for the stage on most screens.
const PREVIEW_SIDE = 1024;

export interface Photo {
  file: Blob;
  name: string;
  /** Size of the file's image in pixels. */
  width: number;
  height: number;
  preview: ImageData;
}

/** Decode an image file. Rejects if the browser cannot. */
export async function readPhoto(file: Blob, name: string): Promise<Photo> {
  const bitmap = await createImageBitmap(file);
  const { width, height } = bitmap;
  const scale = Math.min(1, PREVIEW_SIDE / Math.max(width, height));
  const preview = scaled(bitmap, width * scale, height * scale);
  bitmap.close();
  return { file, name, width, height, preview };
}

/** Draw an image on white, at a size that is rounded to pixels. */
export function scaled(
  source: CanvasImageSource,
  width: number,
  height: number,
): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width));
  canvas.height = Math.max(1, Math.round(height));
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

/** Scale pixels down so that they are at most `maxPixels`. */
export function limited(image: ImageData, maxPixels: number): ImageData {
  const scale = Math.sqrt(maxPixels / (image.width * image.height));
  if (scale >= 1) return image;
  const canvas = document.createElement("canvas");
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext("2d")!.putImageData(image, 0, 0);
  return scaled(canvas, image.width * scale, image.height * scale);
}
