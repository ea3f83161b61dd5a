import { toast } from "sonner";

/** Says whether the browser let it. */
export async function copyText(text: string, t: (key: "copied" | "copyRefused") => string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(t("copied"));
  } catch {
    toast(t("copyRefused"));
  }
}
