import { expect, test } from "vitest";
import { failureLines, failuresOf, laneCounts, sum, summary } from "./test-report.mjs";

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

const red = String.fromCharCode(27);

test("what failed is named once more at the end, in a few lines each", () => {
  const stack = `Error: ${red}[31mno${red}[39m\n    at a.test.ts:1:2\n    at run (file:///node_modules/vitest/dist/run.js:1:1)`;
  expect(failureLines([{ where: "a.test.ts > is right", what: stack }])).toEqual([
    "✗ a.test.ts > is right",
    "    Error: no",
    "        at a.test.ts:1:2",
  ]);
  const many = failureLines(Array.from({ length: 25 }, () => ({ where: "one", what: "line\n".repeat(100) })));
  expect(many.at(-1)).toBe("and 5 more");
  expect(many.length).toBeLessThan(300);
});

test("of journeys too", () => {
  const spec = (title, ok, message) => ({ title, ok, tests: [{ results: [{ errors: [{ message }] }] }] });
  const inner = { title: "group", specs: [spec("falls", false, "Error: it fell")] };
  const report = { suites: [{ title: "a.spec.ts", specs: [spec("stands", true)], suites: [inner] }] };
  expect(failuresOf(report)).toEqual([{ where: "a.spec.ts > group > falls", what: "Error: it fell" }]);
});
