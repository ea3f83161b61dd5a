/** The least that takes a file over HTTP: each PUT is written to a file and hashed, and is on disk when it is answered. */
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

const folder = process.argv[2];
if (!folder) throw new Error("it needs a folder");

const server = createServer(async (request, response) => {
  const hash = createHash("sha256");
  const file = createWriteStream(join(folder, "put"), { flush: true });
  const hashed = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };
  await pipeline(request, hashed, file);
  response.end(hash.digest("hex"));
});
server.listen(0, "127.0.0.1", () => process.send?.(server.address()));
process.once("disconnect", () => process.exit());
