"use client";

import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { cn } from "./class-names.ts";
import { useFullScreenElement } from "./floating-root.tsx";

type DialogProps = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  about?: ReactNode;
  children?: ReactNode;
  footer?: ReactNode;
  wide?: boolean;
  /** Keeps the dialog until it is answered: neither Escape nor a click beside it closes it. */
  insistent?: boolean;
  /** Asks something in between, while another dialog waits below. */
  above?: boolean;
};

export function Dialog(props: DialogProps) {
  const { open, onOpenChange, title, about, children, footer, wide, insistent, above } = props;
  const full = useFullScreenElement();
  const hold = insistent ? (event: Event) => event.preventDefault() : undefined;
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal container={full}>
        <Radix.Overlay
          className={cn(
            "fixed inset-0 bg-black/40 data-[state=open]:animate-in data-[state=open]:fade-in duration-150",
            above ? "z-50" : "z-40",
          )}
        />
        <Radix.Content
          {...(about ? {} : { "aria-describedby": undefined })}
          onEscapeKeyDown={hold}
          onInteractOutside={hold}
          className={cn(
            "fixed top-1/2 left-1/2 z-50 flex max-h-[calc(100dvh-2rem)] w-[calc(100vw-2rem)] -translate-x-1/2 -translate-y-1/2 flex-col rounded-surface border bg-raised shadow-float duration-150 data-[state=open]:animate-in data-[state=open]:fade-in data-[state=open]:zoom-in-98",
            wide ? "max-w-2xl" : "max-w-md",
          )}
        >
          <div className="overflow-y-auto p-5">
            <Radix.Title className="text-lead font-semibold">{title}</Radix.Title>
            {about ? (
              <Radix.Description asChild>
                <div className="mt-2 text-body text-muted">{about}</div>
              </Radix.Description>
            ) : null}
            {children ? <div className="mt-4">{children}</div> : null}
          </div>
          {footer ? (
            <div className="flex flex-wrap justify-end gap-2 border-t px-5 py-3">{footer}</div>
          ) : null}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
