/** What things are called in OVN. Ports of switches are called by the port's id, which hypervisors know as `iface-id`. */

export const switchName = (networkId: string): string => `madang-${networkId}`;
export const routerName = (routerId: string): string => `madang-${routerId}`;
export const routerPortName = (portId: string): string => `lrp-${portId}`;
export const localnetName = (networkId: string): string => `provnet-${networkId}`;
export const gatewayChassisName = (portId: string, chassis: string): string =>
  `${routerPortName(portId)}_${chassis}`;

/** Names in expressions may have no hyphens. */
export const groupName = (securityGroupId: string): string => `pg_${securityGroupId.replaceAll("-", "_")}`;
/** All ports that security groups count for: whatever no group allows ends here. One a cloud. */
export const dropGroupName = (cloudId: string): string => `madang_drop_${cloudId.replaceAll("-", "")}`;
/** Where guests may renew their leases. One a cloud. */
export const dhcpServersName = (cloudId: string): string =>
  `madang_dhcp_servers_${cloudId.replaceAll("-", "")}`;

/** A port that has no body must be bound by nobody: no chassis has this name. */
export const nowhere = "nowhere";
