/** For tests, with `node --import`: the process believes that it is MADANG_TEST_CLOCK_MS later than it is. */
const shiftMs = Number(process.env.MADANG_TEST_CLOCK_MS ?? 0);
const RealDate = Date;
const now = () => RealDate.now() + shiftMs;

globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(now());
    else super(...given);
  }

  static now() {
    return now();
  }
};
