"use client";

import { Eye, EyeOff } from "lucide-react";
import { useTranslations } from "next-intl";
import { type ComponentProps, useState } from "react";
import { IconButton } from "./button.tsx";
import { cn } from "./class-names.ts";
import { inputLook } from "./field.tsx";

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input {...rest} className={cn(inputLook, "h-8 pointer-coarse:h-9", className)} />;
}

export function TextArea({ className, ...rest }: ComponentProps<"textarea">) {
  return <textarea {...rest} className={cn(inputLook, "min-h-24 resize-y py-1.5", className)} />;
}

export function Select({ className, ...rest }: ComponentProps<"select">) {
  return <select {...rest} className={cn(inputLook, "h-8 pr-8 pointer-coarse:h-9", className)} />;
}

/** A password that may be looked at. */
export function PasswordInput({ className, ...rest }: ComponentProps<"input">) {
  const t = useTranslations("common");
  const [shown, setShown] = useState(false);
  return (
    <div className="relative">
      <Input
        {...rest}
        type={shown ? "text" : "password"}
        className={cn("pr-9", shown && "font-mono", className)}
      />
      <IconButton
        label={t(shown ? "hidePassword" : "showPassword")}
        size="iconSmall"
        className="absolute top-1/2 right-0.5 -translate-y-1/2"
        onClick={() => setShown(!shown)}
      >
        {shown ? <EyeOff aria-hidden /> : <Eye aria-hidden />}
      </IconButton>
    </div>
  );
}
