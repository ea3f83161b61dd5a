import { expect, test } from "vitest";
import { isPublicAddress, sourceUrl } from "./source-url.ts";

test.each([
  ["https://cloud.debian.org/images/x.qcow2", true],
  ["http://example.com:8080/x", true],
  ["ftp://example.com/x", false],
  ["file:///etc/passwd", false],
  ["https://example.com:22/", false],
  ["https://mina:word@example.com/", false],
  ["gopher://example.com/", false],
  ["nonsense", false],
  ["http://example.com/a\0b", false],
  ["http://example.com/a b", false],
  ["http://example.com/\ud800", false],
])("%s: %s", (text, taken) => {
  expect(sourceUrl(text) !== null).toBe(taken);
});

test.each([
  ["93.184.216.34", true],
  ["2606:2800:220:1::1", true],
  ["127.0.0.1", false],
  ["127.9.9.9", false],
  ["0.0.0.0", false],
  ["10.0.0.1", false],
  ["172.16.5.4", false],
  ["192.168.1.1", false],
  ["169.254.169.254", false],
  ["100.64.0.1", false],
  ["224.0.0.1", false],
  ["255.255.255.255", false],
  ["198.18.0.1", false],
  ["::", false],
  ["::1", false],
  ["fe80::1", false],
  ["fd00::1", false],
  ["ff02::1", false],
  ["::ffff:127.0.0.1", false],
  ["::ffff:10.0.0.1", false],
  ["64:ff9b::7f00:1", false],
  ["2002:7f00:1::", false],
  ["localhost", false],
])("%s may be asked: %s", (address, may) => {
  expect(isPublicAddress(address)).toBe(may);
});

test("other spellings of loopback are loopback", () => {
  for (const host of ["2130706433", "0x7f.1", "0177.0.0.1", "127.1"]) {
    const url = sourceUrl(`http://${host}/`);
    expect(isPublicAddress(url?.hostname ?? ""), host).toBe(false);
  }
});
