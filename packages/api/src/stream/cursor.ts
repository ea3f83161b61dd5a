/** Order of event cursors ("xid:id"): by transaction, then by id. */
function parts(cursor: string): [bigint, bigint] {
  const [xid = "0", id = "0"] = cursor.split(":");
  return [BigInt(xid), BigInt(id)];
}

export function isAfter(left: string, right: string): boolean {
  const [leftXid, leftId] = parts(left);
  const [rightXid, rightId] = parts(right);
  return leftXid === rightXid ? leftId > rightId : leftXid > rightXid;
}
