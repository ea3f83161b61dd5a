import { storedQos } from "@madang/core/volume/volume-input";
import type { DiskQos } from "@madang/core/wire/guest";
import type { Database } from "@madang/db";
import { z } from "zod";
import { filterText, listPage, type Page, type PageInput } from "../list.ts";
import { containing, type Sql, sql } from "../sql.ts";

export type VolumeTypeItem = {
  id: string;
  name: string;
  description: string;
  backend: string;
  public: boolean;
  isDefault: boolean;
  qos: DiskQos;
  createdAt: Date;
};
export type TypeProject = { id: string; name: string };
/** `projects`: whose members may choose it although it is not public. */
export type ManagedVolumeType = VolumeTypeItem & {
  volumes: number;
  gigabytes: number;
  projects: TypeProject[];
};

const select = `t.id, t.name, t.description, t.backend, t.public, t.is_default AS "isDefault", t.qos, t.created_at AS "createdAt"`;
const managed = `${select}, (SELECT count(*)::int FROM volume v WHERE v.volume_type_id = t.id) AS volumes,
  (SELECT coalesce(sum(v.size_gib), 0)::int FROM volume v WHERE v.volume_type_id = t.id) AS gigabytes,
  (SELECT coalesce(json_agg(json_build_object('id', p.id, 'name', p.name) ORDER BY p.name), '[]')
     FROM volume_type_project a JOIN project p ON p.id = a.project_id WHERE a.volume_type_id = t.id) AS projects`;
const sorts = {
  name: { column: "t.name", type: "text" },
  createdAt: { column: "t.created_at", type: "timestamptz" },
} as const;

export const volumeTypeFilter = z.object({ text: filterText.optional() }).optional();
type Input = PageInput & { filter?: z.infer<typeof volumeTypeFilter> };
type Keyed<T> = Omit<T, "qos"> & { qos: unknown; sortValue?: string; sortId?: string };

function clauses(filter: Input["filter"]): Sql[] {
  return filter?.text?.trim() ? [sql`t.name ILIKE ${containing(filter.text.trim())}`] : [];
}

const shared = { from: "volume_type t", id: "t.id", sorts, defaultSort: "name" } as const;

/** What the project's members may choose. */
export function listVolumeTypes(
  database: Database,
  projectId: string,
  input: Input,
): Promise<Page<VolumeTypeItem>> {
  const open = sql`t.public OR EXISTS (SELECT 1 FROM volume_type_project a
    WHERE a.volume_type_id = t.id AND a.project_id = ${projectId}::uuid)`;
  const where = [open, ...clauses(input.filter)];
  return listPage<Keyed<VolumeTypeItem>, VolumeTypeItem>(
    database,
    { ...shared, select, where, toItem: itemOf },
    input,
  );
}

/** All of them, with how much is of each. */
export function listManagedTypes(database: Database, input: Input): Promise<Page<ManagedVolumeType>> {
  return listPage<Keyed<ManagedVolumeType>, ManagedVolumeType>(
    database,
    { ...shared, select: managed, where: clauses(input.filter), toItem: itemOf },
    input,
  );
}

function itemOf<T extends object>({
  qos,
  sortValue: _value,
  sortId: _id,
  ...row
}: T & { qos: unknown; sortValue?: string; sortId?: string }) {
  return { ...row, qos: storedQos(qos) };
}
