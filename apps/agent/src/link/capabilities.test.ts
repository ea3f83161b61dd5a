import type { Capabilities, HypervisorNetwork } from "@madang/core/wire/agent";
import { describe, expect, it } from "vitest";
import { capabilitiesOn } from "./capabilities.ts";

const driver: Capabilities = {
  graphicalConsole: true,
  serialConsole: true,
  consoleLog: true,
  realDisks: true,
  acceleration: "tcg",
  hardware: { nicModel: ["virtio", "e1000e", "e1000"], firmware: ["bios"] },
};
const on = (datapath: HypervisorNetwork["datapath"]): HypervisorNetwork => ({
  datapath,
  switchEnds: 0,
  emergency: null,
});

describe("what a hypervisor says it can do", () => {
  it("leaves out interfaces whose checksums its switch would not finish", () => {
    expect(capabilitiesOn(driver, on("netdev")).hardware).toEqual({
      nicModel: ["virtio", "e1000"],
      firmware: ["bios"],
    });
  });

  it.for(["system", "none", "simulated"] as const)(
    "is what its driver can where the switch is %s",
    (datapath) => {
      expect(capabilitiesOn(driver, on(datapath))).toEqual(driver);
    },
  );

  it("says nothing of what the driver says nothing of", () => {
    const { hardware: _, ...silent } = driver;
    expect(capabilitiesOn(silent, on("netdev"))).toEqual(silent);
  });
});
