/**
 * Everything that 169.254.169.254 tells one guest, as a pure function of what the guest is: OpenStack's layout and EC2's,
 * each version of them the same.
 */
import type { GuestSpec } from "../wire/guest.ts";
import { ec2Tree } from "./ec2.ts";
import { networkData } from "./network-data.ts";
import { metaData, vendorData } from "./openstack.ts";
import { type Entry, type Folder, folder, json, type Leaf, slashed } from "./tree.ts";

/** OpenStack's own, up to the newest that cloud-init knows. */
const openstackVersions = [
  ...["2012-08-10", "2013-04-04", "2013-10-17", "2015-10-15", "2016-06-30", "2016-10-06", "2017-02-22"],
  ...["2018-08-27", "latest"],
];
/** As OpenStack's own service lists them. */
const ec2Versions = [
  ...["1.0", "2007-01-19", "2007-03-01", "2007-08-29", "2007-10-10", "2007-12-15", "2008-02-01"],
  ...["2008-09-01", "2009-04-04", "latest"],
];

export function guestTree(spec: GuestSpec): Folder {
  const userData: Leaf[] = spec.userDataSha256 ? [{ kind: "user-data", sha256: spec.userDataSha256 }] : [];
  const ec2 = ec2Tree(spec, userData);
  const openstack = openstackTree(spec, userData);
  return folder(
    [
      ...ec2Versions.map((version): Entry => [version, ec2]),
      ["openstack", folder(openstackVersions.map((version) => [version, openstack]))],
    ],
    slashed,
  );
}

function openstackTree(spec: GuestSpec, userData: readonly Leaf[]): Folder {
  return folder([
    ["meta_data.json", json(metaData(spec))],
    ...userData.map((leaf): Entry => ["user_data", leaf]),
    ["vendor_data.json", json(vendorData(spec))],
    ["vendor_data2.json", json({})],
    ["network_data.json", json(networkData(spec.nics))],
  ]);
}
