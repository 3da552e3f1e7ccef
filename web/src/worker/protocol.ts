/** Messages between the page and the worker that runs the network. */

export interface PreviewJob {
  kind: "preview";
  /** RGBA pixels, opaque. */
  pixels: Uint8ClampedArray<ArrayBuffer>;
  width: number;
  height: number;
  shares: Record<string, number>;
}

export interface ExportJob {
  kind: "export";
  source: Blob;
  /** Size of the result in pixels. */
  width: number;
  height: number;
  shares: Record<string, number>;
  strength: number;
  type: "image/png" | "image/jpeg";
}

export type Request =
  | { kind: "start"; folder: string; engine: EngineChoice }
  | { kind: "job"; id: number; job: PreviewJob | ExportJob }
  | { kind: "cancel"; id: number };

export interface PreviewResult {
  pixels: Uint8ClampedArray<ArrayBuffer>;
  milliseconds: number;
}

export interface EngineFacts {
  provider: "webgpu" | "wasm";
  threads: number;
}

/** `auto` takes WebGPU where the browser has it. */
export type EngineChoice = "auto" | "webgpu" | "wasm";

/** Reasons for which a job fails, which the page puts in words. */
export type FailureReason = "unreadable" | "too-large" | "canceled" | "engine";

export type Reply =
  | { kind: "started"; facts: EngineFacts }
  | { kind: "not-started"; message: string }
  | { kind: "preview"; id: number; result: PreviewResult }
  | { kind: "progress"; id: number; done: number; total: number }
  | { kind: "exported"; id: number; file: Blob }
  | { kind: "failed"; id: number; reason: FailureReason; message: string };
