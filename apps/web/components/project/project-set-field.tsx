"use client";

import { X } from "lucide-react";
import { useTranslations } from "next-intl";
import { IconButton } from "../ui/button.tsx";
import { type PickedProject, ProjectPicker } from "./project-picker.tsx";

type ProjectSetFieldProps = {
  label: string;
  help: string;
  /** Said as long as none is chosen. */
  nobody: string;
  chosen: readonly PickedProject[];
  onChange: (chosen: PickedProject[]) => void;
};

/** Some projects of all in the cloud: whoever is picked joins the list. */
export function ProjectSetField({ label, help, nobody, chosen, onChange }: ProjectSetFieldProps) {
  const t = useTranslations("common");
  const others = (id: string) => chosen.filter((project) => project.id !== id);
  return (
    <div className="flex flex-col gap-2">
      <ProjectPicker
        // Picked, it stands in the list below, and the next may be looked for.
        key={chosen.length}
        label={label}
        help={help}
        picked={null}
        onChange={(project) => (project ? onChange([...others(project.id), project]) : undefined)}
      />
      {chosen.length === 0 ? <p className="text-label text-muted">{nobody}</p> : null}
      <ul aria-label={label} className="max-h-44 overflow-y-auto rounded-control border empty:hidden">
        {chosen.map((project) => (
          <li
            key={project.id}
            className="flex items-center justify-between gap-2 border-b px-2.5 py-1 text-table last:border-b-0"
          >
            <span className="min-w-0 truncate">{project.name}</span>
            <IconButton
              size="iconSmall"
              label={t("takeOut", { name: project.name })}
              onClick={() => onChange(others(project.id))}
            >
              <X aria-hidden />
            </IconButton>
          </li>
        ))}
      </ul>
    </div>
  );
}
