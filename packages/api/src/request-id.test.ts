import { expect, test } from "vitest";
import { requestIdFrom } from "./request-id.ts";

const own = "req-0190163d-8694-739b-aea5-966c26f8ad91";

test("a well-formed id of the caller is kept", () => {
  expect(requestIdFrom(own)).toBe(own);
});

test.each([undefined, "", "req-1", `${own}\nx: y`, `${own} `, own.toUpperCase(), [own, own], "<script>"])(
  "anything else gets a new one",
  (header) => {
    const id = requestIdFrom(header);
    expect(id).toMatch(/^req-[0-9a-f-]{36}$/);
    expect(id).not.toBe(header);
  },
);
