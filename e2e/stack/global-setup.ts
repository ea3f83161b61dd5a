import { writeFile } from "node:fs/promises";
import { adminCommand } from "./admin-command.ts";
import { type Cloud, removeData, startCloud, stopCloud } from "./cloud.ts";
import { mountsNaming, processesNaming } from "./leftover.ts";
import { type SharedCloud, sharedCloudFile } from "./shared.ts";

export const memberPassword = "a member's own words";

/** Starts the cloud, adds a project with a plain member as the README says, and answers the function that ends it all. */
export default async function globalSetup(): Promise<() => Promise<void>> {
  const cloud = await startCloud();
  await createMember(cloud, "mina", "garden");
  await createMember(cloud, "other", "elsewhere");
  const shared: SharedCloud = {
    url: cloud.url,
    data: cloud.data,
    adminPassword: cloud.adminPassword,
    memberPassword,
  };
  await writeFile(sharedCloudFile, JSON.stringify(shared));
  return async () => {
    const code = await stopCloud(cloud);
    const left = [...(await processesNaming(cloud.data)), ...(await mountsNaming(cloud.data))];
    await removeData(cloud);
    if (code !== 0) throw new Error(`npm start ended with ${code}:\n${cloud.output()}`);
    if (left.length > 0) throw new Error(`left behind:\n${left.join("\n")}`);
  };
}

async function createMember({ data }: Cloud, name: string, project: string): Promise<void> {
  const args = ["create-user", "--name", name, "--project", project, "--role", "member"];
  await adminCommand(data, args, `${memberPassword}\n`);
}
