import { z } from "zod";

/** An availability zone's name; the zone is there as long as a hypervisor names it. */
export const zoneName = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/, { error: "zoneName" });
