import { Select } from "../ui/input.tsx";

type ChoiceFilterProps = {
  label: string;
  /** The word for no choice. */
  any: string;
  value: string | null;
  options: readonly { value: string; label: string }[];
  onChoose: (value: string | null) => void;
};

/** One of a few values, or any. */
export function ChoiceFilter({ label, any, value, options, onChoose }: ChoiceFilterProps) {
  return (
    <Select
      className="w-auto max-w-full"
      aria-label={label}
      value={value ?? ""}
      onChange={(event) => onChoose(event.target.value || null)}
    >
      <option value="">{any}</option>
      {options.map((one) => (
        <option key={one.value} value={one.value}>
          {one.label}
        </option>
      ))}
    </Select>
  );
}
