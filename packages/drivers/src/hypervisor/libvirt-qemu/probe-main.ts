/** For boot/libvirt.mjs: `probe-main.ts CACHE_FILE` prints the choice as one JSON line. */
import { argv, stdout } from "node:process";
import { chooseVirtType } from "./probe.ts";

const cachePath = argv[2];
if (!cachePath) throw new Error("usage: probe-main.ts CACHE_FILE");
const { virtType, why } = await chooseVirtType(cachePath);
stdout.write(`${JSON.stringify({ virtType, why })}\n`);
