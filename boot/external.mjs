export async function startExternal() {
  return null;
}
