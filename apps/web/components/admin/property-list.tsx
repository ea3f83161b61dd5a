import { type Properties, propertiesText } from "@madang/core/hypervisor/property";

/** Properties as they are compared: name=value. */
export function PropertyList({ all }: { all: Properties }) {
  const words = propertiesText(all).split(", ").filter(Boolean);
  if (words.length === 0) return null;
  return (
    <ul className="flex flex-wrap gap-1">
      {words.map((word) => (
        <li key={word} className="min-w-0 rounded-control bg-sunken px-1.5 dark:bg-raised">
          <code className="font-mono text-label break-all">{word}</code>
        </li>
      ))}
    </ul>
  );
}
