import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterEach, beforeEach, expect, test } from "vitest";
import { wasReached, watchSwitch } from "./switch-watch.mjs";

let folder;
beforeEach(() => {
  folder = mkdtempSync(`${tmpdir()}/madang-switch-`);
});
afterEach(() => rmSync(folder, { recursive: true }));

const abort =
  "2026-11-22T10:00:00Z|00123|util|EMER|lib/conntrack.c:1063: assertion conn->conn_type == CT_CONN_TYPE_DEFAULT failed in conn_update_state()";

const quiet = { switchEnds: 0, emergency: null, rulesLost: 0, reached: true };

test("ends are counted, and the last emergency is kept and said; what else is logged is not", () => {
  const said = [];
  const file = `${folder}/switch.json`;
  const watch = watchSwitch({ file, say: (text) => said.push(text) });
  const state = () => JSON.parse(readFileSync(file, "utf8"));
  expect(state()).toEqual(quiet);
  watch.heed("2026-11-22T10:00:00Z|00001|bridge|INFO|bridge br-int: added interface EMERALD on port 1");
  expect(state()).toEqual(quiet);
  watch.heed(abort);
  watch.ended();
  watch.rulesLost();
  expect(state()).toEqual({ switchEnds: 1, emergency: abort, rulesLost: 1, reached: true });
  expect(said).toEqual([`The switch calls an emergency: ${abort}`]);
  watch.heed(`|EMER|${"x".repeat(10_000)}`);
  expect(state().emergency).toHaveLength(500);
});

test("that the southbound database was reached is remembered", () => {
  const file = `${folder}/switch.json`;
  expect(wasReached(file)).toBe(false);
  const watch = watchSwitch({ file, say: () => {}, reached: false });
  expect(wasReached(file)).toBe(false);
  watch.reached();
  expect(wasReached(file)).toBe(true);
});
