import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { CloudError } from "@madang/core/errors";
import { expect, test } from "vitest";
import { makeRequestShare, requestsPerAddress } from "./request-share.ts";
import { makeShare } from "./share.ts";

const response = () => new ServerResponse(new IncomingMessage(new Socket()));

test("whoever owns a /64 has one share, however many addresses he writes from", () => {
  const share = makeRequestShare();
  const responses = Array.from({ length: requestsPerAddress }, response);
  for (const [index, one] of responses.entries()) share.take(`2001:db8:0:1::${index.toString(16)}`, one);
  const one = () => share.take("2001:db8:0:1:ffff::", response());
  expect(one).toThrow("too many requests from your address");
  share.take("2001:db8:0:2::1", response());
  responses[0]?.emit("close");
  expect(one).not.toThrow();
});

test("nobody takes more places than his, and all together no more than there are", () => {
  const share = makeShare({ each: 2, all: 3 }, () => new CloudError("TooManyRequests", "full"));
  const leave = share.enter("a");
  share.enter("a");
  expect(() => share.enter("a")).toThrow("full");
  const leaveB = share.enter("b");
  expect(() => share.enter("b")).toThrow("full");
  leave();
  share.enter("a");
  expect(() => share.enter("b")).toThrow("full");
  leaveB();
  expect(() => share.enter("b")).not.toThrow();
});
