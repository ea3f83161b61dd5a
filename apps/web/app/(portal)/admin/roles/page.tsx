import { RolePage } from "../../../../components/role/role-page.tsx";

export default function Page() {
  return <RolePage />;
}
