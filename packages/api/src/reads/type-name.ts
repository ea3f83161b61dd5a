/** The names of the volume types that stored limits name, by id: those that are gone have none. */
import { z } from "zod";

export type TypeNames = { [volumeTypeId: string]: string };

/** SQL of {id: name}. The argument is SQL of our own source, a JSON object of limits. */
export function typeNamesSql(limits: string): string {
  return `(SELECT coalesce(jsonb_object_agg(volume_type.id, volume_type.name), '{}') FROM volume_type
    WHERE volume_type.id = ANY(ARRAY(SELECT split_part(name, ':', 2)::uuid FROM jsonb_object_keys(${limits}) AS name
      WHERE name ~ '^[a-z]+:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')))`;
}

const stored = z.record(z.string(), z.string()).catch({});

export function storedTypeNames(value: unknown): TypeNames {
  return stored.parse(value);
}
