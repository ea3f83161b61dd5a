"use client";

import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import { ArrowDownToLine, ArrowUpToLine, ClipboardCopy, ClipboardPaste, Eraser, Type } from "lucide-react";
import { useTranslations } from "next-intl";
import { useTheme } from "next-themes";
import { useCallback, useEffect, useRef, useState } from "react";
import { toast } from "sonner";
import { IconButton } from "../ui/button.tsx";
import { ControlBar, ControlMenu } from "./control-bar.tsx";
import { copyText } from "./copy-text.ts";
import type { ConsoleProps } from "./graphic-console.tsx";
import { LinkOverlay } from "./link-overlay.tsx";
import { Stage } from "./stage.tsx";
import { inkTheme, paperTheme } from "./terminal-theme.ts";
import type { TypeTarget } from "./type-text.ts";
import { TypeTextDialog } from "./type-text-dialog.tsx";
import { type Attach, useConsoleLink } from "./use-console-link.ts";
import { useControl } from "./use-control.ts";

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
export function SerialConsole(props: ConsoleProps) {
  const frame = useRef<HTMLDivElement>(null);
  const terminal = useTerminal(frame);
  return <SerialStage {...props} terminal={terminal} frame={frame} />;
}

type SerialStageProps = ConsoleProps & {
  terminal: Terminal | null;
  frame: React.RefObject<HTMLDivElement | null>;
};

/** A UART's buffer is small and a getty slow: so many characters, then a pause. */
const pieceLength = 16;
const piecePauseMs = 20;
const pasteStart = "\u001b[200~";
const pasteEnd = "\u001b[201~";

/** What is pasted is marked as such for programs that asked for it, so that they don't run it line by line. */
function piecesOf(terminal: Terminal | null, text: string): string[] {
  const lines = text.replaceAll(/\r?\n/g, "\r");
  const whole = terminal?.modes.bracketedPasteMode
    ? pasteStart + lines.replaceAll("\u001b", "") + pasteEnd
    : lines;
  const characters = [...whole];
  return Array.from({ length: Math.ceil(characters.length / pieceLength) }, (_, index) =>
    characters.slice(index * pieceLength, (index + 1) * pieceLength).join(""),
  );
}

function SerialStage({ instance, active, popped, terminal, frame }: SerialStageProps) {
  const t = useTranslations("console");
  const [typing, setTyping] = useState(false);
  const [selected, setSelected] = useState(false);
  const line = useRef<WebSocket | null>(null);
  const now = useRef({ active, mayType: true });
  const attach: Attach = useCallback(
    (socket, onUp) => {
      if (!terminal) return () => undefined;
      line.current = socket;
      const encoder = new TextEncoder();
      const up = once(() => {
        onUp();
        if (now.current.active) terminal.focus();
      });
      // A quiet guest says nothing by itself; what is typed meanwhile waits at the relay.
      let quiet: ReturnType<typeof setTimeout> | null = null;
      const onOpen = () => {
        // The line tells its newest past again: it would stand there twice.
        terminal.reset();
        quiet = setTimeout(up, quietMs);
      };
      const onMessage = (event: MessageEvent<ArrayBuffer>) => {
        up();
        terminal.write(new Uint8Array(event.data));
      };
      const typed = terminal.onData((text) => {
        if (socket.readyState === WebSocket.OPEN && now.current.mayType) socket.send(encoder.encode(text));
      });
      socket.addEventListener("open", onOpen);
      socket.addEventListener("message", onMessage);
      return () => {
        if (quiet) clearTimeout(quiet);
        line.current = null;
        typed.dispose();
        socket.removeEventListener("open", onOpen);
        socket.removeEventListener("message", onMessage);
      };
    },
    [terminal],
  );
  const link = useConsoleLink(instance.projectId, instance, "serial", attach);
  const connected = link.state.name === "connected";
  const control = useControl(instance, "serial", link.consoleId, connected);
  now.current = { active, mayType: control.inControl };
  // Who only watched when the line broke comes back to watch.
  if (connected) link.viewOnly.current = !control.inControl;
  useEffect(() => {
    const watched = terminal?.onSelectionChange(() => setSelected(terminal.hasSelection()));
    return () => watched?.dispose();
  }, [terminal]);

  const notNow = connected ? null : t("notConnected");
  const noInput = notNow ?? (control.inControl ? null : t("takeover.notInControl"));
  const sendPiece = (piece: string): boolean => {
    if (!line.current || line.current.readyState !== WebSocket.OPEN || !now.current.mayType) return false;
    line.current.send(new TextEncoder().encode(piece));
    return true;
  };
  const target: TypeTarget = {
    unmappable: null,
    parts: (text) => piecesOf(terminal, text).map((piece) => () => sendPiece(piece)),
    pauseMs: piecePauseMs,
  };
  const paste = async () => {
    try {
      terminal?.paste(await navigator.clipboard.readText());
    } catch {
      toast(t("copyRefused"));
    }
  };
  return (
    <Stage
      kind="serial"
      instance={instance}
      active={active}
      popped={popped}
      link={link.state}
      hint={t("serialHint")}
      notice={connected ? <ControlBar control={control} /> : null}
      toolbar={
        <>
          <IconButton
            label={t("copy")}
            size="iconSmall"
            blocked={selected ? null : t("copyNone")}
            onClick={() => copyText(terminal?.getSelection() ?? "", t)}
          >
            <ClipboardCopy aria-hidden />
          </IconButton>
          <IconButton label={t("paste")} size="iconSmall" blocked={noInput} onClick={paste}>
            <ClipboardPaste aria-hidden />
          </IconButton>
          <IconButton
            label={t("typeText.open")}
            size="iconSmall"
            blocked={noInput}
            onClick={() => setTyping(true)}
          >
            <Type aria-hidden />
          </IconButton>
          <IconButton label={t("top")} size="iconSmall" onClick={() => terminal?.scrollToTop()}>
            <ArrowUpToLine aria-hidden />
          </IconButton>
          <IconButton label={t("bottom")} size="iconSmall" onClick={() => terminal?.scrollToBottom()}>
            <ArrowDownToLine aria-hidden />
          </IconButton>
          <IconButton label={t("clear")} size="iconSmall" onClick={() => terminal?.clear()}>
            <Eraser aria-hidden />
          </IconButton>
          <ControlMenu control={control} blocked={notNow} />
        </>
      }
    >
      <div className="absolute inset-0 bg-[#fcfbf8] p-2 dark:bg-[#0c0d10]">
        <div ref={frame} data-testid="serial-screen" className="size-full" />
      </div>
      <LinkOverlay
        state={link.state}
        projectId={instance.projectId}
        instance={instance}
        onReconnect={link.reconnect}
      />
      {typing ? <TypeTextDialog target={target} onClose={() => setTyping(false)} /> : null}
    </Stage>
  );
}
