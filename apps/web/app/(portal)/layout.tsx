import type { ReactNode } from "react";
import { Gate } from "../../components/shell/gate.tsx";

export default function PortalLayout({ children }: { children: ReactNode }) {
  return <Gate>{children}</Gate>;
}
