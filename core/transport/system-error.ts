import { getSystemErrorName } from "node:util";

/** An error of the operating system in the shape of the runtime's own. */
export interface SystemError extends Error {
  /** "ECONNREFUSED". */
  code: string;
  /** The negative errno. */
  errno: number;
  syscall: string;
}

/** Makes one from what a native call returned: `connect ECONNREFUSED 127.0.0.1:80`. `where` may be "". */
export function systemError(errno: number, syscall: string, where: string): SystemError {
  const code = getSystemErrorName(errno);
  const error = new Error(where === "" ? `${syscall} ${code}` : `${syscall} ${code} ${where}`) as SystemError;
  error.code = code;
  error.errno = errno;
  error.syscall = syscall;
  return error;
}

/** The `code` of an error, or its name where it has none: never "". */
export function errorCode(error: Error): string {
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" && code !== "" ? code : error.name;
}
