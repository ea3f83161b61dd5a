import { createFormatter } from "next-intl";
import { expect, test } from "vitest";
import { durationText } from "./words.ts";

const second = 1_000;
test.each([
  [0, "1 sec", "1초"],
  [59_400, "59 sec", "59초"],
  [60 * second, "1 min", "1분"],
  [61 * second, "1 min 1 sec", "1분 1초"],
  [3_600 * second + 59 * second, "1 hr", "1시간"],
  [(86_400 + 2 * 3_600 + 90) * second, "1 day 2 hr", "1일 2시간"],
])("%i ms", (ms, en, ko) => {
  expect(durationText(createFormatter({ locale: "en" }), ms)).toBe(en);
  expect(durationText(createFormatter({ locale: "ko" }), ms)).toBe(ko);
});
