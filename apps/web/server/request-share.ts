/** How many requests of one address may be under way at once: each holds its body in memory and a place in the event loop. */
import type { ServerResponse } from "node:http";
import { networkOf } from "@madang/api/server";
import { CloudError } from "@madang/core/errors";

/** Many people sit behind the address of one office. */
export const requestsPerAddress = 256;

export type RequestShare = {
  /** Until the response has ended. Throws TooManyRequests. */
  take: (address: string, response: ServerResponse) => void;
};

export function makeRequestShare(): RequestShare {
  const open = new Map<string, number>();
  return {
    take: (address, response) => {
      const network = networkOf(address);
      const own = open.get(network) ?? 0;
      if (own >= requestsPerAddress) throw tooMany();
      open.set(network, own + 1);
      response.once("close", () => {
        const left = (open.get(network) ?? 1) - 1;
        if (left === 0) open.delete(network);
        else open.set(network, left);
      });
    },
  };
}

function tooMany(): CloudError {
  return new CloudError("TooManyRequests", "There are too many requests from your address.", {
    reason: "tooManyConnections",
    retry: "later",
  });
}
