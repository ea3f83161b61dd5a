import { writeFileSync } from "node:fs";
import { relative } from "node:path";

/**
 * A reporter of vitest: what failed goes to the file that MADANG_TEST_FAILURES names, as `[{ where, what }]`. Its JSON
 * reporter knows nothing of errors outside of tests (hooks of a file, promises that nobody waited for).
 */
export default class FailuresReporter {
  onTestRunEnd(modules, unhandled) {
    const failures = [
      ...modules.flatMap(failuresOf),
      ...unhandled.map((error) => ({ where: "outside of any test", what: wordsOf(error) })),
    ];
    writeFileSync(process.env.MADANG_TEST_FAILURES, JSON.stringify(failures));
  }
}

function failuresOf(module) {
  const file = relative(process.cwd(), module.moduleId);
  const of = (name, errors) => ({
    where: [file, name].filter(Boolean).join(" > "),
    what: wordsOf(errors[0]),
  });
  const groups = [...module.children.allSuites()].filter((suite) => suite.errors().length > 0);
  const tests = [...module.children.allTests("failed")];
  return [
    ...(module.errors().length > 0 ? [of("", module.errors())] : []),
    ...groups.map((suite) => of(`${suite.fullName} (its hooks)`, suite.errors())),
    ...tests.map((test) => of(test.fullName, test.result().errors ?? [])),
  ];
}

function wordsOf(error) {
  return error?.stack ?? error?.message ?? "";
}
