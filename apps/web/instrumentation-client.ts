/**
 * Runs before any other code in the browser. Zod compiles schemas with `new Function` where it may; our
 * Content-Security-Policy forbids that, and even asking is a violation, so it must know before the first schema is made.
 */
import { config } from "zod";

config({ jitless: true });
