import { Duplex } from "node:stream";
import { describe, expect, it, vi } from "vitest";
import { openSerialHub, replayBytes } from "./serial-hub.ts";
import { terminal } from "./testing/terminal.ts";
import { until } from "./testing/until.ts";

function guestLine() {
  const typed: string[] = [];
  const line = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      typed.push(String(chunk));
      done();
    },
  });
  return { line, typed };
}

describe("a serial hub", () => {
  it("shows everybody the same, and a late viewer what was before", async () => {
    const { line, typed } = guestLine();
    const hub = openSerialHub(line, Buffer.from("before "), () => {});
    const one = terminal(hub.view());
    line.push("hello ");
    await one.see(/before hello /);
    const two = terminal(hub.view());
    line.push("world");
    await Promise.all([one.see(/world/), two.see(/before hello world/)]);
    two.type("ls\r");
    await until("the guest to get it", async () => typed.join("") === "ls\r");
    hub.end();
  });

  it("lets a viewer that reads nothing fall behind, and no other", async () => {
    const { line } = guestLine();
    const hub = openSerialHub(line, Buffer.alloc(0), () => {});
    const slow = hub.view();
    let fast = 0;
    hub.view().on("data", (chunk: Buffer) => {
      fast += chunk.length;
    });
    const block = Buffer.alloc(32 * 1024, "x");
    for (let sent = 1; sent <= 100; sent++) {
      line.push(block);
      await until("the fast one to keep up", async () => fast === sent * block.length);
    }
    line.push("THE-END");
    await until("the fast one to have all", async () => fast === 100 * block.length + 7);
    expect(slow.readableLength).toBeLessThan(512 * 1024);
    await terminal(slow).see(/output skipped[\s\S]*THE-END/);
    hub.end();
  });

  it("keeps no more of the past than it may", async () => {
    const hub = openSerialHub(guestLine().line, Buffer.alloc(replayBytes * 2, "y"), () => {});
    expect(hub.view().readableLength).toBe(replayBytes);
    hub.end();
  });

  it("ends with its last viewer, and its viewers with the line", async () => {
    const ended = vi.fn();
    const first = guestLine();
    const hub = openSerialHub(first.line, Buffer.alloc(0), ended);
    const [one, two] = [hub.view(), hub.view()];
    one.destroy();
    await until("one to leave", async () => hub.viewers === 1);
    expect(ended).not.toHaveBeenCalled();
    two.destroy();
    await until("the line to end", async () => first.line.destroyed);
    expect(ended).toHaveBeenCalledOnce();

    const second = guestLine();
    const viewer = openSerialHub(second.line, Buffer.alloc(0), ended).view();
    viewer.resume();
    const closed = new Promise((resolve) => viewer.once("close", resolve));
    second.line.destroy();
    await closed;
    expect(ended).toHaveBeenCalledTimes(2);
  });
});
