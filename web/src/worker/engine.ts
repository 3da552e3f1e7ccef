/** The network in ONNX Runtime: on the GPU with WebGPU, otherwise in WebAssembly. */

import type * as Ort from "onnxruntime-web";
import gpuLoader from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url";
import gpuBinary from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url";
import cpuLoader from "onnxruntime-web/ort-wasm-simd-threaded.mjs?url";
import cpuBinary from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import type { EngineChoice, EngineFacts } from "./protocol.ts";

// More threads than this gain little for layers of this size.
const MAX_THREADS = 8;

export class Engine {
  private queue: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly facts: EngineFacts,
    private readonly ort: typeof Ort,
    private readonly session: Ort.InferenceSession,
  ) {}

  /**
   * Load the network.
   *
   * @param model Content of the ONNX file.
   * @param choice Where to run it; `auto` falls back to WebAssembly.
   */
  static async load(model: Uint8Array, choice: EngineChoice): Promise<Engine> {
    if (choice !== "wasm" && (await hasGpu())) {
      try {
        return await Engine.create(model, "webgpu");
      } catch (error) {
        // Drivers differ in what they support; WebAssembly always works.
        if (choice === "webgpu") throw error;
        console.warn("WebGPU failed, WebAssembly is used:", error);
      }
    }
    return Engine.create(model, "wasm");
  }

  private static async create(model: Uint8Array, provider: "webgpu" | "wasm") {
    const onGpu = provider === "webgpu";
    const ort: typeof Ort = onGpu
      ? await import("onnxruntime-web/webgpu")
      : await import("onnxruntime-web/wasm");
    // Threads share memory, which browsers allow on cross-origin isolated pages only.
    const threads = self.crossOriginIsolated
      ? Math.min(MAX_THREADS, navigator.hardwareConcurrency || 1)
      : 1;
    ort.env.wasm.numThreads = threads;
    ort.env.wasm.wasmPaths = {
      mjs: absolute(onGpu ? gpuLoader : cpuLoader),
      wasm: absolute(onGpu ? gpuBinary : cpuBinary),
    };
    const session = await ort.InferenceSession.create(model, {
      executionProviders: [provider],
      graphOptimizationLevel: "all",
    });
    const engine = new Engine({ provider, threads }, ort, session);
    await engine.warmUp();
    return engine;
  }

  /**
   * Stylize one tile.
   *
   * @param photo Values in [-1, 1], `(height, width, 3)`.
   * @param style Weight of each style.
   * @returns Values in (-1, 1) of the same shape.
   */
  run(
    photo: Float32Array,
    height: number,
    width: number,
    style: Float32Array,
  ): Promise<Float32Array> {
    const result = this.queue.then(async () => {
      const outputs = await this.session.run({
        photo: new this.ort.Tensor("float32", photo, [1, height, width, 3]),
        style: new this.ort.Tensor("float32", style, [1, style.length]),
      });
      const stylized = (await outputs.stylized.getData()) as Float32Array;
      outputs.stylized.dispose();
      return stylized;
    });
    // One call at a time; a failed one does not stop the next.
    this.queue = result.catch(() => undefined);
    return result;
  }

  /** Run once, so that an unsupported operation is found before the first photo. */
  private async warmUp(): Promise<void> {
    const metadata = this.session.inputMetadata.find((input) => input.name === "style");
    const shape = metadata?.isTensor ? metadata.shape : [];
    const style = new Float32Array(Number(shape[1]));
    style[0] = 1;
    const stylized = await this.run(new Float32Array(64 * 64 * 3), 64, 64, style);
    if (!stylized.every(Number.isFinite)) throw new Error("results are not finite");
  }
}

async function hasGpu(): Promise<boolean> {
  try {
    return Boolean(await (navigator as { gpu?: any }).gpu?.requestAdapter());
  } catch {
    return false;
  }
}

function absolute(address: string): string {
  return new URL(address, import.meta.url).href;
}
