declare const __ISTHMUS_VERSION__: string | undefined;

/** The package's version; "dev" when the source runs unbundled. */
export const VERSION: string = typeof __ISTHMUS_VERSION__ === "string" ? __ISTHMUS_VERSION__ : "dev";
