/** The operations of a transaction (RFC 7047, 5.2). All of them happen, or none. */
import type { Uuid, WireRow, WireValue } from "./value.ts";

export type Condition = readonly [
  column: string,
  test: "==" | "!=" | "includes" | "excludes" | "<" | "<=" | ">" | ">=",
  value: WireValue,
];
export type Mutation = readonly [
  column: string,
  mutator: "+=" | "-=" | "insert" | "delete",
  value: WireValue,
];

export type Operation =
  | { op: "insert"; table: string; row: WireRow; "uuid-name"?: string }
  | { op: "select"; table: string; where: readonly Condition[]; columns?: readonly string[] }
  | { op: "update"; table: string; where: readonly Condition[]; row: WireRow }
  | { op: "mutate"; table: string; where: readonly Condition[]; mutations: readonly Mutation[] }
  | { op: "delete"; table: string; where: readonly Condition[] }
  | {
      op: "wait";
      table: string;
      where: readonly Condition[];
      columns: readonly string[];
      until: "==" | "!=";
      rows: readonly WireRow[];
      timeout?: number;
    }
  | { op: "comment"; comment: string };

/** `uuid` of an insert, `count` of update, mutate and delete, `rows` of a select as the wire has them. */
export type OperationResult = {
  uuid?: Uuid;
  count?: number;
  rows?: readonly Readonly<Record<string, unknown>>[];
};
