/** A port's device on its hypervisor. Linux takes 15 characters; 44 bits of the id tell a hypervisor's ports apart. */
export function tapDevice(portId: string): string {
  return `tap${portId.replaceAll("-", "").slice(0, 11)}`;
}
