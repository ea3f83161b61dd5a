/** Types of temporary-postgres.mjs, for the tests that run it. */
export type TemporaryPostgres = { url: string; data: string; logs: string; stop: () => Promise<void> };

export function startTemporaryPostgres(): Promise<TemporaryPostgres>;
