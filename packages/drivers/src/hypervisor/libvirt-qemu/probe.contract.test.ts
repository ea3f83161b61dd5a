import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { chooseVirtType, probeAccelerator } from "./probe.ts";

it("sees a guest run under plain emulation", async () => {
  expect(await probeAccelerator("tcg", "Nehalem")).toMatchObject({ ok: true });
});

it("says why an accelerator is of no use", async () => {
  const { ok, why } = await probeAccelerator("kvm", "no-such-model");
  expect(ok).toBe(false);
  expect(why).toMatch(/QEMU ended: .+/);
});

it("keeps its choice for one boot of the host and no longer", async () => {
  const folder = await mkdtemp(join(tmpdir(), "madang-probe-test-"));
  const path = join(folder, "virt-type.json");
  try {
    const first = await chooseVirtType(path);
    const kept = JSON.parse(await readFile(path, "utf8"));
    expect(kept).toMatchObject(first);
    await writeFile(path, JSON.stringify({ ...kept, why: "kept" }));
    expect((await chooseVirtType(path)).why).toBe("kept");
    await writeFile(path, JSON.stringify({ ...kept, bootId: "another", why: "stale" }));
    expect((await chooseVirtType(path)).why).not.toBe("stale");
  } finally {
    await rm(folder, { recursive: true });
  }
});
