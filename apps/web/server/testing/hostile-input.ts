/** What somebody who means harm puts where a procedure expects its input, made from the procedure's own schema. */
import { z } from "zod";

export type Attack = { name: string; text: string };

type Schema = {
  type?: string | undefined;
  format?: string | undefined;
  pattern?: string | undefined;
  enum?: unknown[] | undefined;
  const?: unknown;
  minimum?: number | undefined;
  minLength?: number | undefined;
  anyOf?: Schema[] | undefined;
  oneOf?: Schema[] | undefined;
  items?: Schema | undefined;
  properties?: Record<string, Schema> | undefined;
};

const schemaShape: z.ZodType<Schema> = z.lazy(() =>
  z.looseObject({
    type: z.union([z.string(), z.array(z.string()).transform(([first]) => first)]).optional(),
    format: z.string().optional(),
    pattern: z.string().optional(),
    enum: z.array(z.unknown()).optional(),
    const: z.unknown().optional(),
    minimum: z.number().optional(),
    minLength: z.number().optional(),
    anyOf: z.array(schemaShape).optional(),
    oneOf: z.array(schemaShape).optional(),
    items: schemaShape.optional(),
    properties: z.record(z.string(), schemaShape).optional(),
  }),
);

const procedureShape = z.object({
  _def: z.object({
    type: z.enum(["query", "mutation", "subscription"]),
    inputs: z.array(z.instanceof(z.ZodType)),
  }),
});
export type Procedure = { path: string; type: "query" | "mutation" | "subscription"; schema: Schema };

/** Every procedure of a router with the schema of its input; throws for one whose schema can't be read. */
export function proceduresOf(procedures: Record<string, unknown>): Procedure[] {
  return Object.entries(procedures).map(([path, procedure]) => {
    // A procedure is a function with its definition on it.
    const { type, inputs } = procedureShape.parse({
      ...(typeof procedure === "function" ? procedure : {}),
    })._def;
    const last = inputs.at(-1);
    const schema = last ? z.toJSONSchema(last, { io: "input", unrepresentable: "any" }) : {};
    return { path, type, schema: schemaShape.parse(schema) };
  });
}

/** Something the schema likes; `known` by the name of the field. */
export function sampleOf(schema: Schema, known: Record<string, unknown>, name = ""): unknown {
  if (name in known) return known[name];
  const [first] = schema.anyOf ?? schema.oneOf ?? [];
  if (first) return sampleOf(first, known, name);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.format === "uuid") return crypto.randomUUID();
  if (schema.format === "date-time") return new Date().toISOString();
  if (schema.format === "uri") return "https://example.com";
  if (schema.pattern?.includes("[0-9a-f]{64}")) return "a".repeat(64);
  switch (schema.type) {
    case "object":
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([key, part]) => [key, sampleOf(part, known, key)]),
      );
    case "array":
      return schema.items ? [sampleOf(schema.items, known, name)] : [];
    case "string":
      return "x".repeat(Math.max(1, schema.minLength ?? 1));
    case "integer":
    case "number":
      return Math.max(1, schema.minimum ?? 1);
    case "boolean":
      return true;
    default:
      return null;
  }
}

/** Every place in a value: its object's fields, their fields, and so on. */
function placesOf(value: unknown, path: readonly string[] = []): string[][] {
  const below =
    typeof value === "object" && value !== null
      ? Object.entries(value).flatMap(([key, part]) => placesOf(part, [...path, key]))
      : [];
  return [[...path], ...below];
}

const mostPlaces = 10;

/** The first, the last, and others evenly between them. */
function someOf<T>(all: readonly T[], count: number): T[] {
  if (all.length <= count) return [...all];
  const step = (all.length - 1) / (count - 1);
  return Array.from({ length: count }, (_, index) => all[Math.round(index * step)]).flatMap((one) =>
    one === undefined ? [] : [one],
  );
}

/** JSON text of the value with other text in one place. */
function withText(value: unknown, [key, ...rest]: readonly string[], text: string): string {
  if (key === undefined) return text;
  const parts = Object.entries(typeof value === "object" && value !== null ? value : {}).map(
    ([name, part]) => [name, name === key ? withText(part, rest, text) : JSON.stringify(part)] as const,
  );
  if (Array.isArray(value)) return `[${parts.map(([, part]) => part).join(",")}]`;
  return `{${parts.map(([name, part]) => `${JSON.stringify(name)}:${part}`).join(",")}}`;
}

const mib = 1024 * 1024;
const deep = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
const deepObject = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

/** JSON texts that go where a value belongs; each fits into a URL. */
const small: Record<string, string> = {
  null: "null",
  number: "1e308",
  "negative number": "-1",
  fraction: "0.5",
  "unsafe integer": "9007199254740993",
  text: '"x"',
  "empty text": '""',
  NUL: '"a\\u0000b"',
  "lone surrogate": '"a\\ud800b"',
  "right-to-left override": '"a\\u202eb"',
  "line ends": '"a\\r\\nb"',
  "empty array": "[]",
  "empty object": "{}",
  prototype: '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
  boolean: "false",
  SQL: `"'; DROP TABLE instance; --"`,
  "1,000 deep": deep(1_000),
};
const large: Record<string, string> = {
  "10,000 deep": deep(10_000),
  "10,000 objects deep": deepObject(10_000),
  "100,000 deep": deep(100_000),
  "array of 100,000": `[${"0,".repeat(99_999)}0]`,
  "array of 20,000 ids": `[${Array.from({ length: 20_000 }, () => `"${"0".repeat(36)}"`).join(",")}]`,
  "text of 900 kB": `"${"x".repeat(900_000)}"`,
};

/** In every place of the sample, or in as many of a large one. */
export function smallAttacks(sample: unknown): Attack[] {
  return someOf(placesOf(sample), mostPlaces).flatMap((place) =>
    Object.entries(small).map(([name, text]) => ({
      name: `${name} at ${place.join(".") || "the top"}`,
      text: `{"json":${withText(sample, place, text)}}`,
    })),
  );
}

/** At the top and in the last place: each of them is up to a MiB. */
export function largeAttacks(sample: unknown): Attack[] {
  const places = placesOf(sample);
  const distinct = places.length > 1 ? someOf(places, 2) : places;
  return distinct.flatMap((place) =>
    Object.entries(large).map(([name, text]) => ({
      name: `${name} at ${place.join(".") || "the top"}`,
      text: `{"json":${withText(sample, place, text)}}`,
    })),
  );
}

/** What superjson itself is told by its `meta`. */
export function metaAttacks(sample: unknown): Attack[] {
  const [place = []] = placesOf(sample).toReversed();
  const at = place.join(".");
  const text = (value: string, type: unknown) =>
    `{"json":${withText(sample, place, value)},"meta":{"values":${JSON.stringify(at === "" ? type : { [at]: type })}}}`;
  const meta = (value: unknown) => `{"json":${JSON.stringify(sample)},"meta":${JSON.stringify(value)}}`;
  return [
    { name: "NaN", text: text('"NaN"', ["number"]) },
    { name: "Infinity", text: text('"-Infinity"', ["number"]) },
    { name: "bigint", text: text('"123456789012345678901234567890"', ["bigint"]) },
    { name: "no bigint", text: text('"many"', ["bigint"]) },
    { name: "Date", text: text('"no day"', ["Date"]) },
    { name: "undefined", text: text("null", ["undefined"]) },
    { name: "regular expression", text: text('"/(a+)+$/"', ["regexp"]) },
    { name: "broken regular expression", text: text('"/(((/"', ["regexp"]) },
    { name: "set", text: text("[1,1]", ["set"]) },
    { name: "map", text: text("[[1,2]]", ["map"]) },
    { name: "URL", text: text('"nowhere"', ["URL"]) },
    { name: "error", text: text('{"name":"Error","message":"x"}', ["Error"]) },
    { name: "class", text: text("{}", ["class", "Database"]) },
    { name: "symbol", text: text('"x"', ["symbol", "x"]) },
    { name: "custom", text: text('"x"', ["custom", "x"]) },
    { name: "typed array", text: text("[1]", ["typed-array", "Uint8Array"]) },
    { name: "path of a prototype", text: meta({ values: { "__proto__.polluted": ["Date"] } }) },
    { name: "path of a constructor", text: meta({ values: { "constructor.prototype.polluted": ["Date"] } }) },
    { name: "path to nowhere", text: meta({ values: { "a.b.c.d": ["Date"] } }) },
    { name: "equalities", text: meta({ referentialEqualities: { a: ["__proto__.polluted"] } }) },
    { name: "meta of a number", text: meta(7) },
    { name: "meta of null", text: meta(null) },
    { name: "meta in meta", text: meta({ values: [[[[[[]]]]]] }) },
    { name: "no json", text: '{"meta":{"values":["Date"]}}' },
  ];
}

/** Not even JSON, or not of this API. */
export const brokenBodies: readonly Attack[] = [
  { name: "nothing", text: "" },
  { name: "a brace", text: "{" },
  { name: "a number", text: "7" },
  { name: "null", text: "null" },
  { name: "text", text: '"x"' },
  { name: "array", text: "[1,2,3]" },
  { name: "NaN", text: "NaN" },
  { name: "10,000 braces", text: "{".repeat(10_000) },
  { name: "more than a MiB", text: JSON.stringify({ json: "x".repeat(mib + 10) }) },
];
