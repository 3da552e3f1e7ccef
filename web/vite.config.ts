import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const manifest = fileURLToPath(new URL("public/model/manifest.json", import.meta.url));
if (!process.env.VITEST && !existsSync(manifest)) {
  // An exception would be shown with Vite's own calls.
  console.error(
    "web/public/model is missing; in the root of the project, run: " +
      'pip install ".[web]" && python web/scripts/export_model.py',
  );
  process.exit(1);
}

export default defineConfig({
  // Relative addresses work in any folder of a static host.
  base: "./",
  resolve: {
    // Take ONNX Runtime without its embedded loader, so that only the WebAssembly
    // files which the worker names become part of the site.
    conditions: [
      "onnxruntime-web-use-extern-wasm",
      "module",
      "browser",
      "development|production",
    ],
  },
  optimizeDeps: { exclude: ["onnxruntime-web"] },
  worker: { format: "es" },
  build: { target: "es2022", assetsInlineLimit: 0 },
  server: {
    headers: {
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Embedder-Policy": "require-corp",
    },
  },
  test: {
    include: ["tests/**/*.test.ts"],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
