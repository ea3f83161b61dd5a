import { canConnect, createDatabase } from "./database.mjs";
import { panicMessage } from "./wasm.mjs";

/** JSON-RPC's code for an error of the engine, as the CLI expects it. */
const engineError = 4466;
/** The engine's own requests need an id that no request of the CLI has. */
const printId = 1_000_000_000;

function errorOf(error) {
  const panicked = error instanceof WebAssembly.RuntimeError;
  const message = (panicked && panicMessage()) || error?.message || String(error);
  const code = /^P\d+/.test(error?.code ?? "") ? error.code : undefined;
  return {
    code: engineError,
    message: "An error happened. Check the data field for details.",
    data: { is_panic: panicked, message, error_code: code, error: { message } },
  };
}

/** Answers a function that handles one request and sends its response, and a diff's text as a `print` call before it. */
export function createAnswerer(call, url, send) {
  const local = {
    createDatabase: async () => ({ databaseName: await createDatabase(url) }),
    ensureConnectionValidity: async () => {
      await canConnect(url);
      return {};
    },
    getDatabaseVersion: () => call("version"),
  };

  async function resultOf(method, params) {
    const result = (await (local[method]?.() ?? call(method, params))) ?? null;
    if (method === "diff" && result?.stdout)
      send({ id: printId, method: "print", params: { content: result.stdout } });
    return result;
  }

  return async ({ id, method, params = {} }) => {
    if (!method) return;
    try {
      send({ id, result: await resultOf(method, params) });
    } catch (error) {
      send({ id, error: errorOf(error) });
    }
  };
}
