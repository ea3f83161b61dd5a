import { expect, test } from "vitest";
import { laneCounts, sum, summary } from "./test-report.mjs";

const vitest = (numPassedTests, numFailedTests, numPendingTests = 0) => ({
  numPassedTests,
  numFailedTests,
  numPendingTests,
  numTodoTests: 0,
});
const playwright = (expected, unexpected, flaky = 0, skipped = 0) => ({
  stats: { expected, unexpected, flaky, skipped },
});

test.each([
  ["vitest, all passed", vitest(5, 0), 0, { passed: 5, failed: 0, skipped: 0 }],
  ["vitest, two failed", vitest(5, 2, 1), 1, { passed: 5, failed: 2, skipped: 1 }],
  ["a file that could not be loaded", vitest(5, 0), 1, { passed: 5, failed: 1, skipped: 0 }],
  ["nothing ran", vitest(0, 0), 0, { passed: 0, failed: 1, skipped: 0 }],
  ["everything was skipped", vitest(0, 0, 7), 0, { passed: 0, failed: 1, skipped: 7 }],
  ["no report", null, 0, { passed: 0, failed: 1, skipped: 0 }],
  ["playwright, one at the second try", playwright(3, 0, 1), 0, { passed: 4, failed: 0, skipped: 0 }],
  ["playwright, one failed", playwright(3, 1, 0, 2), 1, { passed: 3, failed: 1, skipped: 2 }],
])("%s", (_name, report, exitCode, expected) => {
  expect(laneCounts(report, exitCode)).toEqual(expected);
});

test("the last line", () => {
  expect(summary(sum([laneCounts(vitest(2, 0), 0), laneCounts(playwright(3, 0), 0)]))).toBe(
    "5 passed, 0 failed",
  );
  expect(summary({ passed: 1, failed: 2, skipped: 3 })).toBe("1 passed, 2 failed, 3 skipped");
});
