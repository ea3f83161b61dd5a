"use client";

import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import { ArrowDownToLine, ArrowUpToLine, Eraser } from "lucide-react";
import { useTranslations } from "next-intl";
import { useTheme } from "next-themes";
import { useCallback, useEffect, useRef, useState } from "react";
import type { InstanceDetail } from "../../lib/rows.ts";
import { IconButton } from "../ui/button.tsx";
import { LinkOverlay } from "./link-overlay.tsx";
import { Stage } from "./stage.tsx";
import { inkTheme, paperTheme } from "./terminal-theme.ts";
import { type Attach, useConsoleLink } from "./use-console-link.ts";

const scrollbackLines = 5_000;
const fontSize = 13;
/** After this long without a byte and without a refusal the line counts as up. */
const quietMs = 1_500;

function once(run: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    run();
  };
}

function makeTerminal(): Terminal {
  const family = getComputedStyle(document.documentElement).getPropertyValue("--font-geist-mono");
  return new Terminal({
    scrollback: scrollbackLines,
    screenReaderMode: true,
    fontFamily: `${family || "monospace"}, monospace`,
    fontSize,
    cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
  });
}

/** Keeps a terminal in its frame, in size and in theme. */
function useTerminal(frame: React.RefObject<HTMLDivElement | null>) {
  const { resolvedTheme } = useTheme();
  const [terminal, setTerminal] = useState<Terminal | null>(null);
  useEffect(() => {
    if (!frame.current) return;
    const made = makeTerminal();
    const fit = new FitAddon();
    made.loadAddon(fit);
    made.open(frame.current);
    const observer = new ResizeObserver(() => fit.fit());
    observer.observe(frame.current);
    setTerminal(made);
    return () => {
      observer.disconnect();
      made.dispose();
      setTerminal(null);
    };
  }, [frame]);
  useEffect(() => {
    if (terminal) terminal.options.theme = resolvedTheme === "dark" ? inkTheme : paperTheme;
  }, [terminal, resolvedTheme]);
  return terminal;
}

/** The guest's first serial port. */
export function SerialConsole({ projectId, instance }: { projectId: string; instance: InstanceDetail }) {
  const frame = useRef<HTMLDivElement>(null);
  const terminal = useTerminal(frame);
  return <SerialStage projectId={projectId} instance={instance} terminal={terminal} frame={frame} />;
}

type SerialStageProps = {
  projectId: string;
  instance: InstanceDetail;
  terminal: Terminal | null;
  frame: React.RefObject<HTMLDivElement | null>;
};

function SerialStage({ projectId, instance, terminal, frame }: SerialStageProps) {
  const t = useTranslations("console");
  const attach: Attach = useCallback(
    (socket, onUp) => {
      if (!terminal) return () => undefined;
      const encoder = new TextEncoder();
      const up = once(() => {
        onUp();
        terminal.focus();
      });
      // A quiet guest says nothing by itself; what is typed meanwhile waits at the relay.
      let quiet: ReturnType<typeof setTimeout> | null = null;
      const onOpen = () => {
        quiet = setTimeout(up, quietMs);
      };
      const onMessage = (event: MessageEvent<ArrayBuffer>) => {
        up();
        terminal.write(new Uint8Array(event.data));
      };
      const typed = terminal.onData((text) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(encoder.encode(text));
      });
      socket.addEventListener("open", onOpen);
      socket.addEventListener("message", onMessage);
      return () => {
        if (quiet) clearTimeout(quiet);
        typed.dispose();
        socket.removeEventListener("open", onOpen);
        socket.removeEventListener("message", onMessage);
      };
    },
    [terminal],
  );
  const { state, reconnect } = useConsoleLink(projectId, instance, "serial", attach);
  return (
    <Stage
      label={t("serial")}
      link={state}
      hint={t("serialHint")}
      toolbar={
        <>
          <IconButton label={t("top")} onClick={() => terminal?.scrollToTop()}>
            <ArrowUpToLine aria-hidden />
          </IconButton>
          <IconButton label={t("bottom")} onClick={() => terminal?.scrollToBottom()}>
            <ArrowDownToLine aria-hidden />
          </IconButton>
          <IconButton label={t("clear")} onClick={() => terminal?.clear()}>
            <Eraser aria-hidden />
          </IconButton>
        </>
      }
    >
      <div className="absolute inset-0 bg-[#fcfbf8] p-2 dark:bg-[#0c0d10]">
        <div ref={frame} data-testid="serial-screen" className="size-full" />
      </div>
      <LinkOverlay state={state} projectId={projectId} instance={instance} onReconnect={reconnect} />
    </Stage>
  );
}
