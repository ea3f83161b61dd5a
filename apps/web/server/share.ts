/** How many of one kind of work one person or project, and all together, may have under way in a web process. */
import type { CloudError } from "@madang/core/errors";

export type Share = {
  /** Answers how to leave, once. Throws what `full` makes. */
  enter: (whose: string) => () => void;
};

export function makeShare(limits: { each: number; all: number }, full: () => CloudError): Share {
  const open = new Map<string, number>();
  let all = 0;
  return {
    enter: (whose) => {
      const own = open.get(whose) ?? 0;
      if (own >= limits.each || all >= limits.all) throw full();
      open.set(whose, own + 1);
      all += 1;
      return () => {
        all -= 1;
        const left = (open.get(whose) ?? 1) - 1;
        if (left === 0) open.delete(whose);
        else open.set(whose, left);
      };
    },
  };
}
