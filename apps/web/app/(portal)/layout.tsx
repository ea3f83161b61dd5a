import { cookies } from "next/headers";
import type { ReactNode } from "react";
import { Gate } from "../../components/shell/gate.tsx";

/** next-auth's cookie, whole or in parts; whether it is still good only the server in front knows. */
const sessionCookie = /^(__Secure-)?next-auth\.session-token-[0-9a-f]{8}(\.\d+)?$/;

export default async function PortalLayout({ children }: { children: ReactNode }) {
  const sent = (await cookies()).getAll();
  return <Gate mayBeSignedIn={sent.some(({ name }) => sessionCookie.test(name))}>{children}</Gate>;
}
