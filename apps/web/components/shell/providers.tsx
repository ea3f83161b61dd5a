"use client";

import { QueryClientProvider } from "@tanstack/react-query";
import { type AbstractIntlMessages, NextIntlClientProvider } from "next-intl";
import { ThemeProvider } from "next-themes";
import { type ReactNode, useState, useSyncExternalStore } from "react";
import { makeQueryClient } from "../../lib/query-client.ts";
import { makeClient, TRPCProvider } from "../../lib/trpc.ts";
import { FloatingRoot } from "../ui/floating-root.tsx";
import { TooltipProvider } from "../ui/tooltip.tsx";
import { Toasts } from "./toasts.tsx";

type ProvidersProps = {
  locale: string;
  messages: AbstractIntlMessages;
  nonce: string | undefined;
  children: ReactNode;
};

const never = () => () => undefined;

/** Times are told in the reader's zone; the server, which can't know it, uses UTC until the browser takes over. */
function useTimeZone(): string {
  return useSyncExternalStore(
    never,
    () => Intl.DateTimeFormat().resolvedOptions().timeZone,
    () => "UTC",
  );
}

export function Providers({ locale, messages, nonce, children }: ProvidersProps) {
  const [queryClient] = useState(makeQueryClient);
  const [trpcClient] = useState(makeClient);
  const timeZone = useTimeZone();
  return (
    <ThemeProvider
      attribute="class"
      defaultTheme="system"
      enableSystem
      storageKey="madang-theme"
      nonce={nonce}
    >
      <NextIntlClientProvider locale={locale} messages={messages} timeZone={timeZone}>
        <QueryClientProvider client={queryClient}>
          <TRPCProvider trpcClient={trpcClient} queryClient={queryClient}>
            <TooltipProvider>
              {children}
              <FloatingRoot />
              <Toasts />
            </TooltipProvider>
          </TRPCProvider>
        </QueryClientProvider>
      </NextIntlClientProvider>
    </ThemeProvider>
  );
}
