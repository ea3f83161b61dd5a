import { FirstPasswordPage } from "../../../components/account/first-password-page.tsx";

export default function Page() {
  return <FirstPasswordPage />;
}
