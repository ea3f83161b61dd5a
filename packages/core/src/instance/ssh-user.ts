/** The user that an image's makers documented for the first sign-in; the key or password of a launch is given to that one. */
const usual: readonly (readonly [name: RegExp, user: string])[] = [
  [/ubuntu/i, "ubuntu"],
  [/debian/i, "debian"],
  [/fedora/i, "fedora"],
  [/rocky/i, "rocky"],
  [/alma/i, "almalinux"],
  [/centos/i, "cloud-user"],
  [/\brhel\b|red ?hat/i, "cloud-user"],
  [/suse/i, "root"],
  [/alpine/i, "alpine"],
  [/\barch\b/i, "arch"],
  [/freebsd/i, "freebsd"],
  [/cirros/i, "cirros"],
  /** Madang's own, `images/tiny` */
  [/\btiny\b/i, "root"],
];

/** null: its name does not say. */
export function sshUserOf(imageName: string): string | null {
  return usual.find(([name]) => name.test(imageName))?.[1] ?? null;
}

export function sshCommand(imageName: string, address: string): string {
  const user = sshUserOf(imageName);
  return user === null ? `ssh ${address}` : `ssh ${user}@${address}`;
}
