import { MemberPage } from "../../../../../components/member/member-page.tsx";

export default function Page() {
  return <MemberPage />;
}
