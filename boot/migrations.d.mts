/** Types of migrations.mjs, for the tests that run it. */
export function migrate(options: { url: string; logs: string; env: NodeJS.ProcessEnv }): Promise<void>;
