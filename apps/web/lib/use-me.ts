"use client";

import { useQuery } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import type { Me } from "./rows.ts";
import { useTRPC } from "./trpc.ts";

export const MeContext = createContext<Me | null>(null);

/** Who is signed in; the shell renders nothing that uses this before it knows. */
export function useMe(): Me {
  const me = useContext(MeContext);
  if (!me) throw new Error("useMe outside the signed-in shell");
  return me;
}

export function useMeQuery(enabled: boolean) {
  const trpc = useTRPC();
  return useQuery(trpc.account.me.queryOptions(undefined, { staleTime: 60_000, enabled }));
}
