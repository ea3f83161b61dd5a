import { describe, expect, it } from "vitest";
import type { Row } from "../ovsdb/value.ts";
import { reachesOf } from "./bridge-mappings.ts";

describe("what a chassis reaches", () => {
  const reaches = reachesOf(
    new Map<string, Row>([
      [
        "1",
        {
          name: "both",
          other_config: { "ovn-bridge-mappings": "public:br-ex, lab:br-lab" },
          external_ids: {},
        },
      ],
      ["2", { name: "older", other_config: {}, external_ids: { "ovn-bridge-mappings": "public:br-ex" } }],
      ["3", { name: "none", other_config: {}, external_ids: {} }],
    ]),
  );

  it.for([
    ["both", "public", true],
    ["both", "lab", true],
    ["older", "public", true],
    ["older", "lab", false],
    ["none", "public", false],
    ["unheard of", "public", true],
  ] as const)("%s, %s: %s", ([chassis, network, expected]) => {
    expect(reaches(chassis, network)).toBe(expected);
  });
});
