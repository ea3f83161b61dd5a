import { bindMigrationAwareSqlAdapterFactory } from "@prisma/driver-adapter-utils";
import { createFactory } from "./adapter.mjs";
import { loadWasm } from "./wasm.mjs";

/** These only read what devDiagnostic replayed: the WASM build can't replay migrations for them itself. */
const needsReplay = new Set(["evaluateDataLoss", "createMigration"]);

/** Answers a function that calls a method of the engine, which is loaded at the first call. */
export function openEngine({ url, shadowUrl, datamodels }) {
  let loading;
  async function load() {
    const wasm = await loadWasm();
    // An empty list instead of undefined makes `diff` panic.
    const models = { datamodels: datamodels.length > 0 ? datamodels : undefined };
    const factory = bindMigrationAwareSqlAdapterFactory(createFactory(url, shadowUrl));
    return wasm.SchemaEngine.new(models, () => {}, factory);
  }
  return async (method, params) => {
    loading ??= load();
    const engine = await loading;
    if (needsReplay.has(method)) {
      await engine.devDiagnostic({ migrationsList: params.migrationsList, filters: params.filters });
    }
    return engine[method](params);
  };
}
