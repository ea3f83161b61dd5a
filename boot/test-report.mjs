import { readFileSync } from "node:fs";

const none = { passed: 0, failed: 0, skipped: 0 };

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}

/** Counts of vitest's JSON reporter. */
function ofVitest(report) {
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** Counts of Playwright's JSON reporter; a test that passed only at its second try has passed. */
function ofPlaywright({ stats }) {
  return { passed: stats.expected + stats.flaky, failed: stats.unexpected, skipped: stats.skipped };
}

/**
 * What a lane's report says, made strict: a runner that failed without a failed test (a file that can't be loaded, a
 * global setup that threw, no report at all) and a lane that ran nothing count as one failure.
 */
export function laneCounts(report, exitCode) {
  const counts = report ? parsed(report) : none;
  const ran = counts.passed + counts.failed;
  if (counts.failed === 0 && (exitCode !== 0 || ran === 0)) return { ...counts, failed: 1 };
  return counts;
}

const parsed = (report) => (report.stats ? ofPlaywright(report) : ofVitest(report));

export const readCounts = (file, exitCode) => laneCounts(readReport(file), exitCode);

const linesOfOne = 12;
const most = 20;
const colours = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g");

/** What failed, in a few lines each, for the end of the output: of a long one that is what people still have. */
export function failureLines(failures) {
  const shown = failures.slice(0, most).flatMap(({ where, what }) => [
    `✗ ${where}`,
    ...what
      .replaceAll(colours, "")
      .split("\n")
      .filter((line) => !line.includes("node_modules/vitest/"))
      .slice(0, linesOfOne)
      .map((line) => `    ${line}`),
  ]);
  const left = failures.length - most;
  return left > 0 ? [...shown, `and ${left} more`] : shown;
}

/** As the reporter of failures or of Playwright wrote them; none where there is no report. */
export const readFailures = (file) => failuresOf(readReport(file) ?? []);

export function failuresOf(report) {
  return Array.isArray(report) ? report : playwrightFailures(report.suites, "");
}

function playwrightFailures(suites, above) {
  return suites.flatMap(({ title, specs, suites: inner = [] }) => {
    const where = [above, title].filter(Boolean).join(" > ");
    const failed = specs.filter(({ ok }) => !ok);
    return [
      ...failed.map((spec) => ({ where: `${where} > ${spec.title}`, what: lastError(spec) })),
      ...playwrightFailures(inner, where),
    ];
  });
}

function lastError({ tests }) {
  const errors = tests.flatMap(({ results }) => results.flatMap(({ errors: one }) => one));
  return errors.at(-1)?.message ?? "";
}

export function sum(all) {
  const add = (one, other) => ({
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
  });
  return all.reduce(add, none);
}

/** The last line of `npm test`. */
export function summary({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
