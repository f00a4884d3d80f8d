/** Labels that select; none select everything. */
export type Selector = Readonly<Record<string, string>>;

/** Whether all labels of a selector are among these. */
export function selects(selector: Selector, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

/** `app=a,version=v1`, in order of the keys. */
export function selectorText(selector: Selector): string {
  return Object.keys(selector)
    .sort()
    .map((key) => `${key}=${selector[key]}`)
    .join(",");
}
