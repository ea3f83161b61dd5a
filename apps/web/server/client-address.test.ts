import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { expect, test } from "vitest";
import { clientAddress, proxyTrust } from "./client-address.ts";

function requestFrom(remoteAddress: string, forwarded?: string): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, "remoteAddress", { value: remoteAddress });
  const request = new IncomingMessage(socket);
  if (forwarded !== undefined) request.headers["x-forwarded-for"] = forwarded;
  return request;
}

const trust = proxyTrust(["10.0.0.0/8", "2001:db8::1"]);

test.each([
  ["nobody is believed by default", "192.0.2.9", "1.1.1.1", "192.0.2.9"],
  ["a trusted proxy is", "10.1.2.3", "203.0.113.5", "203.0.113.5"],
  ["also as IPv6", "2001:db8::1", "203.0.113.5", "203.0.113.5"],
  ["also mapped into IPv6", "::ffff:10.1.2.3", "203.0.113.5", "203.0.113.5"],
  ["what a client forged before it is not", "10.1.2.3", "1.1.1.1, 203.0.113.5", "203.0.113.5"],
  ["a chain of proxies is walked back", "10.1.2.3", "203.0.113.5, 10.9.9.9", "203.0.113.5"],
  ["nor nonsense", "10.1.2.3", "<script>, 203.0.113.5", "203.0.113.5"],
  ["a port goes unread", "10.1.2.3", "1.1.1.1, 203.0.113.5:4711", "203.0.113.5"],
  ["also of IPv6", "10.1.2.3", "1.1.1.1, [2001:db8::5]:4711", "2001:db8::5"],
  ["a proxy that names nobody brings no forgery in", "10.1.2.3", "1.1.1.1, unknown", "10.1.2.3"],
  ["without the header it is the proxy itself", "10.1.2.3", undefined, "10.1.2.3"],
])("%s", (_what, remote, forwarded, expected) => {
  expect(clientAddress(requestFrom(remote, forwarded), trust)).toBe(expected);
});

test("a setting that is no address is refused", () => {
  expect(() => proxyTrust(["proxy.example"])).toThrow("MADANG_TRUSTED_PROXIES");
});
