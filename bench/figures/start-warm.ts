/** From `npm start` to a healthy cloud when all of it was there before. */
import type { Figure } from "../figure.ts";

const times = 3;

export const startWarm: Figure = {
  name: "start.warm",
  unit: "s",
  aim: { of: "p50", atMost: 15 },
  stand: "clone",
  measure: async (stand) => {
    const samples: number[] = [];
    for (let index = 0; index < times; index++) samples.push((await stand.restart()) / 1000);
    return { samples };
  },
};
