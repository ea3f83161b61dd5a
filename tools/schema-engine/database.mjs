import pg from "pg";

/** `?schema=` is Prisma's own URL parameter: libpq and pg don't know it. */
export function splitUrl(url) {
  const parsed = new URL(url);
  const schema = parsed.searchParams.get("schema") ?? "public";
  parsed.searchParams.delete("schema");
  return { connectionString: parsed.toString(), schema };
}

/** The same server's URL with another database. */
function withDatabase(url, name) {
  const parsed = new URL(splitUrl(url).connectionString);
  parsed.pathname = `/${name}`;
  return parsed.toString();
}

const quoted = (name) => `"${name.replaceAll('"', '""')}"`;

/** Runs `work` with a connection that is closed afterwards. */
async function withClient(url, work) {
  const client = new pg.Client({ connectionString: splitUrl(url).connectionString });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

export async function canConnect(url) {
  await withClient(url, (client) => client.query("SELECT 1"));
}

/** Creates the URL's database and answers its name. */
export async function createDatabase(url) {
  const name = decodeURIComponent(new URL(url).pathname.slice(1));
  await withClient(withDatabase(url, "postgres"), (client) =>
    client.query(`CREATE DATABASE ${quoted(name)}`),
  );
  return name;
}

/** Makes an empty database for replaying migrations; `drop` removes it even if somebody is still connected. */
export async function createShadow(url) {
  const name = `prisma_shadow_${process.pid}_${Date.now()}`;
  const admin = withDatabase(url, "postgres");
  await withClient(admin, (client) => client.query(`CREATE DATABASE ${quoted(name)}`));
  const drop = () =>
    withClient(admin, (client) => client.query(`DROP DATABASE IF EXISTS ${quoted(name)} WITH (FORCE)`));
  return { url: withDatabase(url, name), drop };
}
