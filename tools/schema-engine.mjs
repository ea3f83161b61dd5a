#!/usr/bin/env node
// Prisma's CLI talks to its schema engine over argv and line-delimited JSON-RPC on stdio. This is that engine, made of
// the WASM build (npm) instead of the binary that Prisma fetches from a host of its own. prisma.config.ts points to it.
import { createInterface } from "node:readline";
import { readArguments } from "./schema-engine/arguments.mjs";
import { runCommand } from "./schema-engine/command.mjs";
import { openEngine } from "./schema-engine/engine.mjs";
import { log } from "./schema-engine/log.mjs";
import { createAnswerer } from "./schema-engine/rpc.mjs";
import { loadWasm, panicMessage } from "./schema-engine/wasm.mjs";

const args = readArguments(process.argv.slice(2));

process.on("uncaughtException", (error) => {
  log("ERROR", { is_panic: true, message: panicMessage() || error.message });
  process.exit(101);
});

if (args.version) {
  const wasm = await loadWasm();
  console.log(`schema-engine-wasm ${wasm.version()}`);
  process.exit(0);
}
if (args.command) process.exit(await runCommand(args.command, args.url));

const answer = createAnswerer(openEngine(args), args.url, (message) => {
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
});
// One request after the other: the engine keeps state between them.
let chain = Promise.resolve();
const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
lines.on("line", (line) => {
  if (line.trim()) chain = chain.then(() => answer(JSON.parse(line)));
});
lines.on("close", () => chain.finally(() => process.exit(0)));
