/** Types of libvirt.mjs, for the tests that run it. */
export type LibvirtProcess = {
  name: "virtlogd" | "libvirtd";
  command: string;
  args: string[];
  env: Record<string, string>;
  pidFile: string;
  ready: () => Promise<boolean>;
  running: () => Promise<number | null>;
};

export function libvirtSupport(): Promise<{ ok: boolean; reason: string }>;

export function prepareLibvirt(options: {
  dir: string;
  hostUuid: string;
  virtType: "kvm" | "qemu" | "auto";
  namespace?: string | null;
  node?: string;
}): Promise<{ virtType: "kvm" | "qemu"; why: string; processes: LibvirtProcess[] }>;
