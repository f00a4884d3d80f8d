// Runs a command of the built program with a probe of its event loop beside it.
// usage: node|deno run host.mjs PROBE_FILE ISTHMUS_JS ARGS...
// The file gets, every 100 ms, the times at which the event loop stood still for 2 ms or longer: [[wall-clock ms of the end, ms, ms of CPU], ...]. The CPU
// that the process used meanwhile tells its own work from waiting for a core that somebody else has.
import { writeFile } from "node:fs";
import { pathToFileURL } from "node:url";

const [probeFile, program, ...args] = process.argv.slice(2);
const now = () => performance.timeOrigin + performance.now();
const blocks = [];
let last = now();
let used = process.cpuUsage();
let told = -1;
// A timer of 1 ms: what it is late by, something else took.
setInterval(() => {
  const at = now();
  const late = at - last - 1;
  const cpu = process.cpuUsage();
  const spent = (cpu.user + cpu.system - used.user - used.system) / 1000;
  if (late >= 2) blocks.push([at, late, Math.min(late, spent)].map((value) => Math.round(value * 10) / 10));
  last = at;
  used = cpu;
}, 1);
setInterval(() => {
  if (told === blocks.length) return;
  told = blocks.length;
  writeFile(probeFile, JSON.stringify(blocks), () => undefined);
}, 100);
process.argv = [process.argv[0], program, ...args];
await import(pathToFileURL(program).href);
