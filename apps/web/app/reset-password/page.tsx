import type { Metadata } from "next";
import { getTranslations } from "next-intl/server";
import { ResetPasswordPage } from "../../components/account/reset-password-page.tsx";

export async function generateMetadata(): Promise<Metadata> {
  const t = await getTranslations("resetPassword");
  return { title: t("title"), referrer: "no-referrer" };
}

export default function Page() {
  return <ResetPasswordPage />;
}
