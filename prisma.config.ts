import { fileURLToPath } from "node:url";
import { defineConfig } from "prisma/config";

// The stock engine is a binary from a host that closed networks can't reach; the shim runs the same engine as WASM.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= fileURLToPath(
  new URL("./tools/schema-engine.mjs", import.meta.url),
);

export default defineConfig({
  schema: "prisma/schema.prisma",
  migrations: { path: "prisma/migrations" },
  datasource: { url: process.env.DATABASE_URL ?? "postgresql://postgres@127.0.0.1:5432/madang" },
});
