import type { HeaderMap } from "../../contract/headers.ts";
import type { HeaderChanges } from "./health-settings.ts";

/** Applies what a check says about its request's headers. */
export function changeHeaders(headers: HeaderMap, { add, remove }: HeaderChanges): void {
  for (const name of remove) headers.remove(name);
  for (const { name, value, action } of add) {
    switch (action) {
      case "APPEND_IF_EXISTS_OR_ADD":
        headers.append(name, value);
        break;
      case "ADD_IF_ABSENT":
        if (!headers.has(name)) headers.append(name, value);
        break;
      case "OVERWRITE_IF_EXISTS":
        if (headers.has(name)) headers.set(name, value);
        break;
      case "OVERWRITE_IF_EXISTS_OR_ADD":
        headers.set(name, value);
    }
  }
}
