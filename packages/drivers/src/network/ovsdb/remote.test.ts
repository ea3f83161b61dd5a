import { describe, expect, it } from "vitest";
import { parseRemotes } from "./remote.ts";

describe("remotes", () => {
  it("are read as OVSDB writes them", () => {
    expect(
      parseRemotes("unix:/run/nb.sock, tcp:10.0.0.1:6641,ssl:[fd00::1]:6641,ssl:nb.example:6641,"),
    ).toEqual([
      { kind: "unix", path: "/run/nb.sock" },
      { kind: "tcp", host: "10.0.0.1", port: 6641 },
      { kind: "ssl", host: "fd00::1", port: 6641 },
      { kind: "ssl", host: "nb.example", port: 6641 },
    ]);
  });

  it.for([
    "ptcp:6641",
    "tcp:host",
    "tcp:host:70000",
    "tcp:fd00::1:6641",
    "unix:",
    "ssl:[]:1",
    "http://host:1",
  ])("are not %s", (text) => {
    expect(() => parseRemotes(text)).toThrow("protocol");
  });
});
