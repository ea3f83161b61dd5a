"use client";

import { useTranslations } from "next-intl";
import { useTheme } from "next-themes";
import { Toaster } from "sonner";

export function Toasts() {
  const t = useTranslations("common");
  const { resolvedTheme } = useTheme();
  return (
    <Toaster
      theme={resolvedTheme === "dark" ? "dark" : "light"}
      position="bottom-right"
      visibleToasts={2}
      closeButton
      containerAriaLabel={t("notifications")}
      toastOptions={{
        closeButtonAriaLabel: t("close"),
        classNames: {
          toast: "!rounded-surface !border-line !bg-raised !text-text !shadow-float !font-sans",
          description: "!text-muted",
          actionButton: "!bg-accent !text-accent-text",
          closeButton: "!bg-raised !border-line !text-text",
        },
      }}
    />
  );
}
