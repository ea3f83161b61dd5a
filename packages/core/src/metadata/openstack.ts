/**
 * What a guest is told of itself, in OpenStack's words: the same on the config drive and at 169.254.169.254. The password
 * hash goes as vendor data in cloud-init's own words.
 */
import type { GuestSpec } from "../wire/guest.ts";

export function metaData(spec: GuestSpec): Record<string, unknown> {
  return {
    uuid: spec.instanceId,
    name: spec.hostname,
    hostname: spec.hostname,
    project_id: spec.projectId,
    availability_zone: spec.availabilityZone,
    launch_index: spec.launchIndex,
    public_keys: Object.fromEntries(spec.keys.map((key) => [key.name, key.publicKey])),
    keys: spec.keys.map((key) => ({ name: key.name, type: "ssh", data: key.publicKey })),
  };
}

/**
 * `password` is cloud-init's word for the default user's, whatever the image calls that user, and it takes a crypt(3)
 * hash. JSON is YAML, so nothing needs quoting.
 */
export function vendorData({ passwordHash }: Pick<GuestSpec, "passwordHash">): Record<string, unknown> {
  if (!passwordHash) return {};
  const config = { password: passwordHash, chpasswd: { expire: false }, ssh_pwauth: true };
  return { "cloud-init": `#cloud-config\n${JSON.stringify(config)}\n` };
}
