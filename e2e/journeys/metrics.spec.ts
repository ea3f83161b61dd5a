/** What an instance uses: from a running guest to a chart, its numbers and the list; and what a project's Prometheus reads. */
import { randomUUID } from "node:crypto";
import AxeBuilder from "@axe-core/playwright";
import { expectStatus, launchAt } from "../portal/instance.ts";
import { enterAsMember } from "../portal/session.ts";
import { sql } from "../stack/database.ts";
import { expect, test } from "../stack/test.ts";

const limit = { timeout: 180_000 };

test("a running guest has charts, their numbers and a line in the list", async ({ page, words }) => {
  test.setTimeout(15 * 60_000);
  const projectId = await enterAsMember(page, words);
  const id = await launchAt(page, words, projectId, {
    name: `busy-${randomUUID().slice(0, 8)}`,
    flavor: "m1.nano",
  });
  await expectStatus(page, "ACTIVE");
  await page.getByRole("link", { name: words("instance.metrics"), exact: true }).click();
  const cpu = page.getByRole("img", { name: /^CPU/ });
  await expect(cpu).toBeVisible(limit);
  for (const title of ["memory.title", "disk.title", "disk.operations"])
    await expect(page.getByRole("region", { name: words(`metrics.${title}`), exact: true })).toBeVisible();

  // A person's way to the numbers, and theirs are the table's.
  await page
    .getByRole("region", { name: words("metrics.memory.title"), exact: true })
    .getByText(words("metrics.table"))
    .click();
  const numbers = page.getByRole("table", { name: words("metrics.memory.title") });
  await expect(numbers.getByRole("row").nth(1)).toContainText("MiB");
  const seen = await sql<{ resident: number }>(
    "SELECT resident_mib AS resident FROM metric_10s WHERE instance_id = $1",
    [id],
  );
  expect(seen.length).toBeGreaterThan(0);
  for (const { resident } of seen) expect(resident).toBeGreaterThan(0);

  await page.getByRole("radio", { name: words("metrics.ranges.24h") }).click();
  await expect(page).toHaveURL(/range=24h/);
  await expect(cpu).toBeVisible(limit);
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

  await page.setViewportSize({ width: 1600, height: 900 });
  await page.goto(`/p/${projectId}/instances`);
  const row = page.getByRole("row").filter({ has: page.locator(`a[href$="${id}"]`) });
  await expect(row.getByRole("img", { name: /CPU/ })).toBeVisible(limit);
});
