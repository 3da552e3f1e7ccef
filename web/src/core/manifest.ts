/** The manifest of the model, which scripts/export_model.py writes. */

import type { Mark } from "./mark.ts";
import type { TilingFacts } from "./tiling.ts";

export type Localized = Record<"en" | "zh", string>;

export interface Style {
  name: string;
  label: Localized;
  description: string;
  credit: string;
  license: string;
  preview: string;
}

export interface Sample {
  file: string;
  thumbnail: string;
  label: Localized;
  credit: string;
}

export interface Manifest {
  model: { file: string; bytes: number };
  tiling: TilingFacts;
  defaultStyle: string;
  /** A portrait in bands, the photo and then a band for each style. */
  hero: string;
  styles: Style[];
  samples: Sample[];
  mark: Mark;
}

/** Weight of each style, in the manifest's order; the sum is 1. */
export function styleWeights(
  manifest: Manifest,
  shares: Record<string, number>,
): Float32Array<ArrayBuffer> {
  return Float32Array.from(manifest.styles, (style) => shares[style.name] ?? 0);
}

/** Load the manifest from the folder of the model, whose address ends with a slash. */
export async function loadManifest(folder: string): Promise<Manifest> {
  // The file keeps its name when the styles change.
  const response = await fetch(`${folder}manifest.json`, { cache: "no-cache" });
  if (!response.ok) throw new Error(`manifest.json: ${response.status}`);
  return response.json();
}
