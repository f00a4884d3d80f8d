import { describe, expect, it } from "vitest";
import { HELP, parseCommand } from "./arguments.ts";

const gateway = (...args: string[]) => parseCommand(["gateway", ...args]);

describe("the command line", () => {
  it("has defaults for a gateway", () => {
    expect(gateway("a.yaml")).toEqual({
      kind: "gateway",
      options: {
        file: "a.yaml",
        to: "",
        port: 8080,
        adminPort: undefined,
        watch: false,
        allowUnsupported: false,
        plugins: [],
        logLevel: "info",
        drainTime: 10_000,
      },
    });
  });

  it("takes every option", () => {
    const args = ["--to", "http://a:1", "--port", "0", "--admin-port", "0", "--watch", "--plugin", "a.ts", "--plugin", "b.ts"];
    expect(gateway(...args, "--allow-unsupported", "--log-level", "debug", "--drain-time", "0")).toMatchObject({
      kind: "gateway",
      options: {
        to: "http://a:1",
        port: 0,
        adminPort: 0,
        watch: true,
        plugins: ["a.ts", "b.ts"],
        logLevel: "debug",
        drainTime: 0,
        allowUnsupported: true,
      },
    });
  });

  it.each([
    [[], "help"],
    [["help"], "help"],
    [["--help"], "help"],
    [["gateway", "--help"], "help"],
    [["analyze", "-h"], "help"],
    [["version"], "version"],
    [["-v"], "version"],
    [["demo"], "demo"],
  ])("%j is %s", (argv, kind) => {
    expect(parseCommand(argv).kind).toBe(kind);
  });

  it.each([
    [["gateway"], "wanted a bootstrap file, or --to URL"],
    [["gateway", "a", "b"], "found 2 files, wanted one"],
    [["gateway", "a", "--to", "http://b"], "found a file and --to, wanted one of the two"],
    [["gateway", "a", "--port", "80"], "--port goes with --to"],
    [["gateway", "--to", "http://b", "--port", "65536"], '--port: found "65536", wanted a whole number from 0 to 65535'],
    [["gateway", "a", "--admin-port", "-1"], "--admin-port"],
    [["gateway", "a", "--drain-time", "1.5"], '--drain-time: found "1.5", wanted a whole number'],
    [["gateway", "a", "--wach"], "--wach"],
    [["gateway", "a", "--log-level"], "--log-level"],
    [["analyze"], "analyze wants at least one file or folder"],
    [["demo", "x"], 'found "x", but demo takes no arguments'],
    [["frobnicate"], 'found command "frobnicate", wanted gateway, analyze, explain, demo, help or version'],
  ])("%j is refused", (argv, message) => {
    const command = parseCommand(argv);
    expect(command.kind).toBe("wrong");
    expect((command as { message: string }).message).toContain(message);
  });

  it("explains every option of a gateway", () => {
    for (const name of ["port", "watch", "plugin", "admin-port", "allow-unsupported", "log-level", "drain-time"])
      expect(HELP).toContain(`--${name}`);
  });
});
