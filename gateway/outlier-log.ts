import type { Bootstrap } from "../core/resources/bootstrap.ts";
import { type DecodeContext, nodeOf } from "../core/resources/schema/index.ts";
import type { LogFile } from "../plugins/telemetry/access-log/log-file.ts";
import type { LogFiles } from "../plugins/telemetry/access-log/log-files.ts";

/** Opens the file that ejections are told in; null when none is asked for, or after a mistake, which the context has. */
export function openOutlierLog(bootstrap: Bootstrap, files: LogFiles, context: DecodeContext): LogFile | null {
  const settings = bootstrap.clusterManager?.outlierDetection;
  const path = settings?.eventLogPath ?? "";
  if (settings === undefined || path === "") return null;
  try {
    return files.acquire(path);
  } catch (error) {
    const node = nodeOf(settings);
    const message = `can't open the event log: ${error instanceof Error ? error.message : String(error)}`;
    if (node !== undefined)
      context.report(node, "invalid_value", message, { found: path, wanted: "a file that can be written to" });
    return null;
  }
}
