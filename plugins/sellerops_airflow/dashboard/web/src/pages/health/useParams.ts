import { useSearchParams } from "react-router-dom";

/** Several parameters of the page that change together: what a change leaves out is removed. */
export const useParams = <Name extends string>(names: readonly Name[]) => {
  const [search, setSearch] = useSearchParams();
  const values = Object.fromEntries(names.map((name) => [name, search.get(name) ?? ""])) as Record<Name, string>;
  const set = (next: Partial<Record<Name, string>>) =>
    setSearch((current) => {
      const changed = new URLSearchParams(current);
      for (const name of names)
        if (next[name]) changed.set(name, next[name]);
        else changed.delete(name);
      return changed;
    });
  return [values, set] as const;
};
