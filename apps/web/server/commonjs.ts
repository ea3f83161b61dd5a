/** Next and next-auth as they really are: CommonJS whose types say otherwise, and which importers wrap each in their own way. */
import { createRequire } from "node:module";
import type nextModule from "next";
import type nextAuthModule from "next-auth";
import type credentialsModule from "next-auth/providers/credentials";

const load = createRequire(import.meta.url);

/** Large; loaded only where pages are served. */
export const loadNext = (): typeof nextModule.default => load("next");
export const nextAuth: typeof nextAuthModule.default = load("next-auth").default;
export const credentialsProvider: typeof credentialsModule.default = load(
  "next-auth/providers/credentials",
).default;
