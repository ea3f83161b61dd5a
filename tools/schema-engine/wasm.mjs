import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const require = createRequire(import.meta.url);

/** The message of the engine's last panic; empty if there was none. */
export function panicMessage() {
  return globalThis.PRISMA_WASM_PANIC_REGISTRY?.get() ?? "";
}

/** Instantiates the WASM by hand: its package expects a bundler that can import .wasm. */
export async function loadWasm() {
  globalThis.PRISMA_WASM_PANIC_REGISTRY = {
    message: "",
    get() {
      return this.message;
    },
    set_message(text) {
      this.message = text;
    },
  };
  const glue = await import("@prisma/schema-engine-wasm/schema_engine_bg");
  const file = resolve(
    require.resolve("@prisma/schema-engine-wasm/schema_engine_bg"),
    "../schema_engine_bg.wasm",
  );
  const imports = { "./schema_engine_bg.js": glue };
  const { instance } = await WebAssembly.instantiate(readFileSync(file), imports);
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return glue;
}
