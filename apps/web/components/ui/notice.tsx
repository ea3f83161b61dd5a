import { CircleAlert, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "./class-names.ts";

const looks = {
  info: { icon: Info, frame: "border-line bg-sunken dark:bg-surface", mark: "text-accent" },
  warning: { icon: TriangleAlert, frame: "border-changing/40 bg-changing-soft", mark: "text-changing" },
  error: { icon: CircleAlert, frame: "border-danger/40 bg-danger-soft", mark: "text-danger" },
};

type NoticeProps = {
  tone?: keyof typeof looks;
  title?: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
  live?: boolean;
};

export function Notice({ tone = "info", title, children, actions, live }: NoticeProps) {
  const { icon: Icon, frame, mark } = looks[tone];
  return (
    <div
      role={live ? "alert" : undefined}
      className={cn("flex gap-2.5 rounded-surface border px-3 py-2.5 text-table", frame)}
    >
      <Icon aria-hidden className={cn("mt-px size-4 shrink-0", mark)} />
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        {title ? <p className="font-medium">{title}</p> : null}
        {children ? <div>{children}</div> : null}
        {actions ? <div className="mt-1 flex flex-wrap gap-2">{actions}</div> : null}
      </div>
    </div>
  );
}
