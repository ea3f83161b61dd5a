import { z } from "zod";

/** As PostgreSQL writes it, in whatever case it came: ids are compared as text. */
export const uuid = z.uuid().toLowerCase();
