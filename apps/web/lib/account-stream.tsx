"use client";

/** Hears when what one may do has changed, wherever one is in the portal, and asks anew who one is. */
import { grantsText } from "@madang/core/identity/grants-text";
import { useQueryClient } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { useRef } from "react";
import { setSessionExpired } from "./session-expiry.ts";
import { useRevival } from "./stream.tsx";
import { useTRPC } from "./trpc.ts";
import { useMe } from "./use-me.ts";

export function AccountStream() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { grants } = useMe();
  const ended = useRef(false);
  const subscribed = useSubscription(
    trpc.account.stream.subscriptionOptions(undefined, {
      onData: (message) => {
        if (message.type === "grants") {
          if (grantsText(message.grants) !== grantsText(grants)) void queries.invalidateQueries();
          return;
        }
        ended.current = true;
        setSessionExpired(true);
      },
    }),
  );
  useRevival(subscribed, ended);
  return null;
}
