import { requestId } from "@madang/core/ids";

export const requestIdHeader = "x-openstack-request-id";

const wellFormed = /^req-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The caller's own id when it looks exactly like one of ours (it goes into logs and rows), else a new one. */
export function requestIdFrom(header: string | string[] | undefined): string {
  if (typeof header === "string" && wellFormed.test(header)) return header;
  return requestId(crypto.randomUUID());
}
