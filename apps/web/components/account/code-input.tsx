"use client";

import type { ComponentProps } from "react";
import { Input } from "../ui/input.tsx";

type CodeInputProps = Omit<ComponentProps<"input">, "onChange" | "value"> & {
  value: string;
  onChange: (value: string) => void;
};

/** Six digits that phones fill in by themselves, or a recovery code, so that letters must be possible too. */
export function CodeInput({ onChange, ...rest }: CodeInputProps) {
  return (
    <Input
      {...rest}
      name="code"
      autoComplete="one-time-code"
      autoCapitalize="characters"
      autoCorrect="off"
      spellCheck={false}
      maxLength={40}
      className="font-mono"
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
