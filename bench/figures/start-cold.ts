/** From `npm start` on a fresh clone to a healthy cloud: packages, build, guest image, database, everything. */
import type { Figure } from "../figure.ts";

export const startCold: Figure = {
  name: "start.cold",
  unit: "s",
  aim: { of: "max", atMost: 300 },
  stand: "clone",
  measure: async ({ startedMs }) => ({
    samples: [startedMs / 1000],
    note: "empty npm cache, no packages, no build, no data; system packages are installed",
  }),
};
