/**
 * What happened to a project in the order in which it happened, told by triggers of the database itself: what was made and
 * is gone, and the limits between. Whoever holds the project's lock writes the next line, so the lines are in the order of
 * the lock; were there no lock, two launches that each saw the last free place would both be in it.
 */
import type { Database } from "@madang/db";

const triggers = `
  CREATE TABLE storm (
    id bigserial PRIMARY KEY, kind text NOT NULL, resource text, amount int NOT NULL DEFAULT 0,
    instances int NOT NULL DEFAULT 0, cores int NOT NULL DEFAULT 0);
  CREATE FUNCTION storm_made() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO storm (kind, instances, cores) SELECT 'made', count(*), coalesce(sum(vcpus), 0) FROM made; RETURN NULL; END $$;
  CREATE FUNCTION storm_gone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO storm (kind, instances, cores) SELECT 'gone', count(*), coalesce(sum(vcpus), 0) FROM gone; RETURN NULL; END $$;
  CREATE FUNCTION storm_limit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO storm (kind, resource, amount) VALUES ('limit', NEW.resource, NEW."limit"); RETURN NULL; END $$;
  CREATE FUNCTION storm_enabled() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO storm (kind, amount) VALUES ('enabled', NEW.enabled::int); RETURN NULL; END $$;
  CREATE TRIGGER storm_made AFTER INSERT ON instance REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION storm_made();
  CREATE TRIGGER storm_gone AFTER DELETE ON instance REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION storm_gone();
  CREATE TRIGGER storm_limit AFTER INSERT OR UPDATE ON quota FOR EACH ROW EXECUTE FUNCTION storm_limit();
  CREATE TRIGGER storm_enabled AFTER UPDATE OF enabled ON project FOR EACH ROW EXECUTE FUNCTION storm_enabled();`;

export async function logQuota({ pool }: Database): Promise<void> {
  await pool.query(triggers);
}

type Line = {
  id: string;
  kind: string;
  resource: string | null;
  amount: number;
  instances: number;
  cores: number;
};
type Counted = "instances" | "cores";
export type Replay = {
  /** Lines at which more was made than was allowed at that moment, or anything in a disabled project. */
  wrongs: string[];
  inUse: Record<Counted, number>;
  /** Every limit that ever counted. */
  limits: Record<Counted, Set<number>>;
  made: number;
};

/** `first`: the limits before the log began. */
export async function replayQuota({ pool }: Database, first: Record<Counted, number>): Promise<Replay> {
  const { rows } = await pool.query<Line>(`SELECT * FROM storm ORDER BY id`);
  const now = { ...first };
  const replay: Replay = {
    wrongs: [],
    inUse: { instances: 0, cores: 0 },
    limits: { instances: new Set([first.instances]), cores: new Set([first.cores]) },
    made: 0,
  };
  let enabled = true;
  for (const { id, kind, resource, amount, instances, cores } of rows) {
    if (kind === "enabled") enabled = amount === 1;
    if (kind === "limit" && (resource === "instances" || resource === "cores")) {
      now[resource] = amount;
      replay.limits[resource].add(amount);
    }
    const sign = kind === "gone" ? -1 : 1;
    replay.inUse.instances += sign * instances;
    replay.inUse.cores += sign * cores;
    if (kind !== "made") continue;
    replay.made += instances;
    if (!enabled) replay.wrongs.push(`${id}: made in a disabled project`);
    for (const name of ["instances", "cores"] as const)
      if (now[name] >= 0 && replay.inUse[name] > now[name])
        replay.wrongs.push(`${id}: ${replay.inUse[name]} ${name} of ${now[name]}`);
  }
  return replay;
}
