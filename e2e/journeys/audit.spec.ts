/** Who changed this flavor, and what of it: found in four steps by keyboard, and taken away as a file, in both languages. */
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { parse } from "csv-parse/sync";
import { signInAt } from "../portal/session.ts";
import { signIn } from "../stack/api.ts";
import { sharedCloud } from "../stack/shared.ts";
import { expect, test } from "../stack/test.ts";
import { wordsOf } from "../stack/words.ts";

/** A name that a spreadsheet would take for a formula, and the one it gets. */
async function changedFlavor(): Promise<{ id: string; before: string; after: string }> {
  const api = await signIn("admin", sharedCloud().adminPassword);
  const id = randomUUID();
  const [before, after] = [`=cmd-${id.slice(0, 8)}`, `@renamed-${id.slice(0, 8)}`];
  const size = { vcpus: 1, ramMib: 512, diskGib: 1, description: "" };
  await api.mutate("admin.flavor.create", { id, name: before, ...size });
  await api.mutate("admin.flavor.update", { id, name: after, enabled: false });
  return { id, before, after };
}

const linesOf = (page: Page) => page.locator("tbody tr[data-index]");

for (const language of ["en", "ko"] as const) {
  test.describe(language, () => {
    test.use({ language });
    test("an administrator finds who changed a flavor and what, and downloads it", async ({ page }) => {
      const words = wordsOf(language);
      const flavor = await changedFlavor();
      await signInAt(page, words, "admin", sharedCloud().adminPassword);
      await page.waitForURL(/\/(p|admin)/, { waitUntil: "commit" });
      await page.goto("/admin");
      let steps = 0;
      const step = async (act: () => Promise<void>) => {
        steps += 1;
        await act();
      };
      await step(() => page.getByRole("link", { name: words("nav.audit"), exact: true }).press("Enter"));
      await step(async () => {
        await page.getByLabel(words("audit.textLabel")).fill(flavor.id.slice(0, 8));
        await expect(linesOf(page)).toHaveCount(2);
      });
      await step(() =>
        page
          .getByRole("button", { name: words("audit.look", { action: "flavor.update", name: flavor.after }) })
          .press("Enter"),
      );
      const panel = page.getByRole("complementary", { name: words("audit.panel") });
      await expect(panel).toContainText("admin");
      const name = panel.getByRole("row", { name: /^name/ });
      await expect(name).toContainText(flavor.before);
      await expect(name).toContainText(flavor.after);
      await expect(panel.getByRole("row", { name: /^enabled/ })).toContainText("false");
      const coming = page.waitForEvent("download");
      await step(() => page.getByRole("link", { name: words("audit.csv"), exact: true }).press("Enter"));
      const file = await coming;
      expect(file.suggestedFilename()).toMatch(/^madang-audit-\d{8}-\d{6}\.csv$/);
      const text = await readFile(await file.path());
      const rows: Record<string, string>[] = parse(text, { columns: true, bom: true });
      expect(rows.map(({ action, resource }) => [action, resource])).toEqual([
        ["flavor.update", `'${flavor.after}`],
        ["flavor.create", `'${flavor.before}`],
      ]);
      expect(rows[0]).toMatchObject({ actor: "admin", result: "accepted", resource_id: flavor.id });
      expect(JSON.parse(rows[0]?.changes ?? "")).toEqual({
        name: [flavor.before, flavor.after],
        enabled: [true, false],
      });
      expect(steps).toBeLessThanOrEqual(4);

      // The address says it all: sent to a colleague, it shows the same.
      const address = page.url();
      expect(address).toContain("q=");
      await page.goto("/admin/system");
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(words("system.title"));
      await page.goto(address);
      await expect(linesOf(page)).toHaveCount(2);
      await expect(panel).toContainText(flavor.after);
      await page.keyboard.press("Escape");
      await expect(panel).toBeHidden();
    });
  });
}
