/** What a list can be asked for by name. The portal offers it, the API turns it into SQL. */
export type FilterField =
  | { kind: "text"; from?: ValueSource }
  | { kind: "enum"; values: readonly string[] }
  | { kind: "number" }
  /** Counted in `unit`; other units may be written behind the number. */
  | { kind: "size"; unit: SizeUnit }
  | { kind: "date" }
  | { kind: "address" }
  | { kind: "id" }
  | { kind: "flag" }
  /** A JSON object of texts: `key` or `key=value`. */
  | { kind: "property" };

export type SizeUnit = "B" | "MiB" | "GiB";
export type FilterFields = Readonly<Record<string, FilterField>>;

/** Where the values of a text come from while it is typed. */
export type ValueSource =
  | "image"
  | "flavor"
  | "keyPair"
  | "zone"
  | "network"
  | "member"
  | "volumeType"
  | "securityGroup"
  | "router"
  | "project"
  | "user"
  | "hypervisor";
