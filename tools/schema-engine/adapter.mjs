import { PrismaPg } from "@prisma/adapter-pg";
import { ColumnTypeEnum } from "@prisma/driver-adapter-utils";
import { createShadow, splitUrl } from "./database.mjs";

const text = 25;
const textArray = 1009;
/** The one-byte type "char" of the catalogues, which the engine reads as a character. */
const charOid = 18;
/** Catalogue types that the adapter doesn't know, by OID: int2vector, oidvector, regclass… are read as text. */
const readAs = {
  22: text,
  30: text,
  194: text,
  2205: text,
  4089: text,
  4096: text,
  1003: textArray,
  2287: textArray,
};

/** Teaches a connection what the engine asks of it beyond what Prisma Client needs. */
function extend(connection) {
  const perform = connection.performIO.bind(connection);
  const query = connection.queryRaw.bind(connection);
  let characters = [];
  connection.performIO = async (request) => {
    const result = await perform(request);
    const fields = result.fields ?? [];
    characters = fields.flatMap((field, at) => (field.dataTypeID === charOid ? [at] : []));
    for (const field of fields)
      field.dataTypeID = field.dataTypeID === charOid ? text : (readAs[field.dataTypeID] ?? field.dataTypeID);
    return result;
  };
  connection.queryRaw = async (request) => {
    const result = await query(request);
    for (const at of characters) result.columnTypes[at] = ColumnTypeEnum.Character;
    return result;
  };
  extendScripts(connection);
  extendTransactions(connection);
  return connection;
}

/** The adapter splits scripts at every ";" and so breaks $$ bodies; as one simple query a script is also atomic. */
function extendScripts(connection) {
  if (!connection.executeScript) return;
  connection.executeScript = async (sql) => {
    try {
      await connection.client.query(sql);
    } catch (error) {
      connection.onError(error);
    }
  };
}

function extendTransactions(connection) {
  if (!connection.startTransaction) return;
  const start = connection.startTransaction.bind(connection);
  connection.startTransaction = async (...options) => extend(await start(...options));
}

/** The adapter's own shadow database is dropped while its pool is open; this one is closed first. */
async function connectToShadow(url) {
  const shadow = await createShadow(url);
  const { connectionString, schema } = splitUrl(shadow.url);
  const connection = extend(await new PrismaPg({ connectionString }, { schema }).connect());
  const dispose = connection.dispose.bind(connection);
  connection.dispose = async () => {
    await dispose();
    await shadow.drop();
  };
  return connection;
}

/** The adapter factory for the engine. One connection only: the migration lock belongs to a session. */
export function createFactory(url, shadowUrl) {
  const { connectionString, schema } = splitUrl(url);
  const factory = new PrismaPg({ connectionString, max: 1 }, { schema });
  const connect = factory.connect.bind(factory);
  factory.connect = async () => extend(await connect());
  factory.connectToShadowDb = () => (shadowUrl ? createFactory(shadowUrl).connect() : connectToShadow(url));
  return factory;
}
