/** No letters or digits that read alike (0 O, 1 l I). */
const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
const length = 20;

/** About 116 bits; bytes beyond the alphabet's largest multiple are drawn again, so that no letter is likelier. */
export function randomPassword(): string {
  const bound = 256 - (256 % alphabet.length);
  let password = "";
  while (password.length < length) {
    const [byte = 255] = crypto.getRandomValues(new Uint8Array(1));
    if (byte < bound) password += alphabet[byte % alphabet.length];
  }
  return password;
}
