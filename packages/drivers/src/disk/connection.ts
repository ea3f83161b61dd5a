/** Where a volume is, for whoever opens it: the whole chain is spelled out, so nobody follows what a header claims. */
export type VolumeConnection =
  | {
      kind: "file";
      path: string;
      format: "qcow2" | "raw";
      backing: { path: string; format: "qcow2" | "raw" } | null;
    }
  | { kind: "simulated" };
