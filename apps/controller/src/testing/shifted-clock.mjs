/** For tests, with `node --import …/shifted-clock.mjs?ms=120000`: the process believes that it is so much later than it is. */
const shiftMs = Number(new URL(import.meta.url).searchParams.get("ms"));
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
