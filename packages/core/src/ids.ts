/** Request ids as OpenStack writes them. */
export function requestId(uuid: string): string {
  return `req-${uuid}`;
}
